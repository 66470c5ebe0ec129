package org.fanin.predict;

/// Hashes of the rows of a matrix: Σ key_j·bits_j modulo 2^64, a universal family (Carter & Wegman
/// 1979) with fixed odd keys, of which two different rows share one with a probability of 2^-35 at
/// most.
final class RowHashes {
  private static final int KEYS = 1024;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /// Mantissa bits that a double has and a float has not.
  private static final int BELOW_FLOAT = 29;

  private static final long[] KEY = keys();

  private final long[] rows;
  private final boolean wide;
  private int count;

  /// @param wide whether elements have more bits than a float
  RowHashes(int rows, boolean wide) {
    this.rows = new long[rows];
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

  void add(double[] x, int n, int length) {
    for (int r = 0; r < n; r++) {
      rows[count++] = hash(x, r * length, length);
    }
  }

  private long hash(double[] x, int at, int n) {
    long h = 17;
    for (int from = 0; from < n; from += KEYS) {
      int m = Math.min(KEYS, n - from);
      h = mixed(h) + upper(x, at + from, m) + (wide ? lower(x, at + from, m) : 0);
    }
    return h;
  }

  private static long upper(double[] x, int at, int n) {
    long[] key = KEY;
    long h = 0;
    for (int j = 0; j < n; j++) {
      h += key[j] * (Double.doubleToRawLongBits(x[at + j]) >>> BELOW_FLOAT);
    }
    return h;
  }

  private static long lower(double[] x, int at, int n) {
    long h = 0;
    for (int j = 0; j < n; j++) {
      h += KEY[KEYS - 1 - j] * (Double.doubleToRawLongBits(x[at + j]) & (1L << BELOW_FLOAT) - 1);
    }
    return h;
  }

  /// How many rows differ from one another.
  int distinct() {
    int bits = 64 - Long.numberOfLeadingZeros(2L * rows.length);
    long[] table = new long[1 << bits];
    int distinct = 0;
    for (long h : rows) {
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

  long all() {
    long h = 17;
    for (long r : rows) {
      h = mixed(h) + r;
    }
    return h;
  }
}
