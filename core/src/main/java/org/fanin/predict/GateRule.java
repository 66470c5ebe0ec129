package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.tensor.Shape;

/// Small operators: dropout, PReLU, triangles, pixel shuffles, fresh random values.
final class GateRule {
  private GateRule() {}

  // ---- dropout: q/(1−p) for an element with itself, unchanged between elements ----

  static void dropout(Context c, Node n, Op.Dropout op) {
    if (drops(c, op)) {
      c.set(n.outputs().getFirst(), dropped(c.field(n.input(0)), op));
    } else {
      PointwiseRule.forward(c, n, Fns.identity());
    }
    for (int i = 1; i < n.outputs().size(); i++) {
      c.set(n.outputs().get(i), new Signal.Discrete());
    }
  }

  private static boolean drops(Context c, Op.Dropout op) {
    return op.ratio() > 0
        && switch (c.settings.mode()) {
          case TRAIN -> true;
          case EVAL -> false;
          case FILE -> op.trainingMode();
        };
  }

  private static Field dropped(Field f, Op.Dropout op) {
    double keep = 1 - op.ratio();
    if (keep <= 0) {
      return f.with(f.k, 0, Double.NEGATIVE_INFINITY);
    }
    return f.mapped(m -> m == 0 ? f.k[0] / keep : f.k[m], f.mean, f.ln);
  }

  static void dropoutBackward(Context c, Node n, Op.Dropout op) {
    if (drops(c, op)) {
      c.pass(n.input(0), dropped(c.gradientOf(n, 0), op));
    } else {
      PointwiseRule.backward(c, n, Fns.identity());
    }
  }

  // ---- PReLU: the slope is a parameter; its mean square acts as one slope ----

  private static Fn preluFn(Context c, Node n) {
    Field slope = c.field(n.input(1));
    return Fns.leakyRelu(Math.sqrt(Math.exp(slope.ln)) * (slope.mean < 0 ? -1 : 1));
  }

  static void prelu(Context c, Node n) {
    PointwiseRule.forward(c, n, preluFn(c, n));
  }

  static void preluBackward(Context c, Node n) {
    PointwiseRule.backward(c, n, preluFn(c, n));
    Field g = c.gradientOf(n, 0);
    Field x = c.field(n.input(0));
    // ∂y/∂slope = min(x, 0): half the elements.
    Field below = Fields.product(g, x.expand(Shape.of(g.dims()))).scaled(Math.log(0.5));
    c.pass(n.input(1), Broadcast.reduce(below, c.shape(n.input(1))));
  }

  // ---- the rest ----

  static void trilu(Context c, Node n, Op.Trilu op) {
    c.set(n.outputs().getFirst(), c.field(n.input(0)).scaled(Math.log(share(c, n, op))));
  }

  static void triluBackward(Context c, Node n, Op.Trilu op) {
    c.pass(n.input(0), c.gradientOf(n, 0).scaled(Math.log(share(c, n, op))));
  }

  private static double share(Context c, Node n, Op.Trilu op) {
    Shape s = c.shape(n.input(0));
    long rows = s.dim(-2);
    long cols = s.dim(-1);
    double kept = 0;
    for (long i = 0; i < rows; i++) {
      long upper = Math.clamp(cols - (i + op.diagonal()), 0, cols);
      long lower = Math.clamp(i + op.diagonal() + 1, 0, cols);
      kept += op.upper() ? upper : lower;
    }
    return kept / ((double) rows * cols);
  }

  static void shuffle(Context c, Node n, Op.PixelShuffle op) {
    c.set(
        n.outputs().getFirst(),
        shuffled(c.field(n.input(0)), c.shape(n.outputs().getFirst()), op, true));
  }

  static void shuffleBackward(Context c, Node n, Op.PixelShuffle op) {
    c.pass(n.input(0), shuffled(c.gradientOf(n, 0), c.shape(n.input(0)), op, false));
  }

  private static Field shuffled(Field x, Shape to, Op.PixelShuffle op, boolean forward) {
    long b = op.block();
    long[] d = x.dims();
    boolean opens = op.toSpace() == forward;
    if (opens) {
      Shape six =
          op.columnRowDepth()
              ? Shape.of(d[0], d[1] / (b * b), b, b, d[2], d[3])
              : Shape.of(d[0], b, b, d[1] / (b * b), d[2], d[3]);
      Field f = x.reshape(six);
      return (op.columnRowDepth() ? f.transpose(0, 1, 4, 2, 5, 3) : f.transpose(0, 3, 4, 1, 5, 2))
          .reshape(to);
    }
    Field f = x.reshape(Shape.of(d[0], d[1], d[2] / b, b, d[3] / b, b));
    return (op.columnRowDepth() ? f.transpose(0, 1, 3, 5, 2, 4) : f.transpose(0, 3, 5, 1, 2, 4))
        .reshape(to);
  }

  static void random(Context c, Node n, Op.Random op) {
    Shape s = c.shape(n.outputs().getFirst());
    Field noise = Field.iid(s, Math.log(op.variance()));
    Field offset = Field.constant(s, op.mean(), 2 * Math.log(Math.abs(op.mean())));
    c.set(n.outputs().getFirst(), Fields.sum(noise, offset, 1));
  }

  static void same(Context c, Node n) {
    c.set(n.outputs().getFirst(), c.field(n.input(0)));
  }

  static void sameBackward(Context c, Node n) {
    c.pass(n.input(0), c.gradientOf(n, 0), c.radial(n.outputs().getFirst()));
  }
}
