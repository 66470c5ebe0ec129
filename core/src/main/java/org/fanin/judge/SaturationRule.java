package org.fanin.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.fanin.compare.Expected;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.probe.Reading;

/// Share of elements on the flat part of a bounded activation. Of one that is 0 below 0 (ReLU6)
/// only the upper bound counts: the lower one is what a rectifier is for, and [DeadRule]'s affair.
record SaturationRule() implements MeasuredRule {
  private record Found(Node node, double share) {}

  @Override
  public List<Verdict> apply(Evidence e) {
    double limit = e.limits.get("saturated.warn");
    List<Found> all = new ArrayList<>();
    for (Node n : e.graph.nodes()) {
      double share = n.op() instanceof Op.Pointwise p ? share(e, n, p) : Double.NaN;
      if (share > limit) {
        all.add(new Found(n, share));
      }
    }
    all.sort(Comparator.comparingDouble(f -> -f.share()));
    return all.isEmpty() ? List.of() : List.of(verdict(e, all, limit));
  }

  private static double share(Evidence e, Node n, Op.Pointwise p) {
    Reading r = e.measured.readings().values().get(n.outputs().getFirst());
    return r == null
        ? Double.NaN
        : r.activity().saturated() - (Expected.rectifies(p.fn()) ? r.zeros() : 0);
  }

  private static Verdict verdict(Evidence e, List<Found> all, double limit) {
    Found worst = all.getFirst();
    return new Verdict(
        "saturated",
        Verdict.Level.WARN,
        e.layer(worst.node()),
        worst.share(),
        limit,
        String.format(
            Locale.ROOT,
            "measured: %.0f%% of the elements lie where the activation's slope is under 1%% of its"
                + " largest%s",
            100 * worst.share(),
            all.size() == 1 ? "" : "; " + (all.size() - 1) + " more layers like it"),
        "lower the variance of the weights and biases that feed it",
        "Glorot & Bengio 2010; theory.md 10");
  }
}
