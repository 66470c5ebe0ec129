package org.fanin.plan;

import org.fanin.math.Normal;
import org.fanin.math.TruncatedNormal;

/// A fully specified law that weights may have been drawn from, with what is needed to compare it
/// with their statistics. Every tensor is held against a hundred of these, so all that does not
/// depend on the tensor is worked out once.
///
/// @param lnPrior how much rarer than the commonest schemes, in nats
/// @param bound largest |w| that the law allows; +∞ for laws without bound
/// @param level −E ln p at a second moment of 0, per element: what the bell's or the box's height
///   costs
/// @param sigma2 σ² of the bell, before it is cut
/// @param m4 E w⁴/(E w²)²
/// @param kurtosisVariance the delta method's variance of a sample's m4/m2², times the count
record WeightLaw(
    String name,
    Distribution distribution,
    double variance,
    double lnPrior,
    double bound,
    double level,
    double sigma2,
    double m4,
    double kurtosisVariance) {
  private static final double LN_SQRT_2PI = 0.91893853320467274178;

  /// Rounding to bf16 may push an element this much over the bound.
  private static final double ROUNDING = 1.004;

  static WeightLaw of(String name, Distribution d, double variance, double lnPrior) {
    double m4 = moment(d, 4);
    // μ₈ − μ₄² − 4μ₄(μ₆ − μ₄) + 4μ₄²(μ₄ − 1) over n (24/n for a normal).
    double v = moment(d, 8) - m4 * m4 - 4 * m4 * (moment(d, 6) - m4) + 4 * m4 * m4 * (m4 - 1);
    return switch (d) {
      case Distribution.Uniform _ -> {
        double bound = Math.sqrt(3 * variance);
        double level = StrictMath.log(2 * bound);
        yield new WeightLaw(name, d, variance, lnPrior, bound, level, variance, m4, v);
      }
      case Distribution.Truncated(double cut, boolean _) -> {
        double sigma2 = variance / TruncatedNormal.variance(cut);
        double kept = StrictMath.log(2 * Normal.cdf(cut) - 1);
        double bound = cut * Math.sqrt(sigma2);
        double level = bell(sigma2) + kept;
        yield new WeightLaw(name, d, variance, lnPrior, bound, level, sigma2, m4, v);
      }
      case Distribution.Normal _,
          Distribution.Orthogonal _,
          Distribution.Constant _,
          Distribution.Structured _ ->
          new WeightLaw(
              name,
              d,
              variance,
              lnPrior,
              Double.POSITIVE_INFINITY,
              bell(variance),
              variance,
              m4,
              v);
    };
  }

  private static double bell(double sigma2) {
    return LN_SQRT_2PI + 0.5 * StrictMath.log(sigma2);
  }

  /// Σ ln p(w) under the nameless normal whose variance is the sample's own m2.
  static double bellOf(SchemeRecognizer.Stats s) {
    return -s.count() * (bell(s.m2()) + 0.5);
  }

  /// Σ ln p(w) given count, m2 and the largest |w|: these are sufficient for every law here. −∞
  /// when an element is out of bounds.
  double lnLikelihood(SchemeRecognizer.Stats s) {
    return lnLikelihood(s, ROUNDING, s.largest());
  }

  /// @param rounding how far rounding may push an element over the bound, as a factor
  double lnLikelihood(SchemeRecognizer.Stats s, double rounding) {
    // Bounds closer than that cannot be told apart.
    return lnLikelihood(s, rounding, s.largest() * rounding);
  }

  /// @param least smallest bound that is told from a smaller one
  private double lnLikelihood(SchemeRecognizer.Stats s, double rounding, double least) {
    if (s.largest() > rounding * bound) {
      return Double.NEGATIVE_INFINITY;
    }
    double n = s.count();
    return switch (distribution) {
      case Distribution.Uniform _ -> -n * (least > bound ? StrictMath.log(2 * least) : level);
      case Distribution.Truncated _, Distribution.Normal _, Distribution.Orthogonal _ ->
          -n * (level + 0.5 * s.m2() / sigma2);
      case Distribution.Constant _, Distribution.Structured _ -> Double.NEGATIVE_INFINITY;
    };
  }

  /// How many standard errors m2 lies from the law's.
  double z(SchemeRecognizer.Stats s) {
    return (s.m2() / variance - 1) / Math.sqrt((m4 - 1) / s.count());
  }

  /// How many standard errors the kurtosis lies from the law's.
  double kurtosisZ(SchemeRecognizer.Stats s) {
    return (s.m4() / s.m2() / s.m2() - m4) / Math.sqrt(kurtosisVariance / s.count());
  }

  /// E xⁿ at variance 1.
  private static double moment(Distribution d, int n) {
    return switch (d) {
      case Distribution.Uniform _ -> StrictMath.pow(3, n / 2) / (n + 1);
      case Distribution.Truncated(double cut, boolean _) ->
          cutMoment(n, cut) / StrictMath.pow(cutMoment(2, cut), n / 2);
      case Distribution.Normal _,
          Distribution.Orthogonal _,
          Distribution.Constant _,
          Distribution.Structured _ -> {
        double m = 1;
        for (int k = n - 1; k > 0; k -= 2) {
          m *= k;
        }
        yield m;
      }
    };
  }

  /// E xⁿ = (n − 1)E xⁿ⁻² − 2cⁿ⁻¹φ(c)/P(|x| < c).
  private static double cutMoment(int n, double cut) {
    double edge = 2 * Normal.pdf(cut) / (2 * Normal.cdf(cut) - 1);
    double m = 1;
    double power = cut;
    for (int k = 2; k <= n; k += 2) {
      m = (k - 1) * m - power * edge;
      power *= cut * cut;
    }
    return m;
  }
}
