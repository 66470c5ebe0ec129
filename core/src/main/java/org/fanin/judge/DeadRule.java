package org.fanin.judge;

import java.util.List;
import org.fanin.math.Normal;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Observation;

/// Rectified units active on no sample, beyond what correlated samples explain: at cosine c, E_z
/// Φ(−z√(c/(1−c)))^B of healthy units are silent on B samples.
record DeadRule() implements Rule {
  private static final double ALL = .99;

  @Override
  public List<Verdict> apply(Case c) {
    Observation worst = null;
    double worstExcess = 0;
    for (Observation o : c.forecast.observations()) {
      if (o.kind() != Observation.Kind.NEVER_ACTIVE) {
        continue;
      }
      double excess = o.value() >= ALL ? 1 : o.value() - expected(c, o.node());
      if (worst == null || excess > worstExcess) {
        worst = o;
        worstExcess = excess;
      }
    }
    if (worst == null) {
      return List.of();
    }
    Grade g = Grade.above(c.limits, "dead", worstExcess);
    return g.level() == Verdict.Level.OK ? List.of() : List.of(verdict(c, worst, worstExcess, g));
  }

  private static Verdict verdict(Case c, Observation worst, double excess, Grade g) {
    String because =
        "%s of the units are active on none of the %d samples, %s more than their likeness explains"
            .formatted(
                Numbers.of(worst.value()), c.forecast.assumptions().batch(), Numbers.of(excess));
    return new Verdict(
        "dead",
        g.level(),
        c.layer(worst.node()),
        excess,
        g.limit(),
        because,
        "start the biases at 0 (or slightly above), lower the bias variance, or use a leaky"
            + " activation",
        "Lu et al. 2019; theory.md 9");
  }

  private static double expected(Case c, int node) {
    int in = c.node(node).input(0);
    if (!(c.moments.forward(in) instanceof Forecast.Forward.Known f) || Double.isNaN(f.cos())) {
      return 0;
    }
    return neverActive(f.cos(), c.forecast.assumptions().batch());
  }

  /// E_z Φ(−z√(c/(1−c)))^B for a zero-mean Gaussian unit, by the trapezoidal rule on ±8 (error
  /// below 1e-6 for c ≤ .9999).
  static double neverActive(double cos, double batch) {
    double slope = Math.sqrt(Math.max(0, cos) / Math.max(1e-12, 1 - cos));
    int n = 1600;
    double sum = 0;
    for (int i = 0; i <= n; i++) {
      double z = -8 + 16.0 * i / n;
      double below = Normal.cdf(-z * slope);
      sum += Math.exp(-z * z / 2) * Math.pow(below, batch);
    }
    return sum * (16.0 / n) / Math.sqrt(2 * Math.PI);
  }
}
