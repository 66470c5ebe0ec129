package org.fanin.math;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/// Numbers as text: the one place that decides how many digits a reader sees. Second moments are
/// carried as natural logarithms and may lie far outside a double's range. All text is that of
/// [Locale#ROOT].
public final class NumberText {
  private static final double LN10 = Math.log(10);
  private static final double WHOLE = 1e15;
  private static final String[] MULTIPLES = {"", "k", "M", "G", "T", "P", "E"};

  private NumberText() {}

  /// Decades: log10 of exp(ln).
  public static double decades(double ln) {
    return ln / LN10;
  }

  /// exp(ln) in three digits: `0`, `0.0123`, `1.23`, `456`, `3.21e-60`, `1.50e4000`.
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
    if (!Double.isFinite(x)) {
      return notFinite(x);
    }
    return (x < 0 ? "-" : "") + ofLn(Math.log(Math.abs(x)));
  }

  /// Three digits, whole numbers below a million in full: `100`, `1.23`.
  public static String brief(double x) {
    return x == Math.rint(x) && Math.abs(x) < 1e6 ? Long.toString((long) x) : of(x);
  }

  private static String notFinite(double x) {
    return Double.isNaN(x) ? "?" : x > 0 ? "inf" : "-inf";
  }

  private static String scientific(double decades) {
    long exponent = (long) Math.floor(decades);
    double mantissa = Math.pow(10, decades - exponent);
    if (mantissa >= 9.995) {
      mantissa = 1;
      exponent++;
    }
    return fixed(mantissa, 2) + "e" + exponent;
  }

  private static String plain(double x) {
    int digits = x >= 99.95 ? 0 : x >= 9.995 ? 1 : x >= .9995 ? 2 : x >= .09995 ? 3 : 4;
    return fixed(x, digits);
  }

  /// That many decimals, never `-0.00`.
  public static String fixed(double x, int decimals) {
    if (!Double.isFinite(x)) {
      return notFinite(x);
    }
    String s = String.format(Locale.ROOT, "%." + decimals + "f", x);
    return s.startsWith("-") && s.matches("-[0.]+") ? s.substring(1) : s;
  }

  /// That many decimals with a sign, never `-0.0`.
  public static String signed(double x, int decimals) {
    String s = fixed(x, decimals);
    return s.startsWith("-") ? s : "+" + s;
  }

  /// At most that many significant digits, none of them an idle zero: `0.2`, `1.5925`, `1.5e-8`,
  /// `64`. Python and JSON read it back.
  public static String significant(double x, int digits) {
    if (!Double.isFinite(x)) {
      return notFinite(x);
    }
    BigDecimal d = new BigDecimal(x).round(new MathContext(digits)).stripTrailingZeros();
    int exponent = d.precision() - d.scale() - 1;
    if (d.signum() == 0) {
      return "0";
    }
    if (exponent >= -5 && exponent < Math.max(digits, 6)) {
      return d.toPlainString();
    }
    return d.movePointLeft(exponent).toPlainString() + "e" + exponent;
  }

  /// The shortest decimal that stands for this number, as float where it is one: the slope that a
  /// file holds as the float 0.2 is `0.2`, not `0.20000000298023224`. Whole numbers have no point.
  public static String shortest(double x) {
    if (x == Math.rint(x) && Math.abs(x) < WHOLE) {
      return Long.toString((long) x);
    }
    return x == (float) x ? Float.toString((float) x) : Double.toString(x);
  }

  /// A share of a whole: `0%`, `0.025%`, `3.5%`, `50%`, `99.97%`. What is neither nothing nor all
  /// never looks as if it were.
  public static String percent(double share) {
    double p = 100 * share;
    if (!Double.isFinite(p)) {
      return notFinite(p);
    }
    if (p > 99 && p < 100) {
      return significant(Math.min(p, 99.99), 4) + "%";
    }
    return (p >= 9.95 || p <= 0 ? fixed(p, 0) : p >= 0.95 ? fixed(p, 1) : significant(p, 2)) + "%";
  }

  /// Bytes in a second, in the unit that leaves three digits: `12.3 MB/s`, `4.56 GB/s`; never `0.00
  /// GB/s`.
  public static String rate(double bytesPerSecond) {
    return scaled(bytesPerSecond) + "B/s";
  }

  /// Three digits and a prefix: `950 `, `1.23 k`, `45.6 M`.
  private static String scaled(double x) {
    if (!Double.isFinite(x) || x < 0) {
      return notFinite(x) + " ";
    }
    int u = 0;
    double y = x;
    while (y >= 999.5 && u + 1 < MULTIPLES.length) {
      y /= 1000;
      u++;
    }
    return (u == 0 ? fixed(y, 0) : of(y)) + " " + MULTIPLES[u];
  }
}
