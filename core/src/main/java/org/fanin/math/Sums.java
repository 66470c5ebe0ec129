package org.fanin.math;

/// Small closed sums.
public final class Sums {
  private static final double EULER_GAMMA = 0.57721566490153286061;

  private Sums() {}

  /// H_n = 1 + ½ + … + 1/n, by Euler–Maclaurin above 32 (error below 1e-15).
  public static double harmonic(long n) {
    if (n > 32) {
      double i2 = 1.0 / ((double) n * n);
      return StrictMath.log(n)
          + EULER_GAMMA
          + 0.5 / n
          - i2 * (1.0 / 12 - i2 * (1.0 / 120 - i2 / 252));
    }
    double h = 0;
    for (long k = n; k > 0; k--) {
      h += 1.0 / k;
    }
    return h;
  }

  /// E[1/v̂] for v̂ the mean of ν squared independent N(0, 1): ν/(ν − 2), ∞ for ν ≤ 2. Gives
  /// LayerNorm's (d−1)/(d−3) and BatchNorm's (B−1)/(B−3) for ν one less than the group.
  public static double inverseVariance(double degreesOfFreedom) {
    return degreesOfFreedom > 2
        ? degreesOfFreedom / (degreesOfFreedom - 2)
        : Double.POSITIVE_INFINITY;
  }
}
