package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.predict.Signal.LogitMask;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// One tensor or the other by a constant condition: a mixture of two laws, or the mask of attention
/// logits where one side is a large negative number.
final class WhereRule {
  /// A constant at or below this, added to or put in place of logits, removes them from a softmax.
  static final double MASKED = -1e4;

  private WhereRule() {}

  static void forward(Context c, Node n) {
    int y = n.outputs().getFirst();
    Optional<Tensor> cond = c.graph.value(n.input(0)).constant();
    for (int side = 1; side <= 2; side++) {
      int other = n.input(3 - side);
      double fill = fillOf(c, n.input(side));
      if (fill <= MASKED && c.isKnown(other)) {
        boolean maskedWhere = side == 1;
        Optional<LogitMask> m =
            cond.flatMap(t -> maskOf(t, c.shape(y), v -> (v != 0) == maskedWhere));
        LogitMask whole = m.orElseGet(() -> unmasked(c.shape(y)));
        LogitMask told = new LogitMask(whole.kept(), whole.keys(), fill);
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
    return new LogitMask(List.of(keys), keys, MASKED);
  }

  /// Keys kept per row of a constant mask over the last axis; empty when the constant masks
  /// nothing.
  static Optional<LogitMask> maskOf(
      Tensor t, Shape logits, java.util.function.DoublePredicate masked) {
    int keys = t.shape().rank() == 0 ? 1 : (int) t.shape().dim(-1);
    if (keys != logits.dim(-1) || t.count() > 16_000_000) {
      return Optional.empty();
    }
    List<Integer> kept = new ArrayList<>();
    boolean any = false;
    double value = 0;
    for (long row = 0; row < t.count() / keys; row++) {
      int on = 0;
      for (int j = 0; j < keys; j++) {
        double v = t.at(row * keys + j);
        boolean off = masked.test(v);
        on += off ? 0 : 1;
        value = off ? v : value;
        any |= off;
      }
      kept.add(on);
    }
    return any ? Optional.of(new LogitMask(List.copyOf(kept), keys, value)) : Optional.empty();
  }

  static void backward(Context c, Node n) {
    Field g = c.gradientOf(n, 0);
    boolean masks = c.known(n.outputs().getFirst()).mask().isPresent();
    double p = masks ? 1 : shareTrue(c.graph.value(n.input(0)).constant());
    for (int side = 1; side <= 2; side++) {
      int to = n.input(side);
      double share = side == 1 ? p : 1 - p;
      if (masks) {
        share = c.graph.value(to).constant().isPresent() ? 0 : 1;
      }
      c.pass(to, Broadcast.reduce(g.scaled(Math.log(share)), c.shape(to)));
    }
  }
}
