package org.fanin.plan;

import java.util.List;
import java.util.Optional;

/// Tells which scheme weights were drawn by, from a few statistics.
///
/// Bayes' rule over named laws and two nameless ones (a normal, a uniform of unknown scale): count,
/// second moment and largest element are sufficient statistics for all of them. The winner must
/// also fit: second moment and kurtosis within [#LIMIT] standard errors. The rate at which a right
/// scheme is rejected is 1.3e-4; a normal of arbitrary σ is taken for a named one in 11% of cases
/// at 10⁵ elements (mostly round σ's), more at fewer elements; a uniform of arbitrary bound is
/// reported as such. Tests measure both.
public final class SchemeRecognizer {
  /// Standard errors that second moment and kurtosis may lie off.
  static final double LIMIT = 4;

  private static final int KURTOSIS_COUNT = 50;
  private static final int NAMELESS_COUNT = 64;
  private static final double MEAN_LIMIT = 4.5;
  private static final double ORTHOGONAL_ROUNDING = 5e-6;

  private SchemeRecognizer() {}

  /// @param count number of elements
  /// @param m2 E w²
  /// @param m4 E w⁴
  /// @param largest max |w|
  public record Stats(long count, double mean, double m2, double m4, double largest) {}

  /// @param name spelling that [Schemes#named] reads, with gains and bounds rounded to what the
  ///   sample can tell
  /// @param variance E w² of that scheme exactly
  /// @param confidence posterior probability among the laws considered
  /// @param z standard errors between the sample's second moment and the scheme's; 0 for constants
  public record Recognition(String name, double variance, double confidence, double z) {}

  /// @param fanIn fan-in, 0 when unknown
  /// @param fanOut fan-out, 0 when unknown
  /// @return empty when no scheme fits (trained weights, unknown recipes)
  public static Optional<Recognition> recognise(Stats s, double fanIn, double fanOut) {
    if (s.count() < 1 || !Double.isFinite(s.m2()) || !Double.isFinite(s.mean())) {
      return Optional.empty();
    }
    if (s.m2() == 0) {
      return Optional.of(new Recognition("zeros", 0, 1, 0));
    }
    double spread = Math.max(0, s.m2() - s.mean() * s.mean());
    if (spread < 1e-10 * s.m2()) {
      return Optional.of(constant(s.mean()));
    }
    if (Math.abs(s.mean()) > MEAN_LIMIT * Math.sqrt(s.m2() / s.count())) {
      return aroundOne(s, spread);
    }
    Optional<Recognition> haar = orthogonal(s, fanIn, fanOut);
    return haar.isPresent() ? haar : drawn(s, fanIn, fanOut);
  }

  private static Recognition constant(double value) {
    double round = Math.abs(value - 1) < 1e-6 ? 1 : value;
    return new Recognition(Schemes.constant(shortest(round)).name(), value * value, 1, 0);
  }

  /// The shortest decimal that is the same f32.
  private static double shortest(double x) {
    return Double.parseDouble(Float.toString((float) x));
  }

  /// DCGAN's normalisation scales: N(1, .02²).
  private static Optional<Recognition> aroundOne(Stats s, double spread) {
    double sigma = 0.02;
    double meanZ = (s.mean() - 1) / (sigma / Math.sqrt(s.count()));
    double z = (spread / (sigma * sigma) - 1) / Math.sqrt(2.0 / s.count());
    return Math.abs(meanZ) < LIMIT && Math.abs(z) < LIMIT
        ? Optional.of(new Recognition("normal(1, 0.02)", 1 + sigma * sigma, 0.9, z))
        : Optional.empty();
  }

  /// ‖W‖² = gain²·min(rows, columns) to rounding, which independent draws meet by chance only: that
  /// chance is taken off the confidence.
  private static Optional<Recognition> orthogonal(Stats s, double fanIn, double fanOut) {
    if (s.count() < NAMELESS_COUNT || !(fanIn > 1) || !(fanOut > 1)) {
      return Optional.empty();
    }
    double rows = s.count() % fanIn == 0 ? s.count() / fanIn : fanOut;
    double n = Math.max(rows, fanIn);
    double kurtosis = s.m4() / s.m2() / s.m2() - 3 * n / (n + 2);
    for (double gain2 : new double[] {1, 2, 25.0 / 9, 0.5, 0.25, 1e-4}) {
      double exact = gain2 / n;
      if (rows > 1
          && Math.abs(s.m2() / exact - 1) < ORTHOGONAL_ROUNDING
          && Math.abs(kurtosis) < 6 * Math.sqrt(24.0 / s.count())) {
        double chance = Math.min(0.9, 8 * ORTHOGONAL_ROUNDING * Math.sqrt(s.count() / 2.0));
        String name = Schemes.orthogonal(shortest(Math.sqrt(gain2))).name();
        return Optional.of(new Recognition(name, exact, 1 - chance, 0));
      }
    }
    return Optional.empty();
  }

  private static Optional<Recognition> drawn(Stats s, double fanIn, double fanOut) {
    List<WeightLaw> laws = CandidateLaws.of(fanIn, fanOut);
    double n = s.count();
    double lnN = StrictMath.log(n);
    double bell = WeightLaw.bellOf(s) - 0.5 * lnN - 7;
    double top = s.largest() * (1 + 1 / n);
    double flat = -n * StrictMath.log(2 * top) - lnN - 7;
    WeightLaw best = null;
    double bestScore = Double.NEGATIVE_INFINITY;
    double[] scores = new double[laws.size()];
    for (int i = 0; i < scores.length; i++) {
      WeightLaw law = laws.get(i);
      double score =
          far(law.variance(), s) ? Double.NEGATIVE_INFINITY : law.lnLikelihood(s) + law.lnPrior();
      scores[i] = score;
      if (score > bestScore && fits(law, s)) {
        best = law;
        bestScore = score;
      }
    }
    if (n >= NAMELESS_COUNT && flat > Math.max(bestScore, bell)) {
      WeightLaw box = box(top);
      if (fits(box, s)) {
        double total = StrictMath.exp(bell - flat) + StrictMath.exp(-50) + sum(scores, flat);
        return Optional.of(recognised(box, s, 1 / (total + 1)));
      }
    }
    if (best == null || bestScore < Math.max(bell, flat)) {
      return Optional.empty();
    }
    double total =
        StrictMath.exp(bell - bestScore)
            + StrictMath.exp(flat - bestScore)
            + sum(scores, bestScore);
    return Optional.of(recognised(best, s, 1 / total));
  }

  private static Recognition recognised(WeightLaw law, Stats s, double confidence) {
    return new Recognition(law.name(), law.variance(), confidence, law.z(s));
  }

  /// A nameless uniform law.
  private static WeightLaw box(double top) {
    String name = "uniform(±" + Spelling.rounded(top) + ")";
    return WeightLaw.of(name, new Distribution.Uniform(), top * top / 3, 0);
  }

  private static double sum(double[] scores, double best) {
    double total = 0;
    for (double score : scores) {
      // Anything less likely by e^-50 is nothing.
      total += score > best - 50 ? StrictMath.exp(score - best) : 0;
    }
    return total;
  }

  /// A variance off by a factor of 4 costs 0.3 nats an element: hopeless from 64 elements on.
  private static boolean far(double variance, Stats s) {
    return s.count() >= NAMELESS_COUNT && (variance > 4 * s.m2() || variance < s.m2() / 4);
  }

  private static boolean fits(WeightLaw law, Stats s) {
    return Math.abs(law.z(s)) < LIMIT
        && (s.count() < KURTOSIS_COUNT || Math.abs(law.kurtosisZ(s)) < LIMIT + 1);
  }
}
