package org.fanin.graph;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// What one ONNX node became: its operator, the value ids it reads, and what is known of its
/// outputs.
///
/// @param outs one entry per output of the file's node, in order; fewer when the rest are left out
/// @param aliases outputs that are just another name for a value made before
record Lowered(Op op, List<Integer> inputs, List<Out> outs, Map<Integer, Integer> aliases) {
  Lowered {
    inputs = List.copyOf(inputs);
    outs = List.copyOf(outs);
    aliases = Map.copyOf(aliases);
  }

  Lowered(Op op, List<Integer> inputs, List<Out> outs) {
    this(op, inputs, outs, Map.of());
  }

  Lowered withInputs(List<Integer> ids) {
    return new Lowered(op, ids, outs, aliases);
  }

  /// Output `output` is the value `id`.
  Lowered aliasing(int output, int id) {
    return new Lowered(op, inputs, outs, Map.of(output, id));
  }

  /// @param constant the values, when the rule already knows them (Shape, Constant, Range …)
  record Out(DType dtype, Optional<Shape> shape, Optional<Tensor> constant) {
    static Out of(DType dtype, Shape shape) {
      return new Out(dtype, Optional.of(shape), Optional.empty());
    }

    static Out of(Tensor t) {
      return new Out(t.dtype(), Optional.of(t.shape()), Optional.of(t));
    }

    static Out unknown(DType dtype) {
      return new Out(dtype, Optional.empty(), Optional.empty());
    }
  }
}
