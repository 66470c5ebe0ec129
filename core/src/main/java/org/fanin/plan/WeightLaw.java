package org.fanin.plan;

import org.fanin.math.TruncatedNormal;

/// A fully specified law that weights may have been drawn from, with what is needed to compare it
/// with their statistics.
///
/// @param lnPrior how much rarer than the commonest schemes, in nats
record WeightLaw(String name, Distribution distribution, double variance, double lnPrior) {
  private static final double LN_SQRT_2PI = 0.91893853320467274178;

  /// Rounding to bf16 may push an element this much over the bound.
  private static final double ROUNDING = 1.004;

  /// Σ ln p(w) given count, m2 and the largest |w|: these are sufficient for every law here. −∞
  /// when an element is out of bounds.
  double lnLikelihood(SchemeRecognizer.Stats s) {
    return lnLikelihood(s, ROUNDING);
  }

  /// @param rounding how far rounding may push an element over the bound, as a factor
  double lnLikelihood(SchemeRecognizer.Stats s, double rounding) {
    double n = s.count();
    return switch (distribution) {
      case Distribution.Uniform _ -> {
        double bound = Math.sqrt(3 * variance);
        yield s.largest() > rounding * bound
            ? Double.NEGATIVE_INFINITY
            : -n * StrictMath.log(2 * Math.max(bound, s.largest()));
      }
      case Distribution.Truncated(double cut, boolean _) -> {
        double sigma2 = variance / TruncatedNormal.variance(cut);
        double kept = 2 * org.fanin.math.Normal.cdf(cut) - 1;
        yield s.largest() > rounding * cut * Math.sqrt(sigma2)
            ? Double.NEGATIVE_INFINITY
            : bell(n, s.m2(), sigma2) - n * StrictMath.log(kept);
      }
      case Distribution.Normal _, Distribution.Orthogonal _ -> bell(n, s.m2(), variance);
      case Distribution.Constant _, Distribution.Structured _ -> Double.NEGATIVE_INFINITY;
    };
  }

  private static double bell(double n, double m2, double sigma2) {
    return -n * (LN_SQRT_2PI + 0.5 * StrictMath.log(sigma2) + 0.5 * m2 / sigma2);
  }

  /// How many standard errors m2 lies from the law's.
  double z(SchemeRecognizer.Stats s) {
    return (s.m2() / variance - 1) / Math.sqrt((moment(4) - 1) / s.count());
  }

  /// How many standard errors the kurtosis lies from the law's; the delta method's variance μ₈ −
  /// μ₄² − 4μ₄(μ₆ − μ₄) + 4μ₄²(μ₄ − 1) over n (24/n for a normal).
  double kurtosisZ(SchemeRecognizer.Stats s) {
    double m4 = moment(4);
    double v = moment(8) - m4 * m4 - 4 * m4 * (moment(6) - m4) + 4 * m4 * m4 * (m4 - 1);
    return (s.m4() / s.m2() / s.m2() - m4) / Math.sqrt(v / s.count());
  }

  /// E xⁿ at variance 1.
  private double moment(int n) {
    return switch (distribution) {
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
    double edge = 2 * org.fanin.math.Normal.pdf(cut) / (2 * org.fanin.math.Normal.cdf(cut) - 1);
    double m = 1;
    double power = cut;
    for (int k = 2; k <= n; k += 2) {
      m = (k - 1) * m - power * edge;
      power *= cut * cut;
    }
    return m;
  }
}
