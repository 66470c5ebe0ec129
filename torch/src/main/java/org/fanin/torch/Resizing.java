package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Resize, axis by axis: every mode is a matrix from input to output positions.
final class Resizing {
  private Resizing() {}

  static Tensor resize(Call call, Op.Resize op) {
    Shape in = call.shapeIn(0);
    Shape out = call.shapeOut(0);
    Tensor y = call.x();
    for (int a = 0; a < in.rank(); a++) {
      int n = Math.toIntExact(in.dim(a));
      int m = Math.toIntExact(out.dim(a));
      if (n == m && op.scales().get(a) == 1) {
        continue;
      }
      y =
          op.mode() == Op.Resize.Mode.NEAREST
              ? nearest(y, op, a, n, m)
              : mixed(call, y, op, a, n, m);
    }
    return y == call.x() ? y.alias() : y;
  }

  private static Tensor nearest(Tensor y, Op.Resize op, int axis, int n, int m) {
    long[] at = new long[m];
    for (int i = 0; i < m; i++) {
      double x = position(op, op.scales().get(axis), i, n, m);
      double near =
          switch (op.nearest()) {
            case "floor" -> Math.floor(x);
            case "ceil" -> Math.ceil(x);
            case "round_prefer_ceil" -> Math.floor(x + 0.5);
            default -> Math.ceil(x - 0.5);
          };
      at[i] = (long) Math.clamp(near, 0, n - 1);
    }
    return torch.index_select(y, axis, Bridge.longs(at));
  }

  private static Tensor mixed(Call call, Tensor y, Op.Resize op, int axis, int n, int m) {
    double[] w = new double[Math.multiplyExact(n, m)];
    for (int i = 0; i < m; i++) {
      double x = position(op, op.scales().get(axis), i, n, m);
      int at = (int) Math.floor(x);
      double f = x - at;
      double[] part =
          op.mode() == Op.Resize.Mode.LINEAR ? new double[] {1 - f, f} : cubic(f, op.cubic());
      int first = op.mode() == Op.Resize.Mode.LINEAR ? at : at - 1;
      for (int k = 0; k < part.length; k++) {
        w[Math.clamp(first + k, 0, n - 1) * m + i] += part[k];
      }
    }
    Tensor matrix = Bridge.doubles(call.real(), w).reshape(n, m);
    return torch.matmul(y.transpose(axis, -1), matrix).transpose(axis, -1);
  }

  /// Keys 1981.
  private static double[] cubic(double f, double a) {
    double[] w = new double[4];
    for (int k = 0; k < 4; k++) {
      double d = Math.abs(f + 1 - k);
      w[k] =
          d <= 1
              ? ((a + 2) * d - (a + 3)) * d * d + 1
              : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
    }
    return w;
  }

  /// Where output position i lies in the input.
  private static double position(Op.Resize op, double scale, int i, int n, int m) {
    double half = (i + 0.5) / scale - 0.5;
    return switch (op.from()) {
      case "half_pixel" -> half;
      case "pytorch_half_pixel" -> m > 1 ? half : 0;
      case "align_corners" -> m == 1 ? 0 : i * (n - 1.0) / (m - 1.0);
      case "asymmetric" -> i / scale;
      case "half_pixel_symmetric" -> n / 2.0 * (1 - m / (scale * n)) + half;
      default -> throw new Call.NotRunnable("Resize by " + op.from() + " is not run");
    };
  }
}
