package org.fanin.math;

/// Expectations over w = y + τz, z ~ N(0, 1), of h(w) = exp(−e^w) and of the bumps e^{nw}·h(w): the
/// log-normal Laplace transform and its derivatives. The trapezoidal rule is used throughout,
/// exponentially accurate since everything is analytic for |Im w| < π/2 (Trefethen & Weideman
/// 2014): error below 1e-9.
final class SmoothedGumbel {
  /// Below this deviation the sum runs over z, above it over w.
  private static final double SMALL = 1.2;

  private static final double STEP_Z = 0.25;
  private static final double REACH_Z = 9;
  private static final double STEP_W = 0.35;

  /// e^w − and with it every bump − is below 1e-16 of its top outside.
  private static final double FROM_W = -37.8;

  private static final double TO_W = 4.9;

  private final double tau;

  SmoothedGumbel(double tau) {
    this.tau = tau;
  }

  /// E h(y + τz)
  double survival(double y) {
    if (tau > SMALL) {
      double sum = 0;
      for (double w = FROM_W; w <= TO_W; w += STEP_W) {
        sum += bump(w, 1) * Normal.cdf((w - y) / tau);
      }
      return Math.clamp(sum * STEP_W, 0.0, 1.0);
    }
    return overZ(y, 0);
  }

  /// E e^{nw}·h(w), n ≥ 1
  double bumpMean(double y, int n) {
    if (tau > SMALL) {
      double sum = 0;
      for (double w = FROM_W; w <= TO_W; w += STEP_W) {
        sum += bump(w, n) * Normal.pdf((w - y) / tau);
      }
      return sum * STEP_W / tau;
    }
    return overZ(y, n);
  }

  private double overZ(double y, int n) {
    double sum = 0;
    double mass = 0;
    for (double z = -REACH_Z; z <= REACH_Z; z += STEP_Z) {
      double p = Normal.pdf(z);
      sum += p * bump(y + tau * z, n);
      mass += p;
    }
    return sum / mass;
  }

  private static double bump(double w, int n) {
    return StrictMath.exp(n * w - StrictMath.exp(w));
  }
}
