package org.fanin.predict;

import org.fanin.graph.Logits;
import org.fanin.predict.Forecast.Observation.Kind;

/// Logits: what a network's outputs are, before a last softmax.
final class Heads {
  /// Maps of so few channels are pictures rather than classes, unless a softmax says otherwise.
  private static final int COLOURS = 4;

  private Heads() {}

  /// Observes how far apart from class to class every output with two classes or more is.
  static void observe(Context c) {
    for (Logits l : Logits.of(c.graph)) {
      int producer = c.graph.value(l.value()).producer();
      if (producer >= 0 && mayBeClasses(l, c) && c.isKnown(l.value())) {
        Field f = c.known(l.value()).field();
        if (l.axis() < f.rank() && f.dim(l.axis()) >= 2) {
          Field x = SoftmaxRule.single(f, l.axis());
          double s = f.isZero() ? 0 : SoftmaxRule.between(x, l.axis()) * Math.exp(-f.spread() / 4);
          c.observe(Kind.HEAD_LOGIT_STD, c.graph.nodes().get(producer), s);
        }
      }
    }
  }

  private static boolean mayBeClasses(Logits l, Context c) {
    return switch (l.kind()) {
      case SOFTMAX, ARG_MAX -> true;
      case SIGMOID -> false;
      case NONE -> !l.map() || c.shape(l.value()).dim(l.axis()) > COLOURS;
    };
  }
}
