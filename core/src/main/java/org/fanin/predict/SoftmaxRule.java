package org.fanin.predict;

import java.util.List;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.SoftmaxMoments;
import org.fanin.predict.Forecast.Observation.Kind;
import org.fanin.predict.Signal.LogitMask;

/// Softmax over T keys. What counts is s, the deviation of the logits between keys: E Σ a² = I(T,
/// s), rows whose logits correlate key by key have E Σ a a′ = J, and Σ a = 1 fixes the pairs of
/// different keys (theory.md §7). Rows with a causal mask are averaged over their numbers of keys.
final class SoftmaxRule {
  private SoftmaxRule() {}

  static void forward(Context c, Node n, Op.Softmax op) {
    Signal.Known in = c.known(n.input(0));
    Field l = in.field();
    int y = n.outputs().getFirst();
    if (l.dim(op.axis()) == 1) {
      c.set(y, Field.constant(c.shape(y), 1, op.log() ? Double.NEGATIVE_INFINITY : 0));
      return;
    }
    Field x = single(l, op.axis());
    double s = between(x, op.axis());
    c.observe(Kind.ATTENTION_LOGIT_STD, n, s);
    c.observe(Kind.ATTENTION_KEYS, n, x.dim(op.axis()));
    c.observe(Kind.ATTENTION_ENTROPY, n, RowLaw.entropy(rows(in, x, op), x.dim(op.axis()), s));
    c.set(y, op.log() ? logSoftmax(x, op.axis(), s) : weights(x, op.axis(), s, rows(in, x, op)));
  }

  static Field single(Field f, int axis) {
    return f.mergedAxis(axis);
  }

  /// Numbers of keys that the rows keep.
  static List<Integer> rows(Signal.Known in, Field x, Op.Softmax op) {
    int keys = (int) Math.min(Integer.MAX_VALUE, x.dim(op.axis()));
    return in.mask().map(LogitMask::kept).orElse(List.of(keys));
  }

  /// Standard deviation of the logits from key to key.
  static double between(Field x, int axis) {
    double v = Math.max(0, 1 - x.k[x.maskOf(axis)]);
    return Math.exp(Math.min(700, x.ln) / 2) * Math.sqrt(v);
  }

  static Field weights(Field x, int axis, double s, List<Integer> rows) {
    int key = x.maskOf(axis);
    double n = x.dim(axis);
    double v = Math.max(1e-300, 1 - x.k[key]);
    double[] raw = new double[x.k.length];
    for (int m = 0; m < raw.length; m++) {
      if ((m & key) != 0) {
        continue;
      }
      double rho = m == 0 ? 1 : Math.clamp((x.k[m] - x.k[m | key]) / v, -1, 1);
      boolean otherRow = axis > 0 && (m & x.maskOf(axis - 1)) != 0;
      double j = m == 0 ? RowLaw.own(rows, s) : RowLaw.pair(rows, s, rho, otherRow);
      raw[m] = j / n;
      raw[m | key] = Math.max(0, 1 - j) / (n * (n - 1));
    }
    Field shell = x.withProfiles(new double[x.size()][]).withSpread(0, x.overlap, 0);
    return shell.rescaled(raw, 1 / n, 0);
  }

  private static Field logSoftmax(Field x, int axis, double s) {
    int key = x.maskOf(axis);
    int n = (int) Math.min(Integer.MAX_VALUE, x.dim(axis));
    double m2 = Math.exp(x.ln);
    double mean = -SoftmaxMoments.logSumExp(n, s).mean();
    double[] raw = new double[x.k.length];
    for (int m = 0; m < raw.length; m++) {
      double own = (m & key) == 0 ? m2 * (x.k[m] - x.k[m | key]) : 0;
      raw[m] = mean * mean + own;
    }
    return x.withProfiles(new double[x.size()][]).rescaled(raw, mean, 0).withBase(0);
  }

  static void backward(Context c, Node n, Op.Softmax op) {
    Signal.Known in = c.known(n.input(0));
    if (in.field().dim(op.axis()) == 1) {
      c.pass(n.input(0), Field.zero(c.shape(n.input(0))));
      return;
    }
    Field x = single(in.field(), op.axis());
    double s = between(x, op.axis());
    Field g = single(c.gradientOf(n, 0), op.axis());
    if (op.log()) {
      double keys = g.dim(op.axis());
      double i = SoftmaxMoments.concentration(Math.min(keys, 1e9), s);
      c.pass(n.input(0), g.scaled(Math.log(Math.max(1e-300, 1 + i - 2 / keys))));
      return;
    }
    c.pass(n.input(0), throughWeights(g, op.axis(), s, rows(in, x, op)));
  }

  static Field throughWeights(Field g, int axis, double s, List<Integer> rows) {
    int key = g.maskOf(axis);
    double n = g.dim(axis);
    double kept = RowLaw.backward(rows, s);
    double[] raw = new double[g.k.length];
    for (int m = 0; m < raw.length; m++) {
      if ((m & key) == 0) {
        raw[m] = Math.max(m == 0 ? 0 : -1, g.k[m] - g.k[m | key]) * kept / n;
        raw[m | key] = -raw[m] / (n - 1);
      }
    }
    Field r = g.withProfiles(keyless(g, axis)).rescaled(raw, 0, g.ln);
    return RowLaw.causalBackward(rows, s).map(j -> causal(r, axis, j)).orElse(r);
  }

  /// Under a causal mask row i has E δ² = J_i/i at each of its i keys: rows have the profile J_i,
  /// keys Σ_{i ≥ j} J_i/i, and both sum to the same.
  private static Field causal(Field g, int axis, double[] perRow) {
    int n = perRow.length;
    if (axis == 0
        || g.runs[axis - 1] != 1
        || g.runs[axis] != 1
        || g.dim(axis - 1) != n
        || g.dim(axis) != n) {
      return g;
    }
    double[] keys = new double[n];
    double sum = 0;
    double total = 0;
    for (int i = n - 1; i >= 0; i--) {
      sum += perRow[i] / (i + 1);
      keys[i] = sum;
      total += sum / n;
    }
    if (!(total > 0)) {
      return g;
    }
    double[] rows = new double[n];
    for (int i = 0; i < n; i++) {
      rows[i] = perRow[i] / total;
      keys[i] /= total;
    }
    return Fields.weighted(g.withProfile(g.first(axis), keys), g.first(axis - 1), rows);
  }

  private static double[][] keyless(Field g, int axis) {
    double[][] p = g.profiles.clone();
    p[g.first(axis)] = null;
    return p;
  }
}
