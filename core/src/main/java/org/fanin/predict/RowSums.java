package org.fanin.predict;

/// Sums over the elements of a matrix that comes row by row: powers, largest magnitude, sums and
/// squares of each row and column, hashes of the rows. All in one loop, for HotSpot's quick
/// compiler neither unrolls nor makes vectors of several.
///
/// A row's hash is Σ key_j·bits_j modulo 2^64, a universal family (Carter & Wegman 1979) with fixed
/// odd keys: two different rows share one with a probability of 2^-35 at most.
final class RowSums {
  private static final int KEYS = 1024;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /// Mantissa bits that a double has and a float has not.
  private static final int BELOW_FLOAT = 29;

  private static final long[] KEY = keys();

  private final boolean wide;
  private double sum;
  private double sum2;
  private double sum4;
  private double largest;

  final double[] columns;
  final double[] columnSquares;

  /// Of the rows taken so far.
  final double[] rowSums;

  final double[] rowSquares;
  private final long[] hashes;
  private int taken;

  /// @param wide whether elements have more bits than a float
  RowSums(int rows, int length, boolean wide) {
    this.columns = new double[length];
    this.columnSquares = new double[length];
    this.rowSums = new double[rows];
    this.rowSquares = new double[rows];
    this.hashes = new long[rows];
    this.wide = wide;
  }

  private static long[] keys() {
    long[] k = new long[KEYS];
    for (int i = 0; i < KEYS; i++) {
      k[i] = mixed((i + 1) * GOLDEN) | 1;
    }
    return k;
  }

  /// The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
  private static long mixed(long z) {
    long y = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    y = (y ^ y >>> 27) * 0x94D049BB133111EBL;
    return y ^ y >>> 31;
  }

  /// Takes `n` rows of `length` elements.
  void add(double[] x, int n, int length) {
    long[] key = KEY;
    double[] column = columns;
    double[] columnSquare = columnSquares;
    double top = largest * largest;
    for (int r = 0; r < n; r++) {
      int at = r * length;
      double s = 0;
      double s2 = 0;
      double s4 = 0;
      long h = 17;
      for (int from = 0; from < length; from += KEYS) {
        int m = Math.min(KEYS, length - from);
        long part = 0;
        for (int j = 0; j < m; j++) {
          double v = x[at + from + j];
          double q = v * v;
          s += v;
          s2 += q;
          s4 += q * q;
          column[from + j] += v;
          columnSquare[from + j] += q;
          part += key[j] * (Double.doubleToRawLongBits(v) >>> BELOW_FLOAT);
          if (q > top) {
            top = q;
            largest = Math.abs(v);
          }
        }
        h = mixed(h) + part + (wide ? lower(x, at + from, m) : 0);
      }
      sum += s;
      sum2 += s2;
      sum4 += s4;
      rowSums[taken] = s;
      rowSquares[taken] = s2;
      hashes[taken++] = h;
    }
  }

  private static long lower(double[] x, int at, int n) {
    long h = 0;
    for (int j = 0; j < n; j++) {
      h += KEY[KEYS - 1 - j] * (Double.doubleToRawLongBits(x[at + j]) & (1L << BELOW_FLOAT) - 1);
    }
    return h;
  }

  /// Starts again with the first row; sums stay.
  void rewind() {
    taken = 0;
  }

  boolean isFinite() {
    return Math.abs(sum) <= Double.MAX_VALUE && sum2 <= Double.MAX_VALUE;
  }

  /// How many rows differ from one another.
  int distinct() {
    int bits = 64 - Long.numberOfLeadingZeros(2L * hashes.length);
    long[] table = new long[1 << bits];
    int distinct = 0;
    for (long h : hashes) {
      long entry = h == 0 ? GOLDEN : h;
      int at = (int) (entry * GOLDEN >>> 64 - bits);
      while (table[at] != 0 && table[at] != entry) {
        at = at + 1 & table.length - 1;
      }
      distinct += table[at] == 0 ? 1 : 0;
      table[at] = entry;
    }
    return distinct;
  }

  /// Of all elements, in order.
  long hash() {
    long h = 17;
    for (long r : hashes) {
      h = mixed(h) + r;
    }
    return h;
  }

  /// @param unit what the elements were divided by
  /// @param nonFinite elements that were taken as 0
  Sample.Stats stats(long count, double unit, long nonFinite) {
    double n = Math.max(1, count - nonFinite);
    double u2 = unit * unit;
    return new Sample.Stats(
        count, unit * sum / n, u2 * sum2 / n, u2 * u2 * sum4 / n, unit * largest, nonFinite);
  }
}
