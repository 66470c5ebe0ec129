package org.fanin.audit;

import java.util.List;
import java.util.Optional;
import org.fanin.plan.Schemes;

/// Facts → what they may have been drawn by.
final class Examiner {
  private static final double MEAN_LIMIT = 4.5;

  private Examiner() {}

  static Examined examine(Site site, TensorFacts facts) {
    double roundoff = Codec.roundoff(site.tensor().dtype());
    Moments m = facts.all();
    ShapeLaw law = ShapeLaw.of(m, facts.sketch(), roundoff);
    Optional<Recognition> certain = certain(site, facts, law, roundoff);
    var suspects =
        certain.isPresent() || m.finite() == 0
            ? List.<org.fanin.plan.SchemeRanking.Suspect>of()
            : Suspects.of(site, m, facts.sketch(), roundoff);
    return new Examined(site, facts, law, certain, suspects);
  }

  private static Optional<Recognition> certain(
      Site site, TensorFacts facts, ShapeLaw law, double roundoff) {
    Moments m = facts.all();
    if (m.finite() == 0 || !Double.isFinite(m.m2())) {
      return Optional.of(Recognition.none(law));
    }
    if (m.zeros() == m.finite() || law.kind() == ShapeLaw.Kind.CONSTANT) {
      return Optional.of(Recognition.sure(constant(m), m.m2(), law));
    }
    if (facts.identity()) {
      double g = m.largest();
      String name = g == 1 ? "identity" : "identity(gain=" + Numbers.of(g) + ")";
      return Optional.of(Recognition.sure(name, m.m2(), law));
    }
    if (isOffCentre(m)) {
      return Optional.of(offCentre(m, law));
    }
    return orthogonal(site, facts, law, roundoff);
  }

  private static String constant(Moments m) {
    if (m.m2() == 0) {
      return "zeros";
    }
    double x = Math.abs(m.mean() - 1) < 1e-6 ? 1 : m.mean();
    return Schemes.constant(Double.parseDouble(Float.toString((float) x))).name();
  }

  /// By the elements' scale about zero, or about their mean; few elements have heavy tails there
  /// (Student's t).
  private static boolean isOffCentre(Moments m) {
    double t = m.mean() / Math.sqrt(m.variance() / m.finite());
    return Math.abs(m.meanZ()) > MEAN_LIMIT
        || m.finite() > 4 && Math.abs(t) > MEAN_LIMIT + 40.0 / m.finite();
  }

  /// N(1, σ²): normalisation scales of DCGAN and its kin.
  private static Recognition offCentre(Moments m, ShapeLaw law) {
    double n = m.finite();
    for (double sigma : new double[] {0.02, 0.01, 0.05, 0.1}) {
      double meanZ = (m.mean() - 1) / (sigma / Math.sqrt(n));
      double z = (m.variance() / (sigma * sigma) - 1) / Math.sqrt(2 / n);
      if (Math.abs(meanZ) < 4 && Math.abs(z) < 4) {
        return new Recognition(
            Optional.of("normal(1, " + sigma + ")"), 0.9, List.of(), 1 + sigma * sigma, z, "", law);
      }
    }
    return Recognition.none(law);
  }

  /// W·Wᵀ = g²·1 on random vectors. Independent elements give √(fewer/more) instead of 0.
  private static Optional<Recognition> orthogonal(
      Site site, TensorFacts facts, ShapeLaw law, double roundoff) {
    if (facts.spectrum().isEmpty() || !site.isMatrix()) {
      return Optional.empty();
    }
    Spectrum s = facts.spectrum().get();
    double fewer = Math.min(s.rows(), s.columns());
    double more = Math.max(s.rows(), s.columns());
    boolean rowsSuffice = s.rows() == s.of() || s.of() <= s.columns();
    if (!rowsSuffice
        || fewer < 2
        || s.orthogonality() > Math.min(4 * roundoff + 2e-5, 0.2 * Math.sqrt(fewer / more))) {
      return Optional.empty();
    }
    double gain = Math.sqrt(facts.all().m2() * Math.max(s.of(), s.columns()));
    String name = "orthogonal(gain=" + Math.rint(gain * 1e4) / 1e4 + ")";
    boolean one = Math.abs(gain - 1) < 1e-4 + roundoff;
    return Optional.of(Recognition.sure(one ? "orthogonal" : name, facts.all().m2(), law));
  }
}
