package org.fanin.torch;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.graph.Op;
import org.fanin.tensor.DType;

/// Operators with integer or boolean outputs: no gradient passes.
final class Discretes {
  private Discretes() {}

  static List<Tensor> run(Call c, Op.Discrete op) {
    Tensor x = c.has(0) ? c.x().detach() : null;
    Tensor z = c.has(1) ? c.in()[1].detach() : null;
    return List.of(
        switch (op.name()) {
          case "Cast", "CastLike" -> cast(c, x);
          case "Equal" -> torch.eq(x, z);
          case "Greater" -> torch.gt(x, z);
          case "Less" -> torch.lt(x, z);
          case "GreaterOrEqual" -> torch.ge(x, z);
          case "LessOrEqual" -> torch.le(x, z);
          case "And" -> torch.logical_and(x, z);
          case "Or" -> torch.logical_or(x, z);
          case "Xor" -> torch.logical_xor(x, z);
          case "Not" -> torch.logical_not(x);
          case "IsNaN" -> torch.isnan(x);
          case "IsInf" -> torch.isinf(x);
          case "Mod" -> torch.remainder(x, z);
          case "BitwiseAnd" -> torch.bitwise_and(x, z);
          case "BitwiseOr" -> torch.bitwise_or(x, z);
          case "BitwiseXor" -> torch.bitwise_xor(x, z);
          case "BitwiseNot" -> torch.bitwise_not(x);
          case "ArgMax" -> argument(c, torch.argmax(x, axis(op), true));
          case "ArgMin" -> argument(c, torch.argmin(x, axis(op), true));
          case "OneHot" -> oneHot(c, op);
          case "NonZero" -> torch.nonzero(x).t();
          case "QuantizeLinear" -> quantize(c, x, z);
          default -> throw new Call.NotRunnable(op.name() + " is not run");
        });
  }

  private static LongOptional axis(Op.Discrete op) {
    if (op.settings().isEmpty()) {
      throw new Call.NotRunnable(op.name() + " along an unknown axis");
    }
    return new LongOptional(op.settings().getFirst());
  }

  private static Tensor argument(Call c, Tensor kept) {
    return kept.reshape(c.shapeOut(0).toArray());
  }

  private static Tensor cast(Call c, Tensor x) {
    DType to = c.graph().value(c.node().outputs().getFirst()).dtype();
    return to.floating()
        ? x.to(c.real())
        : x.to(to == DType.BOOL ? ScalarType.Bool : ScalarType.Long);
  }

  /// saturate(round(x/scale) + zero point), rounding to even. Scales per axis need the axis, which
  /// the graph does not keep.
  private static Tensor quantize(Call c, Tensor x, Tensor scale) {
    DType to = c.graph().value(c.node().outputs().getFirst()).dtype();
    if (scale.numel() != 1 || to != DType.U8 && to != DType.I8) {
      throw new Call.NotRunnable("QuantizeLinear to " + to + " or with several scales is not run");
    }
    Tensor zero = c.has(2) ? c.in()[2].detach() : torch.zeros_like(scale);
    Tensor y = torch.round(torch.div(x, scale)).add(zero);
    boolean signed = to == DType.I8;
    Scalar low = new Scalar(signed ? -128.0 : 0.0);
    Scalar high = new Scalar(signed ? 127.0 : 255.0);
    return torch.clamp_max(torch.clamp_min(y, low), high).to(ScalarType.Long);
  }

  private static Tensor oneHot(Call c, Op.Discrete op) {
    int axis = (int) axis(op).get();
    long depth = c.shapeOut(0).dim(axis);
    Tensor i = torch.remainder(c.x().to(ScalarType.Long), new Scalar(depth));
    Tensor hot = torch.one_hot(i, depth).to(ScalarType.Bool);
    Tensor values = c.in()[2];
    Tensor y = torch.where(hot, values.select(0, 1), values.select(0, 0));
    return y.movedim(-1, axis);
  }
}
