package org.fanin.graph;

import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Quantised tensors: constants are made floats again, the rest has no rule.
final class QuantOps {
  private QuantOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "DequantizeLinear" -> QuantOps::dequantize;
      case "QuantizeLinear" -> QuantOps::quantize;
      case "DynamicQuantizeLinear", "MatMulInteger", "QLinearMatMul", "QLinearConv" ->
          s -> s.foreign("quantised arithmetic has no rule");
      case "ConvInteger" -> s -> s.foreign("quantised arithmetic has no rule");
      default -> null;
    };
  }

  private static Lowered quantize(Site s) throws ModelFormatException {
    DType t = s.has(2) ? s.dtype(2) : DType.U8;
    return s.to(new Op.Discrete("QuantizeLinear"), t, s.shape(0));
  }

  private static Lowered dequantize(Site s) throws ModelFormatException {
    Tensor x = s.constant(0).orElse(null);
    Tensor scale = s.constant(1).orElse(null);
    Tensor zero = s.constant(2).orElse(null);
    if (x == null || scale == null || s.has(2) && zero == null) {
      return s.foreign("quantised activations have no rule");
    }
    Shape shape = x.shape();
    long each = scale.count();
    int axis = each == 1 ? 0 : s.axis(s.integer("axis", 1), shape.rank());
    if (each != 1 && (scale.shape().rank() != 1 || each != shape.dim(axis))
        || zero != null && zero.count() != each) {
      return s.foreign("no rule for blockwise scales");
    }
    if (!s.assembly.afford(x.count())) {
      return s.to(
          new Op.Folded("DequantizeLinear"),
          new Out(s.dtype(1), Optional.of(shape), Optional.empty()));
    }
    long inner = each == 1 ? Math.max(1, x.count()) : Shapes.product(shape, axis + 1, shape.rank());
    Nd r = Nd.of(s.dtype(1), shape);
    for (int i = 0; i < r.count(); i++) {
      long c = i / inner % each;
      r.set(i, (x.at(i) - (zero == null ? 0 : zero.at(c))) * scale.at(c));
    }
    return s.to(new Op.Folded("DequantizeLinear"), Out.of(r.tensor()));
  }
}
