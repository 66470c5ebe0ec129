package org.fanin.probe;

import java.util.Arrays;

/// Sums over a run of elements: Σx, Σx², and how many lie in each power of two. Everything else
/// that a reading says about single elements follows from these. Not for several threads.
final class ElementSums {
  /// Below 2^k rounds to 0 / from 2^k on is ∞: half the smallest subnormal, and the power of two
  /// above the largest number (IEEE 754 binary16; bfloat16; OCP FP8 2023).
  static final int FP16_UNDER = -25;

  static final int FP16_OVER = 16;
  private static final int BF16_UNDER = -134;
  private static final int BF16_OVER = 128;
  private static final int E4M3_UNDER = -10;
  private static final int E4M3_OVER = 9;
  private static final int E5M2_UNDER = -17;
  private static final int E5M2_OVER = 16;

  private static final int WIDTH = 64;

  private static final int BIAS = 1023;
  private static final int TOP = 2047;

  /// Outside these exponents squares or their sums may leave the doubles' range.
  private static final int SAFE = 480;

  double sum;
  double squares;
  long count;
  private long subnormal;
  private final double[] sums = new double[WIDTH];
  private final double[] products = new double[WIDTH];
  private final int[] even = new int[TOP + 1];
  private final int[] odd = new int[TOP + 1];

  /// What the two have drained into; null before.
  private long[] binades;

  /// Adds x[from … from + n).
  void add(double[] x, int from, int n) {
    long low = even[0] + (long) odd[0];
    int end = from + n;
    int i = from;
    for (; i + WIDTH <= end; i += WIDTH) {
      // Sums side by side, which the compiler turns into vectors; one running sum it may not.
      for (int j = 0; j < WIDTH; j++) {
        double v = x[i + j];
        sums[j] += v;
        products[j] += v * v;
      }
    }
    for (; i < end; i++) {
      sum += x[i];
      squares += x[i] * x[i];
    }
    count(x, from, end);
    count += n;
    if (even[0] + (long) odd[0] > low) {
      subnormal += even[0] + (long) odd[0] - low - zeros(x, from, end);
    }
    if (count > Integer.MAX_VALUE / 4) {
      drain();
    }
  }

  /// Two histograms: counting twice in a row in one place would wait for the store.
  private void count(double[] x, int from, int end) {
    int i = from;
    for (; i + 1 < end; i += 2) {
      even[(int) (Double.doubleToRawLongBits(x[i]) >>> 52) & TOP]++;
      odd[(int) (Double.doubleToRawLongBits(x[i + 1]) >>> 52) & TOP]++;
    }
    if (i < end) {
      even[(int) (Double.doubleToRawLongBits(x[i]) >>> 52) & TOP]++;
    }
  }

  private static int zeros(double[] x, int from, int end) {
    int n = 0;
    for (int i = from; i < end; i++) {
      n += x[i] == 0 ? 1 : 0;
    }
    return n;
  }

  /// Ends a row: `sum` and `squares` are those of everything added since the last [#clear].
  void fold() {
    for (int j = 0; j < WIDTH; j++) {
      sum += sums[j];
      squares += products[j];
      sums[j] = 0;
      products[j] = 0;
    }
  }

  void clear() {
    sum = 0;
    squares = 0;
  }

  private void drain() {
    binades = binades == null ? new long[TOP + 1] : binades;
    for (int e = 0; e <= TOP; e++) {
      binades[e] += (long) even[e] + odd[e];
    }
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
  }

  private long in(int e) {
    return (binades == null ? 0 : binades[e]) + even[e] + odd[e];
  }

  long zeros() {
    return in(0) - subnormal;
  }

  long nonFinite() {
    return in(TOP);
  }

  /// Whether Σx² is to be trusted: no element so large or so small that its square is lost.
  boolean safe() {
    int hi = highest();
    return hi == 0 ? subnormal == 0 : hi - BIAS < SAFE && hi - BIAS > -SAFE;
  }

  /// Power of two just above the largest magnitude.
  int largest() {
    int hi = highest();
    return hi > 0 ? hi - BIAS + 1 : subnormal > 0 ? 1 - BIAS : Integer.MIN_VALUE;
  }

  private int highest() {
    int e = TOP - 1;
    while (e > 0 && in(e) == 0) {
      e--;
    }
    return e;
  }

  Reading.Range range() {
    int hi = highest();
    int lo = 1;
    while (lo < hi && in(lo) == 0) {
      lo++;
    }
    // at[i]: nonzero finite elements below 2^(lo + i − BIAS).
    long[] at = new long[hi - lo + 2];
    at[0] = subnormal;
    for (int e = lo; e <= hi; e++) {
      at[e - lo + 1] = at[e - lo] + in(e);
    }
    double all = at[at.length - 1];
    if (all == 0) {
      return Reading.Range.EMPTY;
    }
    return new Reading.Range(
        below(at, lo, FP16_UNDER) / all,
        1 - below(at, lo, FP16_OVER) / all,
        below(at, lo, BF16_UNDER) / all,
        1 - below(at, lo, BF16_OVER) / all,
        below(at, lo, E4M3_UNDER) / all,
        1 - below(at, lo, E4M3_OVER) / all,
        below(at, lo, E5M2_UNDER) / all,
        1 - below(at, lo, E5M2_OVER) / all,
        largest(),
        quantile(at, lo, 0.01 * all));
  }

  private static double below(long[] at, int lo, int power) {
    return at[Math.clamp(power + BIAS - lo, 0, at.length - 1)];
  }

  private static int quantile(long[] at, int lo, double wanted) {
    int i = 1;
    while (i < at.length - 1 && at[i] <= wanted) {
      i++;
    }
    return lo + i - 1 - BIAS;
  }
}
