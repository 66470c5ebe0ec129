package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;

/// Running sums along an axis, y_t = Σ_{s ≤ t} x_s: E y_t·y_u counts min(t, u) equal pairs of terms
/// and t·u − min(t, u) different ones. The gradient runs the other way.
final class CumSumRule {
  private CumSumRule() {}

  static void forward(Context c, Node n, Op.CumSum op) {
    c.set(
        n.outputs().getFirst(),
        running(c.field(n.input(0)), op.axis(), op.exclusive(), op.reverse()));
  }

  static void backward(Context c, Node n, Op.CumSum op) {
    c.pass(n.input(0), running(c.gradientOf(n, 0), op.axis(), op.exclusive(), !op.reverse()));
  }

  private static Field running(Field x, int axis, boolean exclusive, boolean reverse) {
    Field f = x.mergedAxis(axis);
    if (f.runs[axis] == 0) {
      return exclusive ? f.with(f.k, 0, Double.NEGATIVE_INFINITY) : f;
    }
    int a = f.first(axis);
    long extent = f.atoms[a];
    int n = ShapeRule.written(extent);
    Terms t = Terms.of(n, exclusive ? 1 : 0);
    double[] raw = new double[f.k.length];
    for (int m = 0; m < raw.length; m++) {
      double same = f.k[m & ~(1 << a)];
      double differ = f.k[m | 1 << a];
      raw[m] =
          (m >> a & 1) == 0
              ? t.own * same + t.square * differ
              : t.shared * same + (t.pairs - t.shared) * differ;
    }
    if (!(raw[0] > 0)) {
      return f.with(f.k, 0, Double.NEGATIVE_INFINITY);
    }
    double[] p = new double[n];
    for (int i = 0; i < n; i++) {
      double terms = (reverse ? n - i : i + 1) - (exclusive ? 1 : 0);
      p[i] = Math.max(0, terms + terms * (terms - 1) * f.k[1 << a]) / raw[0];
    }
    Field r = f.withProfile(a, null).rescaled(raw, f.mean * t.own, f.ln).withProfile(a, p);
    return r.withBase(Math.max(0, x.spread() - r.ownSpread()));
  }

  /// How many terms two sums have, on average over positions.
  ///
  /// @param own E t; `square` E t(t − 1)
  /// @param shared E min(t, u) over two different positions; `pairs` E t·u
  private record Terms(double own, double square, double shared, double pairs) {
    static Terms of(int n, int less) {
      double sum = 0;
      double squares = 0;
      double least = 0;
      for (int i = 0; i < n; i++) {
        double t = i + 1.0 - less;
        sum += t;
        squares += t * t;
        least += 2 * t * (n - 1.0 - i);
      }
      double others = Math.max(1, (double) n * (n - 1));
      return new Terms(
          sum / n, (squares - sum) / n, least / others, (sum * sum - squares) / others);
    }
  }
}
