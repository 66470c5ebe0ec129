package org.fanin.formats;

import java.nio.charset.StandardCharsets;

/// Decimal numbers as they stand in tables: sign, digits, point, exponent. Nothing else that Java
/// would take (hexadecimal, suffixes, NaN, Infinity).
final class Decimal {
  /// Up to here integers are exact in a double, and so are powers of ten up to 10^22: their
  /// quotient is then rounded once (Clinger 1990).
  private static final long EXACT = 1L << 53;

  private static final double[] TENS = new double[23];

  static {
    double ten = 1;
    for (int i = 0; i < TENS.length; i++, ten *= 10) {
      TENS[i] = ten;
    }
  }

  private Decimal() {}

  /// @return NaN when the bytes are no number
  static double parse(byte[] b, int from, int to) {
    int i = from;
    boolean minus = i < to && b[i] == '-';
    if (i < to && (b[i] == '-' || b[i] == '+')) {
      i++;
    }
    long digits = 0;
    int count = 0;
    int behind = -1;
    for (; i < to && (b[i] >= '0' && b[i] <= '9' || b[i] == '.' && behind < 0); i++) {
      if (b[i] == '.') {
        behind = 0;
      } else {
        digits = digits < EXACT ? digits * 10 + (b[i] - '0') : EXACT;
        count++;
        behind += behind < 0 ? 0 : 1;
      }
    }
    if (count == 0 || i < to && b[i] != 'e' && b[i] != 'E') {
      return Double.NaN;
    }
    boolean quick = i == to && digits < EXACT && behind < TENS.length;
    if (quick) {
      double x = behind > 0 ? digits / TENS[behind] : digits;
      return minus ? -x : x;
    }
    return i == to || exponent(b, i + 1, to) ? slow(b, from, to) : Double.NaN;
  }

  private static boolean exponent(byte[] b, int from, int to) {
    int i = from < to && (b[from] == '-' || b[from] == '+') ? from + 1 : from;
    boolean any = i < to;
    for (; i < to; i++) {
      any &= b[i] >= '0' && b[i] <= '9';
    }
    return any;
  }

  private static double slow(byte[] b, int from, int to) {
    return Double.parseDouble(new String(b, from, to - from, StandardCharsets.ISO_8859_1));
  }
}
