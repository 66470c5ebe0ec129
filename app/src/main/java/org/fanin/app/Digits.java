package org.fanin.app;

import java.math.BigDecimal;
import java.math.MathContext;

/// Measured numbers in as many digits as any number of threads agree on: libtorch and OpenBLAS add
/// in an order that depends on it.
final class Digits {
  private static final MathContext SEVEN = new MathContext(7);
  private static final MathContext FOUR = new MathContext(4);

  /// What is so much smaller than the numbers it comes from is their rounding.
  private static final double NOISE = 1e-11;

  private Digits() {}

  static double of(double x) {
    return rounded(x, SEVEN);
  }

  static double few(double x) {
    return rounded(x, FOUR);
  }

  /// @param scale of the numbers that x is a difference or mean of
  static double beside(double x, double scale) {
    return Math.abs(x) <= NOISE * scale ? 0 : of(x);
  }

  /// ln of the rounded number; beyond doubles, seven digits of the logarithm.
  static double ofLn(double ln) {
    double x = Math.exp(ln);
    return x > Double.MIN_NORMAL && x < Double.MAX_VALUE ? Math.log(of(x)) : of(ln);
  }

  private static double rounded(double x, MathContext digits) {
    return Double.isFinite(x) && x != 0 ? new BigDecimal(x).round(digits).doubleValue() : x;
  }
}
