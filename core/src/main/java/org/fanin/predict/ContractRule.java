package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Dense layers, matrix products, einsum: n·σ²·q forward, n_out·σ²·g backward, with the mean path
/// and covariances (theory.md §1, §2, §7).
final class ContractRule {
  private ContractRule() {}

  static void forward(Context c, Node n, Op.Contract op) {
    OptionalDouble number = Numbers.of(c, n);
    if (number.isPresent()) {
      double v = number.getAsDouble();
      Shape one = c.shape(n.outputs().getFirst());
      c.set(n.outputs().getFirst(), Field.constant(one, v, 2 * Math.log(Math.abs(v))));
      return;
    }
    Field a = c.field(n.input(0));
    Field b = c.field(n.input(1));
    Field y =
        Contraction.of(a, op.a(), b, op.b(), op.out()).scaled(2 * Math.log(Math.abs(op.alpha())));
    y = op.alpha() < 0 ? y.negated() : y;
    y = fresh(c, n, op, y, a, b);
    if (n.input(2) >= 0) {
      Field bias = c.field(n.input(2)).scaled(2 * Math.log(Math.abs(op.beta())));
      y = Fields.sum(y, bias.expand(c.shape(n.outputs().getFirst())), Math.signum(op.beta()));
    }
    c.set(n.outputs().getFirst(), y);
  }

  /// With fresh weights as one operand, the result's channels are the weight's own axes and two
  /// samples' overlap grows by 1/width.
  private static Field fresh(Context c, Node n, Op.Contract op, Field y, Field a, Field b) {
    boolean wa = c.isParameter(n.input(0));
    boolean wb = c.isParameter(n.input(1));
    if (wa == wb) {
      return y;
    }
    List<Integer> weight = wa ? op.a() : op.b();
    List<Integer> data = wa ? op.b() : op.a();
    Field x = wa ? b : a;
    double kurtosis = c.laws.kurtosis(c.graph.value(n.input(wa ? 0 : 1)));
    return grown(y, x, op.out(), weight, data, kurtosis);
  }

  static Field grown(
      Field y,
      Field x,
      List<Integer> out,
      List<Integer> weight,
      List<Integer> data,
      double kurtosis) {
    int channels = 0;
    for (int i = 0; i < out.size(); i++) {
      if (weight.contains(out.get(i)) && !data.contains(out.get(i))) {
        channels |= y.maskOf(i);
      }
    }
    double terms = 1;
    for (int i = 0; i < data.size(); i++) {
      terms *= out.contains(data.get(i)) ? 1 : x.dim(i);
    }
    return channels == 0
        ? y.withSpread(x.spread(), x.overlap, y.channels)
        : y.withSpread(x.spread(), x.overlap.grown(terms, kurtosis), channels);
  }

  static void backward(Context c, Node n, Op.Contract op) {
    Field g = c.gradientOf(n, 0);
    Field scaled = g.scaled(2 * Math.log(Math.abs(op.alpha())));
    side(c, n, op, scaled, 0, op.a(), 1, op.b());
    side(c, n, op, scaled, 1, op.b(), 0, op.a());
    if (n.input(2) >= 0) {
      c.pass(
          n.input(2),
          Broadcast.reduce(g.scaled(2 * Math.log(Math.abs(op.beta()))), c.shape(n.input(2))));
    }
  }

  private static void side(
      Context c,
      Node n,
      Op.Contract op,
      Field g,
      int to,
      List<Integer> toLabels,
      int other,
      List<Integer> otherLabels) {
    Field w = c.field(n.input(other));
    List<Integer> kept = new ArrayList<>(toLabels.size());
    for (Integer l : toLabels) {
      if (op.out().contains(l) || otherLabels.contains(l)) {
        kept.add(l);
      }
    }
    Field r =
        TokenGram.atQuery(c, n, op, to, Contraction.of(g, op.out(), w, otherLabels, kept), kept);
    if (c.isParameter(n.input(other)) && !c.isParameter(n.input(to))) {
      r = grown(r, g, kept, otherLabels, op.out(), c.laws.kurtosis(c.graph.value(n.input(other))));
    } else if (c.isParameter(n.input(to))) {
      double shared = LengthRule.shared(c, n, n.input(other));
      double spread = g.spread() + w.spread() + 2 * shared;
      r =
          r.scaled(shared)
              .withSpread(
                  Math.max(0, spread) + added(g, op.out(), w, otherLabels, kept), Overlap.NONE, 0);
    }
    c.pass(
        n.input(to),
        Broadcast.toLabels(r, kept, toLabels, c.shape(n.input(to))),
        RadialRule.dense(c, n, op, to, toLabels, otherLabels));
  }

  /// What the sum over samples adds to the scatter of a weight's gradient: [Interference] over the
  /// labels that gradient and input share and the weight has not.
  private static double added(
      Field gradient, List<Integer> lg, Field input, List<Integer> lx, List<Integer> kept) {
    Field g = gradient;
    Field x = input;
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < lg.size(); i++) {
      int j = lx.indexOf(lg.get(i));
      if (j >= 0 && !kept.contains(lg.get(i)) && x.dim(j) == g.dim(i)) {
        Field[] gx = Fields.alignAxis(g, i, x, j);
        g = gx[0];
        x = gx[1];
        labels.add(lg.get(i));
      }
    }
    int[] ofG = new int[g.size()];
    int[] ofX = new int[g.size()];
    int n = 0;
    for (int l : labels) {
      int i = lg.indexOf(l);
      for (int a = 0; a < g.runs[i]; a++) {
        ofG[n] = g.first(i) + a;
        ofX[n++] = x.first(lx.indexOf(l)) + a;
      }
    }
    return Interference.added(
        g, x, java.util.Arrays.copyOf(ofG, n), java.util.Arrays.copyOf(ofX, n));
  }
}
