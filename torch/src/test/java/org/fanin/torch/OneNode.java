package org.fanin.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Graphs of one operator, for its test. Float operands are inputs, given ones constants.
final class OneNode {
  private final List<Value> values = new ArrayList<>();
  private final List<Integer> operands = new ArrayList<>();
  private final List<Integer> inputs = new ArrayList<>();

  static OneNode of() {
    return new OneNode();
  }

  OneNode input(long... dims) {
    inputs.add(values.size());
    return operand(Value.Kind.INPUT, DType.F64, Shape.of(dims), Optional.empty());
  }

  OneNode constant(Tensor t) {
    return operand(Value.Kind.CONSTANT, t.dtype(), t.shape(), Optional.of(t));
  }

  OneNode none() {
    operands.add(-1);
    return this;
  }

  private OneNode operand(Value.Kind kind, DType d, Shape s, Optional<Tensor> t) {
    int id = values.size();
    values.add(new Value(id, "v" + id, kind, d, Optional.of(s), t, id, -1));
    operands.add(id);
    return this;
  }

  /// Every output is an output of the graph.
  Graph graph(Op op, Shape... outs) {
    return graph(op, "Op", DType.F64, outs);
  }

  Graph graph(Op op, String onnxOp, DType d, Shape... outs) {
    List<Integer> made = new ArrayList<>();
    for (Shape s : outs) {
      int id = values.size();
      made.add(id);
      values.add(
          new Value(
              id, "y" + id, Value.Kind.ACTIVATION, d, Optional.of(s), Optional.empty(), id, 0));
    }
    Node n = new Node(0, "node", onnxOp, op, operands, made);
    return new Graph("test", values, List.of(n), inputs, made, List.of(), List.of(), Map.of());
  }
}
