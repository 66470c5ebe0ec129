package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Interpolation: every output is a weighted mean of its neighbours along each axis; half-pixel
/// centres (PyTorch's align_corners=False).
final class ResizeRule {
  private static final long LARGEST = 20_000_000;

  private ResizeRule() {}

  static void forward(Context c, Node n, Op.Resize op) {
    run(c, n, op, c.field(n.input(0)), c.shape(n.outputs().getFirst()), false);
  }

  static void backward(Context c, Node n, Op.Resize op) {
    run(c, n, op, c.gradientOf(n, 0), c.shape(n.input(0)), true);
  }

  private static void run(Context c, Node n, Op.Resize op, Field x, Shape to, boolean back) {
    Field f = WindowRule.flatAxes(x);
    Shape in = c.shape(n.input(0));
    Shape out = c.shape(n.outputs().getFirst());
    for (int i = 2; i < to.rank(); i++) {
      if (in.dim(i) == out.dim(i)) {
        continue;
      }
      if (in.dim(i) * out.dim(i) > LARGEST) {
        throw new Context.MissingRule(
            "resizing " + in.dim(i) + " to " + out.dim(i) + " is too large");
      }
      double[][] w =
          weights((int) in.dim(i), (int) out.dim(i), op.mode() == Op.Resize.Mode.NEAREST);
      Windowed map =
          back
              ? Windowed.of(transposed(w, (int) in.dim(i)), (int) out.dim(i))
              : Windowed.of(w, (int) in.dim(i));
      f = map.along(f, i, to.dim(i));
    }
    if (back) {
      c.pass(n.input(0), f);
    } else {
      c.set(n.outputs().getFirst(), f);
    }
  }

  private static double[][] weights(int in, int out, boolean nearest) {
    double[][] w = new double[out][in];
    for (int o = 0; o < out; o++) {
      double at = (o + 0.5) * in / out - 0.5;
      if (nearest) {
        w[o][Math.clamp((int) Math.floor((double) o * in / out), 0, in - 1)] = 1;
        continue;
      }
      double t = Math.clamp(at, 0, in - 1);
      int lo = (int) Math.floor(t);
      int hi = Math.min(in - 1, lo + 1);
      w[o][lo] += 1 - (t - lo);
      w[o][hi] += t - lo;
    }
    return w;
  }

  private static double[][] transposed(double[][] w, int in) {
    double[][] t = new double[in][w.length];
    for (int o = 0; o < w.length; o++) {
      for (int i = 0; i < in; i++) {
        t[i][o] = w[o][i];
      }
    }
    return t;
  }
}
