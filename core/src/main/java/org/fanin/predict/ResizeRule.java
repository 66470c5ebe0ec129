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
      if (Math.max(in.dim(i), out.dim(i)) > LARGEST) {
        throw new Context.MissingRule(
            "resizing " + in.dim(i) + " to " + out.dim(i) + " is too large");
      }
      Windowed map =
          map((int) in.dim(i), (int) out.dim(i), op.mode() == Op.Resize.Mode.NEAREST, back);
      f = map.along(f, i, to.dim(i));
    }
    if (back) {
      c.pass(n.input(0), f);
    } else {
      c.set(n.outputs().getFirst(), f);
    }
  }

  private static Windowed map(int in, int out, boolean nearest, boolean back) {
    Windowed.Sums sums = back ? new Windowed.Sums(in, out) : new Windowed.Sums(out, in);
    for (int o = 0; o < out; o++) {
      if (nearest) {
        add(sums, o, Math.clamp((int) Math.floor((double) o * in / out), 0, in - 1), 1, back);
        continue;
      }
      double t = Math.clamp((o + 0.5) * in / out - 0.5, 0, in - 1);
      int lo = (int) Math.floor(t);
      double upper = lo + 1 < in ? t - lo : 0;
      add(sums, o, lo, 1 - upper, back);
      if (upper > 0) {
        add(sums, o, lo + 1, upper, back);
      }
    }
    return sums.result();
  }

  private static void add(Windowed.Sums sums, int out, int in, double w, boolean back) {
    sums.add(back ? in : out, back ? out : in, w);
  }
}
