package org.fanin.predict;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.predict.Signal.LogitMask;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// One tensor or the other by a constant condition: a mixture of two laws, or the mask of attention
/// logits where one side is a large negative number.
final class WhereRule {
  /// ln of second moments of two sides of which one is 0.
  private static final double MOST_APART = 4;

  /// Variance of ln of a gradient that arrives whole or, half of the times, not at all: what is
  /// predicted is the mean.
  private static final double TAKEN_OR_NOT = Math.log(2) * Math.log(2);

  private WhereRule() {}

  static void forward(Context c, Node n) {
    int y = n.outputs().getFirst();
    Optional<Tensor> cond = c.graph.value(n.input(0)).constant();
    for (int side = 1; side <= 2; side++) {
      int other = n.input(3 - side);
      double fill = fillOf(c, n.input(side));
      if (fill <= LogitMasks.MASKED && c.isKnown(other)) {
        boolean maskedWhere = side == 1;
        Optional<LogitMask> m =
            cond.flatMap(t -> LogitMasks.of(t, c.shape(y), v -> (v != 0) == maskedWhere));
        LogitMask whole = m.orElseGet(() -> unmasked(c.shape(y)));
        LogitMask told = whole.withValue(fill);
        c.set(
            y,
            new Signal.Known(
                c.field(other).expand(c.shape(y)), Optional.empty(), Optional.of(told)));
        return;
      }
    }
    c.set(y, mixture(c, n, cond));
  }

  private static Field mixture(Context c, Node n, Optional<Tensor> cond) {
    if (isOne(c, n)) {
      return eitherSide(c.field(n.input(1)), c.field(n.input(2)));
    }
    double p = shareTrue(cond);
    Shape shape = c.shape(n.outputs().getFirst());
    Field a = c.field(n.input(1)).expand(shape);
    Field b = c.field(n.input(2)).expand(shape);
    if (p == 1 || p == 0) {
      return p == 1 ? a : b;
    }
    return Fields.sum(
        a.scaled(Math.log(p)).with(a.k, 0, a.ln + Math.log(p)),
        b.with(b.k, 0, b.ln + Math.log1p(-p)),
        1);
  }

  /// One side or the other for all elements, as the data decides (If): either is as likely, and
  /// what differs between them is scatter.
  private static Field eitherSide(Field a, Field b) {
    Field[] ab = Fields.aligned(a, b);
    double unit = Math.max(a.ln, b.ln);
    if (unit == Double.NEGATIVE_INFINITY) {
      return a;
    }
    double wa = Math.exp(a.ln - unit) / 2;
    double wb = Math.exp(b.ln - unit) / 2;
    double[] raw = new double[ab[0].k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = wa * ab[0].k[m] + wb * ab[1].k[m];
    }
    double mean = (a.mean * Math.sqrt(2 * wa) + b.mean * Math.sqrt(2 * wb)) / 2;
    double apart = Math.min(MOST_APART, Math.abs(a.ln - b.ln)) / 2;
    Field r = ab[0].flat().rescaled(raw, mean, unit);
    double spread = Math.max(a.spread(), b.spread()) + apart * apart;
    return r.withSpread(Math.max(0, spread - r.ownSpread()), a.overlap, a.channels | b.channels);
  }

  private static boolean isOne(Context c, Node n) {
    return c.graph.value(n.input(0)).constant().isEmpty() && c.shape(n.input(0)).count() == 1;
  }

  private static double shareTrue(Optional<Tensor> cond) {
    Tensor t =
        cond.orElseThrow(() -> new Context.MissingRule("which side Where takes depends on data"));
    double on = 0;
    for (long i = 0; i < t.count(); i++) {
      on += t.at(i) != 0 ? 1 : 0;
    }
    return on / Math.max(1, t.count());
  }

  private static double fillOf(Context c, int value) {
    Optional<Tensor> t = value < 0 ? Optional.empty() : c.graph.value(value).constant();
    return t.filter(v -> v.count() >= 1).map(v -> v.at(0)).orElse(0.0);
  }

  private static LogitMask unmasked(Shape shape) {
    int keys = (int) shape.dim(-1);
    return new LogitMask(List.of(keys), keys, LogitMasks.MASKED);
  }

  static void backward(Context c, Node n) {
    Field g = c.gradientOf(n, 0);
    boolean masks = c.known(n.outputs().getFirst()).mask().isPresent();
    double p = masks ? 1 : isOne(c, n) ? 0.5 : shareTrue(c.graph.value(n.input(0)).constant());
    for (int side = 1; side <= 2; side++) {
      int to = n.input(side);
      double share = side == 1 ? p : 1 - p;
      if (masks) {
        share = c.graph.value(to).constant().isPresent() ? 0 : 1;
      }
      Field part = g.scaled(Math.log(share));
      part = isOne(c, n) && !masks ? part.withBase(part.base + TAKEN_OR_NOT) : part;
      c.pass(to, Broadcast.reduce(part, c.shape(to)));
    }
  }
}
