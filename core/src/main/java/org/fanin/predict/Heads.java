package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Forecast.Observation.Kind;
import org.fanin.tensor.Shape;

/// Logits: what a network's outputs are, before a last softmax.
final class Heads {
  /// Shapes and casts between logits and the output.
  private static final int FAR = 4;

  private Heads() {}

  /// Observes how far apart the last axis of every output with two classes or more is.
  static void observe(Context c) {
    for (int out : c.graph.outputs()) {
      int logits = logits(c, out);
      int producer = logits < 0 ? -1 : c.graph.value(logits).producer();
      if (producer >= 0 && c.graph.value(logits).dtype().floating() && c.isKnown(logits)) {
        Field f = c.known(logits).field();
        if (f.rank() >= 2 && f.dim(f.rank() - 1) >= 2) {
          Field x = SoftmaxRule.single(f, f.rank() - 1);
          double s =
              f.isZero() ? 0 : SoftmaxRule.between(x, f.rank() - 1) * Math.exp(-f.spread() / 4);
          c.observe(Kind.HEAD_LOGIT_STD, c.graph.nodes().get(producer), s);
        }
      }
    }
  }

  /// Back through a softmax over the last axis and through views that keep that axis.
  private static int logits(Context c, int out) {
    int v = out;
    for (int hop = 0; hop < FAR; hop++) {
      int producer = c.graph.value(v).producer();
      if (producer < 0 || c.graph.value(v).shape().isEmpty()) {
        return v;
      }
      Node n = c.graph.nodes().get(producer);
      boolean through =
          switch (n.op()) {
            case Op.Softmax s -> s.axis() == c.graph.value(v).shape().get().rank() - 1;
            case Op.Reshape _ -> sameLast(c, n.input(0), v);
            case Op _ -> false;
          };
      if (!through) {
        return v;
      }
      v = n.input(0);
    }
    return v;
  }

  private static boolean sameLast(Context c, int a, int b) {
    var x = c.graph.value(a).shape();
    var y = c.graph.value(b).shape();
    return x.isPresent()
        && y.isPresent()
        && x.get().rank() > 0
        && y.get().rank() > 0
        && last(x.get()) == last(y.get());
  }

  private static long last(Shape s) {
    return s.dim(s.rank() - 1);
  }
}
