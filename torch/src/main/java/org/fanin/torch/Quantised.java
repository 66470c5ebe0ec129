package org.fanin.torch;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.graph.Op;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Between floats and the integers that stand for them. No gradient passes an integer; it does
/// reach scales.
final class Quantised {
  private Quantised() {}

  /// saturate(round(x/scale) + zero point), rounding to even.
  static Tensor integers(Call c, Op.Discrete op) {
    DType to = c.graph().value(c.node().outputs().getFirst()).dtype();
    if (to.floating() || to.bytes() == 0 || to.bytes() > 2 || to == DType.BOOL) {
      throw new Call.NotRunnable("QuantizeLinear to " + to + " is not run");
    }
    int axis = op.settings().isEmpty() ? 0 : op.settings().getFirst().intValue();
    long block = op.settings().isEmpty() ? 0 : op.settings().get(1);
    Tensor scale = spread(c, c.in()[1].detach(), axis, block);
    Tensor y = torch.round(torch.div(c.x().detach(), scale));
    return saturated(c.has(2) ? y.add(spread(c, c.in()[2].detach(), axis, block)) : y, to);
  }

  private static Tensor saturated(Tensor y, DType to) {
    boolean signed = to == DType.I8 || to == DType.I16;
    double values = 1L << 8 * to.bytes();
    double low = signed ? -values / 2 : 0;
    Tensor above = torch.clamp_min(y, new Scalar(low));
    return torch.clamp_max(above, new Scalar(low + values - 1)).to(ScalarType.Long);
  }

  static Tensor real(Call c, Op.Dequantize op) {
    Tensor x = c.x().detach();
    if (c.has(2)) {
      x = torch.sub(x, spread(c, c.in()[2].detach(), op.axis(), op.block()));
    }
    return torch.mul(x.to(c.real()), spread(c, c.in()[1], op.axis(), op.block()));
  }

  /// One scale for all, one along an axis, or one for each block of it.
  private static Tensor spread(Call c, Tensor scale, int axis, long block) {
    if (scale.numel() == 1) {
      return scale.reshape();
    }
    Shape x = c.shapeIn(0);
    if (block > 0) {
      return torch
          .repeat_interleave(scale, block, new LongOptional(axis), new LongOptional())
          .narrow(axis, 0, x.dim(axis));
    }
    long[] d = new long[x.rank()];
    Arrays.fill(d, 1);
    d[axis] = x.dim(axis);
    return scale.reshape(d);
  }

  /// Bytes whose 0 to 255 span all elements and 0.
  static List<Tensor> spanned(Call c) {
    Tensor x = c.x().detach();
    Tensor low = torch.clamp_max(x.min(), new Scalar(0.0));
    Tensor high = torch.clamp_min(x.max(), new Scalar(0.0));
    Tensor scale = torch.div(torch.sub(high, low), new Scalar(255.0));
    Tensor zero = saturated(torch.round(torch.div(torch.neg(low), scale)), DType.U8);
    Tensor y = torch.round(torch.div(x, scale)).add(zero);
    return List.of(saturated(y, DType.U8), scale, zero);
  }
}
