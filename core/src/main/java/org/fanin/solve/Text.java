package org.fanin.solve;

import java.util.Locale;

/// Numbers in reasons: three significant digits.
final class Text {
  private Text() {}

  static String of(double x) {
    if (x == Math.rint(x) && Math.abs(x) < 1e6) {
      return Long.toString((long) x);
    }
    double a = Math.abs(x);
    if (!(a >= 1e-3 && a < 1e4)) {
      return String.format(Locale.ROOT, "%.2e", x);
    }
    int digits = a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : a >= .1 ? 3 : a >= .01 ? 4 : 5;
    return String.format(Locale.ROOT, "%." + digits + "f", x);
  }

  static String ofLn(double ln) {
    return of(StrictMath.exp(ln));
  }
}
