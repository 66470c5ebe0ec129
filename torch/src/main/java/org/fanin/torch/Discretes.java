package org.fanin.torch;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.graph.Op;
import org.fanin.math.Addressed;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

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
          case "Mod" -> truncates(op) ? torch.fmod(x, z) : torch.remainder(x, z);
          case "BitShift" -> shifted(c, op, x, z);
          case "BitwiseAnd" -> torch.bitwise_and(x, z);
          case "BitwiseOr" -> torch.bitwise_or(x, z);
          case "BitwiseXor" -> torch.bitwise_xor(x, z);
          case "BitwiseNot" -> torch.bitwise_not(x);
          case "ArgMax" -> argument(c, torch.argmax(x, axis(op), true));
          case "ArgMin" -> argument(c, torch.argmin(x, axis(op), true));
          case "OneHot" -> oneHot(c, op);
          case "NonZero" -> torch.nonzero(x).t();
          case "QuantizeLinear" -> Quantised.integers(c, op);
          case "Multinomial" -> drawn(c, x);
          default -> throw new Call.NotRunnable(op.name() + " is not run");
        });
  }

  private static boolean truncates(Op.Discrete op) {
    return !op.settings().isEmpty() && op.settings().getFirst() == 1;
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

  /// Bits that the type does not have are lost.
  private static Tensor shifted(Call c, Op.Discrete op, Tensor x, Tensor by) {
    if (op.settings().getFirst() == 0) {
      return torch.bitwise_right_shift(x, by);
    }
    int bytes = c.graph().value(c.node().outputs().getFirst()).dtype().bytes();
    Tensor y = torch.bitwise_left_shift(x, by);
    return bytes == 8 ? y : torch.bitwise_and(y, new Scalar((1L << 8 * bytes) - 1));
  }

  /// Classes by logits, each drawn where its uniform number falls among the probabilities' sums.
  private static Tensor drawn(Call c, Tensor logits) {
    Shape to = c.shapeOut(0);
    Tensor below = torch.softmax(logits, 1).cumsum(1).unsqueeze(1);
    Tensor u = Bridge.generate(to, c.real(), i -> Addressed.uniform(c.seed(), c.stream(), i));
    Tensor at = Reductions.sum(torch.ge(u.unsqueeze(2), below), new long[] {2}, false);
    return torch.clamp_max(at, new Scalar(c.shapeIn(0).dim(1) - 1));
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
