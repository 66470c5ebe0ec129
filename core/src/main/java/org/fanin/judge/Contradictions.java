package org.fanin.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.fanin.compare.Pair;
import org.fanin.judge.Contradiction.Quantity;

/// Where the pairs that a verdict rests on contradict it: the points of the main path, the
/// network's inputs and outputs. What lies inside a branch or a normalisation is the table's
/// affair.
final class Contradictions {
  /// ln of a factor of a second moment that changes a verdict: half a decade of amplitude, at which
  /// a chance of 88% becomes one of 50% ([TrainableModel]). Beside it a pair has to be farther off
  /// than any seed ([Pair.Finding#RULE_OFF]).
  private static final double MATTERS = Math.log(10);

  /// The same where the forecast itself says that it is approximated.
  private static final double MATTERS_IF_APPROXIMATED = Math.log(1.5);

  private final Evidence e;
  private final double limit;
  private final List<Contradiction> found = new ArrayList<>();

  private Contradictions(Evidence e) {
    this.e = e;
    limit = limit(e);
  }

  private static double limit(Evidence e) {
    return e.forecast.coverage().approximated().isEmpty() ? MATTERS : MATTERS_IF_APPROXIMATED;
  }

  /// Largest first.
  static List<Contradiction> of(Spine spine, Evidence e) {
    Contradictions c = new Contradictions(e);
    spine.points().forEach(p -> c.value(p.value(), p.layer()));
    for (int v : e.graph.inputs()) {
      c.value(v, e.graph.value(v).name());
    }
    for (int v : e.graph.outputs()) {
      c.value(v, e.graph.value(v).name());
    }
    c.found.sort(
        Comparator.<Contradiction>comparingDouble(x -> -x.size())
            .thenComparing(Contradiction::at)
            .thenComparing(Contradiction::quantity));
    return c.found;
  }

  private void value(int value, String at) {
    add(at, Quantity.SIGNAL, e.measured.signal().get(value));
    add(at, Quantity.GRADIENT, e.measured.gradient().get(value));
  }

  private void add(String at, Quantity what, Pair p) {
    if (p == null || p.finding() != Pair.Finding.RULE_OFF) {
      return;
    }
    Contradiction c = new Contradiction(at, what, p.lnPredicted(), p.lnMeasured(), p.z());
    if (c.size() > limit) {
      found.add(c);
    }
  }

  /// A finding of its own, so that no mark of health stands beside it.
  static Verdict verdict(List<Contradiction> all, Evidence e) {
    Contradiction worst = all.getFirst();
    return new Verdict(
        "contradicted",
        Verdict.Level.WARN,
        worst.at(),
        Numbers.decades(worst.size()),
        Numbers.decades(limit(e)),
        because(all),
        "believe what was measured and not the forecast; --draws 8 shows whether other seeds do the"
            + " same",
        "docs/measure.md");
  }

  /// In one sentence, the largest named.
  static String because(List<Contradiction> all) {
    Contradiction worst = all.getFirst();
    String others =
        all.size() == 1 ? "" : String.format(Locale.ROOT, " (%d such places)", all.size());
    return String.format(
        Locale.ROOT,
        "the measurement contradicts the forecast at %s: %s measured %s, predicted %s%s",
        worst.at(),
        worst.quantity().symbol(),
        Numbers.ofLn(worst.lnMeasured()),
        Numbers.ofLn(worst.lnPredicted()),
        others);
  }
}
