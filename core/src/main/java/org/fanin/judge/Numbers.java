package org.fanin.judge;

import java.util.Locale;

/// Numbers in sentences. Second moments are carried as natural logarithms and may lie far outside a
/// double's range.
public final class Numbers {
  private static final double LN10 = Math.log(10);

  private Numbers() {}

  /// Decades: log10 of exp(ln).
  public static double decades(double ln) {
    return ln / LN10;
  }

  /// exp(ln) in three digits: `0`, `0.0123`, `1.23`, `456`, `3.21e-60`, `1.5e4000`.
  public static String ofLn(double ln) {
    if (Double.isNaN(ln)) {
      return "?";
    }
    if (Double.isInfinite(ln)) {
      return ln > 0 ? "inf" : "0";
    }
    double d = decades(ln);
    if (d > -2.5 && d < 3.99997) {
      return plain(Math.exp(ln));
    }
    return scientific(d);
  }

  /// Three digits, as in [#ofLn]; negative numbers too.
  public static String of(double x) {
    if (x == 0) {
      return "0";
    }
    if (Double.isNaN(x) || Double.isInfinite(x)) {
      return Double.isNaN(x) ? "?" : x > 0 ? "inf" : "-inf";
    }
    return (x < 0 ? "-" : "") + ofLn(Math.log(Math.abs(x)));
  }

  private static String scientific(double decades) {
    double exponent = Math.floor(decades);
    double mantissa = Math.pow(10, decades - exponent);
    if (mantissa >= 9.995) {
      mantissa = 1;
      exponent++;
    }
    return String.format(Locale.ROOT, "%.2fe%.0f", mantissa, exponent);
  }

  private static String plain(double x) {
    int digits = x >= 99.95 ? 0 : x >= 9.995 ? 1 : x >= .9995 ? 2 : x >= .09995 ? 3 : 4;
    return String.format(Locale.ROOT, "%." + digits + "f", x);
  }
}
