package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.fanin.graph.Node;
import org.fanin.judge.Verdict.Level;
import org.fanin.probe.Reading;

/// Values that were NaN or infinite when the network was run, masks apart. The run is in double
/// precision: what is infinite there is so in any other.
record MeasuredNonFiniteRule() implements MeasuredRule {
  private record Found(int value, double share) {}

  @Override
  public List<Verdict> apply(Evidence e) {
    MaskedLogits masks = new MaskedLogits(e.graph);
    List<Found> found = new ArrayList<>();
    for (Node n : e.graph.nodes()) {
      for (int o : n.outputs()) {
        Reading r = o < 0 ? null : e.measured.readings().values().get(o);
        if (r != null && r.activity().nonFinite() > 0 && !masks.contains(o)) {
          found.add(new Found(o, r.activity().nonFinite()));
        }
      }
    }
    return found.isEmpty() ? List.of() : List.of(verdict(e, found));
  }

  private static Verdict verdict(Evidence e, List<Found> found) {
    Found first = found.getFirst();
    Node n = e.graph.nodes().get(e.graph.value(first.value()).producer());
    String more =
        found.size() == 1
            ? ""
            : found.size() == 2
                ? ", and then of one tensor more"
                : String.format(Locale.ROOT, ", and then of %d tensors more", found.size() - 1);
    return new Verdict(
        NonFiniteRule.NAME,
        Level.FAIL,
        e.layer(n),
        first.share(),
        0,
        String.format(
            Locale.ROOT,
            "measured: %s%% of the elements of %s (%s) are NaN or infinite%s",
            Numbers.of(100 * first.share()),
            e.graph.value(first.value()).name(),
            n.onnxOp(),
            more),
        NonFiniteRule.IN_RANGE,
        "IEEE 754");
  }
}
