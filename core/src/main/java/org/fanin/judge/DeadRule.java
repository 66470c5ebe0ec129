package org.fanin.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.fanin.graph.Node;

/// Rectified units that are active on no sample, beyond what theory expects of samples as alike as
/// these ([Silence]); and channels that are 0 everywhere, where it expects none.
record DeadRule() implements MeasuredRule {
  /// Standard errors by which a share has to exceed the expected one, so that a narrow layer is not
  /// blamed for its draw: a right layer does so once in 741.
  private static final double CHANCE = 3;

  /// So many silent channels come of a right layer once in 10,000 at most: a channel is not more
  /// often silent than a single position of it.
  private static final double RARE = 1e-4;

  private record Found(Silence s, Verdict.Level level, double value, double limit, boolean map) {}

  @Override
  public List<Verdict> apply(Evidence e) {
    List<Found> all = new ArrayList<>();
    for (Node n : e.graph.nodes()) {
      Silence.of(e, n).ifPresent(s -> judge(s, e.limits, all));
    }
    all.sort(Comparator.comparing(Found::level).reversed().thenComparing(f -> -excess(f.s())));
    return all.isEmpty() ? List.of() : List.of(verdict(e, all));
  }

  private static double excess(Silence s) {
    return s.share() - s.alike();
  }

  private static void judge(Silence s, Thresholds limits, List<Found> all) {
    double error = Math.sqrt(s.alike() * (1 - s.alike()) / Math.max(1, s.independent()));
    Grade g = Grade.above(limits, "dead", excess(s));
    long most = mostSilent(s.channels(), s.alike());
    long planted = Math.min(s.outliers(), s.silentChannels());
    boolean off = limits.get("dead.fail") > 1;
    if (g.level() == Verdict.Level.FAIL && excess(s) > CHANCE * error) {
      all.add(new Found(s, g.level(), excess(s), g.limit(), false));
    } else if (!off && s.silentChannels() > most) {
      all.add(new Found(s, Verdict.Level.FAIL, s.silentChannels(), most, true));
    } else if (!off && planted > 0) {
      all.add(new Found(s, Verdict.Level.FAIL, planted, 0, true));
    } else if (g.level() == Verdict.Level.WARN && excess(s) > CHANCE * error) {
      all.add(new Found(s, g.level(), excess(s), g.limit(), false));
    }
  }

  /// The smallest k that a binomial number of `n` exceeds more seldom than [#RARE].
  static long mostSilent(long n, double p) {
    double term = Math.pow(1 - p, n);
    double beyond = 1 - term;
    long k = 0;
    while (beyond > RARE && k < n) {
      // At p near 1 the first terms underflow, and all n are to be expected.
      term = term == 0 ? 0 : term * (n - k) / (k + 1) * p / (1 - p);
      k++;
      beyond -= term;
    }
    return k;
  }

  private static Verdict verdict(Evidence e, List<Found> all) {
    Found worst = all.getFirst();
    String others = all.size() == 1 ? "" : "; " + (all.size() - 1) + " more layers like it";
    return new Verdict(
        "dead",
        worst.level(),
        e.layer(worst.s().node()),
        worst.value(),
        worst.limit(),
        (worst.map() ? channels(worst) : units(worst.s())) + others,
        "start the biases at 0 (or slightly above), raise the weights that feed them, or use a leaky"
            + " activation",
        "Lu et al. 2019; theory.md 9");
  }

  private static String units(Silence s) {
    return String.format(
        Locale.ROOT,
        "measured: %.0f of %d units are 0 on all %d samples (%s); of a right layer, samples as alike"
            + " as these leave %s silent",
        s.share() * s.units(),
        s.units(),
        s.samples(),
        percent(s.share()),
        percent(s.alike()));
  }

  private static String channels(Found f) {
    Silence s = f.s();
    return String.format(
        Locale.ROOT,
        "measured: %d of %d channels are 0 everywhere on all %d samples; %s",
        s.silentChannels(),
        s.channels(),
        s.samples(),
        s.silentChannels() > f.limit() && f.limit() > 0
            ? "samples as alike as these leave " + percent(s.alike()) + " at most"
            : "a right layer of this kind has none");
  }

  private static String percent(double share) {
    double p = 100 * share;
    return String.format(Locale.ROOT, p < 9.95 ? "%.2g%%" : "%.0f%%", p);
  }
}
