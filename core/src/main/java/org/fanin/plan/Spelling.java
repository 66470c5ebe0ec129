package org.fanin.plan;

import java.util.Locale;

/// Numbers as they stand in names and formulas.
final class Spelling {
  private Spelling() {}

  /// Shortest exact decimal; whole numbers without a point.
  static String number(double x) {
    return x == Math.rint(x) && Math.abs(x) < 1e15 ? Long.toString((long) x) : Double.toString(x);
  }

  /// Four significant digits.
  static String rounded(double x) {
    if (x == 0 || !Double.isFinite(x)) {
      return x == 0 ? "0" : Double.toString(x);
    }
    double a = Math.abs(x);
    return a >= 1e-3 && a < 1e5
        ? trimmed(String.format(Locale.ROOT, "%." + decimals(a) + "f", x))
        : String.format(Locale.ROOT, "%.3e", x);
  }

  private static int decimals(double a) {
    return a >= 1000 ? 1 : a >= 100 ? 2 : a >= 10 ? 3 : a >= 1 ? 4 : a >= 0.1 ? 5 : 6;
  }

  private static String trimmed(String s) {
    return s.contains(".") ? s.replaceAll("0+$", "").replaceAll("\\.$", "") : s;
  }
}
