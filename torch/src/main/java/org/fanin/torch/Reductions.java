package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;

/// Reductions over axes.
final class Reductions {
  private Reductions() {}

  static Tensor reduce(Call call, Op.Reduce op) {
    Tensor x = call.x();
    if (op.axes().isEmpty()) {
      return switch (op.kind()) {
        case MEAN, SUM, MAX, MIN, PROD, LOG_SUM_EXP -> x.alias();
        case L1, L2 -> torch.abs(x);
        case SUM_SQUARE -> torch.square(x);
        case LOG_SUM -> torch.log(x);
      };
    }
    long[] axes = Call.longs(op.axes());
    boolean keep = op.keepDims();
    return switch (op.kind()) {
      case MEAN -> torch.mean(x, axes, keep, new ScalarTypeOptional());
      case SUM -> sum(x, axes, keep);
      case MAX -> extreme(call, op, x, true);
      case MIN -> extreme(call, op, x, false);
      case PROD -> product(call, op, x);
      case L1 -> sum(torch.abs(x), axes, keep);
      case L2 -> torch.sqrt(sum(torch.square(x), axes, keep));
      case SUM_SQUARE -> sum(torch.square(x), axes, keep);
      case LOG_SUM -> torch.log(sum(x, axes, keep));
      case LOG_SUM_EXP -> torch.logsumexp(x, axes, keep);
    };
  }

  static Tensor sum(Tensor x, long[] axes, boolean keep) {
    return torch.sum(x, axes, keep, new ScalarTypeOptional());
  }

  /// The reduced axes made one, at the end: the gradient goes to one of equal elements, as in
  /// torch's max over a dimension.
  private static Tensor extreme(Call call, Op.Reduce op, Tensor x, boolean max) {
    Tensor flat = merged(call, op, x);
    if (Bridge.type(flat) == torch.ScalarType.Bool) {
      flat = flat.to(torch.ScalarType.Long);
    }
    Tensor y = max ? torch.max(flat, -1).get0() : torch.min(flat, -1).get0();
    return y.reshape(call.shapeOut(0).toArray());
  }

  private static Tensor product(Call call, Op.Reduce op, Tensor x) {
    return merged(call, op, x).prod(-1).reshape(call.shapeOut(0).toArray());
  }

  private static Tensor merged(Call call, Op.Reduce op, Tensor x) {
    int rank = call.shapeIn(0).rank();
    long[] perm = new long[rank];
    long[] to = new long[rank - op.axes().size() + 1];
    int at = 0;
    for (int i = 0; i < rank; i++) {
      if (!op.axes().contains(i)) {
        to[at] = call.shapeIn(0).dim(i);
        perm[at++] = i;
      }
    }
    to[at] = 1;
    for (int a : op.axes()) {
      to[to.length - 1] *= call.shapeIn(0).dim(a);
      perm[at++] = a;
    }
    return x.permute(perm).reshape(to);
  }

  static Tensor mean(Tensor x, long[] axes) {
    return torch.mean(x, axes, true, new ScalarTypeOptional());
  }

  static Tensor plus(Tensor x, double v) {
    return torch.add(x, c(v));
  }
}
