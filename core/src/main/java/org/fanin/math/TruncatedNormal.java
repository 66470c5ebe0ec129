package org.fanin.math;

/// N(0, 1) cut symmetrically at ±c.
public final class TruncatedNormal {
  private TruncatedNormal() {}

  /// Standard deviation, √(1 − 2cφ(c)/(2Φ(c) − 1)): .879626 at c = 2. Dividing σ by it gives a cut
  /// law the variance that was asked for.
  ///
  /// @throws IllegalArgumentException unless c > 0
  public static double std(double cut) {
    return Math.sqrt(variance(cut));
  }

  public static double variance(double cut) {
    positive(cut);
    if (cut < 0.1) {
      double c2 = cut * cut;
      return c2 / 3 * (1 - c2 * (2.0 / 15 - c2 * 2.0 / 315));
    }
    return cut > 40 ? 1 : 1 - 2 * cut * Normal.pdf(cut) / kept(cut);
  }

  /// E x⁴/(E x²)²: 9/5 (uniform) at c → 0, 3 at c → ∞, 2.3653 at c = 2.
  public static double kurtosis(double cut) {
    positive(cut);
    if (cut < 0.1) {
      return 1.8 + cut * cut * 4.0 / 175 * 3;
    }
    double v = variance(cut);
    double m4 = cut > 40 ? 3 : 3 * v - 2 * cut * cut * cut * Normal.pdf(cut) / kept(cut);
    return m4 / (v * v);
  }

  private static double kept(double cut) {
    return Normal.erf(cut * Math.sqrt(0.5));
  }

  private static void positive(double cut) {
    if (!(cut > 0)) {
      throw new IllegalArgumentException("a cut > 0 is wanted, found " + cut);
    }
  }
}
