package org.fanin.math;

/// Expectations over a Gaussian: the one-call forms of [HermiteExpansion].
public final class Gaussian {
  private Gaussian() {}

  /// E φ, E φ², E φ′, E φ′² … for u ~ N(mean, sd²). Closed forms where they exist, else composite
  /// Gauss–Legendre with panels split at kinks and bends; relative error about 1e-13 for catalogue
  /// functions (doubling the panels changes nothing more).
  ///
  /// E φ² is ∞ when φ has a pole the law reaches (1/x at mean 0); [Moments#undefined] says how much
  /// probability has no value.
  ///
  /// @throws IllegalArgumentException when mean or sd is not finite or sd < 0
  public static Moments moments(Fn f, double mean, double sd) {
    if (!Double.isFinite(mean) || !(sd >= 0 && sd < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          f.name()
              + ": a finite mean and a deviation ≥ 0 are wanted, found "
              + mean
              + " and "
              + sd);
    }
    if (sd == 0) {
      return point(f, mean);
    }
    return ClosedMoments.of(f, mean, sd).orElseGet(() -> sampled(f, mean, sd));
  }

  private static Moments point(Fn f, double x) {
    double y = f.at(x);
    double s = f.slopeAt(x);
    return new Moments(
        y, y * y, 2 * StrictMath.log(Math.abs(y)), 0, s, s * s, 0, 1, 1, Double.isNaN(y) ? 1 : 0);
  }

  private static Moments sampled(Fn f, double mean, double sd) {
    Moments m = Sampled.of(f, mean, sd).moments();
    if (!Smoothness.hasPole(f, mean, sd)) {
      return m;
    }
    double inf = Double.POSITIVE_INFINITY;
    return new Moments(
        m.mean(), inf, inf, inf, m.slopeMean(), inf, m.zf(), inf, inf, m.undefined());
  }

  /// E φ(u)φ(v) for u, v of the same mean and deviation and correlation `rho`.
  public static double kernel(Fn f, double mean, double sd, double rho) {
    return HermiteExpansion.of(f, mean, sd).kernel(rho);
  }

  /// E φ′(u)φ′(v).
  public static double slopeKernel(Fn f, double mean, double sd, double rho) {
    return HermiteExpansion.of(f, mean, sd).slopeKernel(rho);
  }

  /// E φ(u)φ(v) for u ~ N(m1, s1²), v ~ N(m2, s2²). Closed for centred piecewise linear functions,
  /// by Hermite series otherwise.
  public static double kernel2(Fn f, double m1, double s1, double m2, double s2, double rho) {
    if (m1 == 0 && m2 == 0 && f.form() instanceof Fn.Form.AbRelu) {
      return s1 * s2 * kernel(f, 0, 1, rho);
    }
    return HermiteExpansion.of(f, m1, s1).crossKernel(HermiteExpansion.of(f, m2, s2), rho);
  }
}
