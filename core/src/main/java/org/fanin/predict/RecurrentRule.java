package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// LSTM, GRU and plain recurrent layers: [RecurrentCell] run over time, its result read as fields.
final class RecurrentRule {
  private static final int START_H = 5;
  private static final int START_C = 6;
  private static final int PEEPHOLES = 7;
  private static final long LONGEST = 1 << 16;

  private RecurrentRule() {}

  private static int timeAxis(Op.Recurrent op) {
    return op.batchFirst() ? 1 : 0;
  }

  private static RecurrentCell cell(Context c, Node n, Op.Recurrent op) {
    if (input(n, PEEPHOLES) >= 0) {
      throw new Context.MissingRule("peepholes have no rule");
    }
    Shape shape = c.shape(n.input(0));
    Field x = c.field(n.input(0)).mergedAxis(0).mergedAxis(1);
    int time = x.maskOf(timeAxis(op));
    int batch = x.maskOf(1 - timeAxis(op));
    double w = m2(c, n.input(1)) * shape.dim(2) * Math.exp(x.ln);
    double[] drive = {w, w * x.k[time], w * x.k[batch], w * x.k[time | batch]};
    double r = m2(c, n.input(2)) * op.hidden();
    GateBias b = n.input(3) < 0 ? GateBias.NONE : GateBias.of(c, n.input(3), op);
    int steps = (int) Math.min(Integer.MAX_VALUE, shape.dim(timeAxis(op)));
    return new RecurrentCell(
        op.kind(),
        new RecurrentCell.Feed(drive, r, b.variance(), b.variance(), b.means(), start(c, n, op)),
        steps);
  }

  private static int input(Node n, int i) {
    return i < n.inputs().size() ? n.inputs().get(i) : -1;
  }

  private static RecurrentCell.Start start(Context c, Node n, Op.Recurrent op) {
    return new RecurrentCell.Start(
        start(c, input(n, START_H), op), start(c, input(n, START_C), op));
  }

  /// E s s′ of a state [directions, B, H] (or [B, directions, H]) for the same sample and another.
  private static double[] start(Context c, int value, Op.Recurrent op) {
    if (value < 0 || c.field(value).isZero()) {
      return new double[2];
    }
    Field f = c.field(value).mergedAxis(op.batchFirst() ? 0 : 1);
    int batch = f.maskOf(op.batchFirst() ? 0 : 1);
    double m2 = Math.exp(f.ln);
    return new double[] {m2, m2 * f.k[batch]};
  }

  private static double m2(Context c, int value) {
    return Math.exp(c.field(value).ln);
  }

  // ---- forward ----

  static void forward(Context c, Node n, Op.Recurrent op) {
    RecurrentCell cell = cell(c, n, op);
    Field x = c.field(n.input(0));
    if (output(n, 0) >= 0) {
      c.set(output(n, 0), sequence(c, n, op, cell).withBase(x.spread()));
    }
    int last = cell.steps - 1;
    if (output(n, 1) >= 0) {
      c.set(
          output(n, 1),
          last(c, n, op, 1, cell.h[0][last][last], cell.h[1][last][last]).withBase(x.spread()));
    }
    if (output(n, 2) >= 0) {
      c.set(
          output(n, 2),
          last(c, n, op, 2, cell.cell(0, last, last), cell.cell(1, last, last))
              .withBase(x.spread()));
    }
  }

  private static int output(Node n, int i) {
    return i < n.outputs().size() ? n.outputs().get(i) : -1;
  }

  /// Y is [T, directions, B, H], or [B, T, directions, H] with `batchFirst`.
  private static Field sequence(Context c, Node n, Op.Recurrent op, RecurrentCell cell) {
    Shape shape = c.shape(output(n, 0));
    Field f = Field.iid(shape, 0);
    int timeAxis = op.batchFirst() ? 1 : 0;
    int batchAxis = op.batchFirst() ? 0 : 2;
    int time = f.maskOf(timeAxis);
    int batch = f.maskOf(batchAxis);
    long all = shape.dim(timeAxis);
    double[] profile = new double[followed(all)];
    double self = 0;
    for (int t = 0; t < profile.length; t++) {
      int u = Math.min(t, cell.steps - 1);
      profile[t] = cell.h[0][u][u];
      self += profile[t] / all;
    }
    self += profile[profile.length - 1] * (all - profile.length) / all;
    for (int t = 0; t < profile.length; t++) {
      profile[t] = self > 0 ? profile[t] / self : 1;
    }
    double[] raw = new double[f.k.length];
    raw[0] = self;
    raw[time] = time == 0 ? self : offDiagonal(cell.h[0]);
    raw[batch] = batch == 0 ? self : diagonal(cell.h[1]);
    raw[time | batch] = time == 0 || batch == 0 ? raw[time | batch] : offDiagonal(cell.h[1]);
    double mean = 0;
    for (int t = 0; t < cell.steps; t++) {
      mean += cell.mean(t) / cell.steps;
    }
    for (int m = 0; m < raw.length; m++) {
      raw[m] = (m & ~(time | batch)) == 0 ? raw[m] : mean * mean;
    }
    Field r = f.rescaled(raw, mean, 0);
    return time == 0 || all > profile.length
        ? r
        : r.withProfile(r.first(timeAxis), inTime(profile, profile, op));
  }

  /// Steps whose second moments are written out one by one: a file may claim any number of steps,
  /// and a field of more has the mean of them all at every step.
  private static int followed(long steps) {
    return (int) (steps <= LONGEST ? steps : RecurrentCell.LONGEST);
  }

  private static double diagonal(double[][] m) {
    double s = 0;
    for (int t = 0; t < m.length; t++) {
      s += m[t][t] / m.length;
    }
    return s;
  }

  private static double offDiagonal(double[][] m) {
    double s = 0;
    int n = m.length;
    for (int t = 0; t < n; t++) {
      for (int u = 0; u < n; u++) {
        s += t == u ? 0 : m[t][u];
      }
    }
    return n < 2 ? 0 : s / ((double) n * (n - 1));
  }

  /// A profile over a layer's own steps as one over time: the second direction starts at the end.
  private static double[] inTime(double[] own, double[] second, Op.Recurrent op) {
    double[] r = op.reverse() ? reversed(own) : own.clone();
    if (op.directions() == 2) {
      double[] back = reversed(second);
      for (int t = 0; t < r.length; t++) {
        r[t] = (r[t] + back[t]) / 2;
      }
    }
    return r;
  }

  private static double[] reversed(double[] p) {
    double[] r = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      r[i] = p[p.length - 1 - i];
    }
    return r;
  }

  /// Y_h and Y_c are [directions, B, H], or [B, directions, H].
  private static Field last(
      Context c, Node n, Op.Recurrent op, int output, double self, double other) {
    Field f = Field.iid(c.shape(output(n, output)), 0);
    double[] raw = new double[f.k.length];
    raw[0] = self;
    int batch = f.maskOf(op.batchFirst() ? 0 : 1);
    if (batch != 0) {
      raw[batch] = other;
    }
    return f.rescaled(raw, 0, 0);
  }

  // ---- backward ----

  static void backward(Context c, Node n, Op.Recurrent op) {
    RecurrentCell cell = cell(c, n, op);
    Shape shape = c.shape(n.input(0));
    long steps = shape.dim(timeAxis(op));
    double lastCell = c.gradient(output(n, 2)).map(g -> Math.exp(g.ln)).orElse(0.0);
    RecurrentCell.Back first =
        cell.backward(external(c, n, op, cell, steps, op.reverse()), shared(c, n, op), lastCell);
    RecurrentCell.Back second =
        op.directions() == 1
            ? first
            : cell.backward(external(c, n, op, cell, steps, true), shared(c, n, op), lastCell);
    giveInput(c, n, op, first, second, steps);
    RecurrentCell.Back both = mean(first, second);
    giveWeights(c, n, op, cell, both, steps);
    giveStart(c, input(n, START_H), both.startH());
    giveStart(c, input(n, START_C), both.startC());
  }

  private static void giveStart(Context c, int value, double m2) {
    if (value >= 0) {
      c.pass(value, Field.iid(c.shape(value), Math.log(m2)));
    }
  }

  private static RecurrentCell.Back mean(RecurrentCell.Back a, RecurrentCell.Back b) {
    return new RecurrentCell.Back(
        mean(a.pre(), b.pre()),
        mean(a.recurrent(), b.recurrent()),
        (a.coherent() + b.coherent()) / 2,
        (a.startH() + b.startH()) / 2,
        (a.startC() + b.startC()) / 2);
  }

  private static double[] mean(double[] a, double[] b) {
    double[] r = new double[a.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = (a[i] + b[i]) / 2;
    }
    return r;
  }

  /// Second moment of what reaches h_t from outside, per step of the cell's own time.
  ///
  /// @param back whether that time runs backward
  private static double[] external(
      Context c, Node n, Op.Recurrent op, RecurrentCell cell, long steps, boolean back) {
    double[] e = new double[cell.steps];
    Optional<Field> y = c.gradient(output(n, 0));
    if (y.isPresent() && !y.get().isZero()) {
      int axis = op.batchFirst() ? 1 : 0;
      Field g = y.get().mergedAxis(axis);
      double[] p = g.runs[axis] == 0 ? null : g.profiles[g.first(axis)];
      p = p != null && back ? reversed(p) : p;
      for (int t = 0; t < cell.steps; t++) {
        // The last steps matter most for what comes back: the cut is at the start.
        e[t] = Math.exp(g.ln) * (p == null ? 1 : p[(int) steps - cell.steps + t]);
      }
    }
    e[cell.steps - 1] += c.gradient(output(n, 1)).map(g -> Math.exp(g.ln)).orElse(0.0);
    return e;
  }

  /// Covariance between two steps of the gradient that reaches the sequence from outside.
  private static double shared(Context c, Node n, Op.Recurrent op) {
    Optional<Field> y = c.gradient(output(n, 0));
    if (y.isEmpty() || y.get().isZero()) {
      return 0;
    }
    int axis = op.batchFirst() ? 1 : 0;
    Field g = y.get().mergedAxis(axis);
    return Math.exp(g.ln) * Math.max(0, g.maskOf(axis) == 0 ? 0 : g.k[g.maskOf(axis)]);
  }

  private static void giveInput(
      Context c,
      Node n,
      Op.Recurrent op,
      RecurrentCell.Back first,
      RecurrentCell.Back second,
      long steps) {
    double w = m2(c, n.input(1)) * op.hidden() * op.directions();
    int written = followed(steps);
    double[] p = inTime(stretched(first.pre(), written), stretched(second.pre(), written), op);
    double early = op.directions() == 1 ? first.pre()[0] : (first.pre()[0] + second.pre()[0]) / 2;
    double mean = early * (steps - written) / steps;
    for (int t = 0; t < written; t++) {
      mean += p[t] / steps;
    }
    Field g = Field.iid(c.shape(n.input(0)), Math.log(w * mean));
    int time = g.maskOf(timeAxis(op));
    if (mean > 0 && time != 0) {
      double[] k = g.k.clone();
      k[time] = Math.min(1, (first.coherent() + second.coherent()) / 2 / mean);
      g = g.with(k, 0, g.ln);
    }
    if (mean > 0 && g.runs[timeAxis(op)] == 1 && written == steps) {
      for (int t = 0; t < written; t++) {
        p[t] /= mean;
      }
      g = g.withProfile(g.first(timeAxis(op)), p);
    }
    c.pass(n.input(0), g);
  }

  /// Steps before those that are followed have what the first of them has.
  private static double[] stretched(double[] own, int steps) {
    double[] p = new double[steps];
    for (int t = 0; t < steps; t++) {
      p[t] = own[Math.max(0, t - (steps - own.length))];
    }
    return p;
  }

  private static void giveWeights(
      Context c, Node n, Op.Recurrent op, RecurrentCell cell, RecurrentCell.Back back, long steps) {
    Shape shape = c.shape(n.input(0));
    double batch = shape.dim(1 - timeAxis(op));
    double gates =
        switch (op.kind()) {
          case LSTM -> 4;
          case GRU -> 3;
          case RNN, RELU_RNN -> 1;
        };
    double qx = Math.exp(c.field(n.input(0)).ln);
    double w = 0;
    double r = 0;
    double b = 0;
    double stretch = (double) steps / cell.steps;
    double start = start(c, input(n, START_H), op)[0];
    for (int t = 0; t < cell.steps; t++) {
      double before = t == 0 ? start / stretch : cell.h[0][t - 1][t - 1];
      w += batch * qx * back.pre()[t] / gates * stretch;
      r += batch * before * back.recurrent()[t] / gates * stretch;
      b += batch * back.pre()[t] / gates * stretch;
    }
    c.pass(n.input(1), Field.iid(c.shape(n.input(1)), Math.log(w)));
    c.pass(n.input(2), Field.iid(c.shape(n.input(2)), Math.log(r)));
    if (n.input(3) >= 0) {
      c.pass(n.input(3), Field.iid(c.shape(n.input(3)), Math.log(b)));
    }
  }
}
