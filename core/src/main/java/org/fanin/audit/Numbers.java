package org.fanin.audit;

import java.util.Locale;

/// Numbers as they stand in findings.
final class Numbers {
  private Numbers() {}

  /// Three significant digits.
  static String of(double x) {
    if (x == 0 || !Double.isFinite(x)) {
      return x == 0 ? "0" : Double.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";
    }
    if (x == Math.rint(x) && Math.abs(x) < 1e6) {
      return Long.toString((long) x);
    }
    double a = Math.abs(x);
    if (a >= 1e4 || a < 1e-3) {
      return String.format(Locale.ROOT, "%.2e", x);
    }
    int decimals = Math.max(0, 2 - (int) Math.floor(Math.log10(a)));
    return String.format(Locale.ROOT, "%." + decimals + "f", x);
  }

  static String two(double x) {
    return String.format(Locale.ROOT, "%.2f", x);
  }

  static String percent(double share) {
    return share > 0 && share < 0.0005
        ? "<0.1%"
        : String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }
}
