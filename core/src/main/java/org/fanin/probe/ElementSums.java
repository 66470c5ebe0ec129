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

  private static final int BIAS = 1023;
  private static final int TOP = 2047;

  /// Outside these exponents squares or their sums may leave the doubles' range.
  private static final int SAFE = 480;

  double sum;
  double squares;
  long count;
  private long subnormal;
  private final int[] even = new int[TOP + 1];
  private final int[] odd = new int[TOP + 1];
  private final long[] binades = new long[TOP + 1];

  void add(double[] x, int n) {
    double s0 = 0;
    double s1 = 0;
    double q0 = 0;
    double q1 = 0;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      double a = x[i];
      double b = x[i + 1];
      s0 += a;
      s1 += b;
      q0 += a * a;
      q1 += b * b;
      // Two histograms: counting twice in a row in one place would wait for the store.
      even[(int) (Double.doubleToRawLongBits(a) >>> 52) & TOP]++;
      odd[(int) (Double.doubleToRawLongBits(b) >>> 52) & TOP]++;
    }
    if (i < n) {
      s0 += x[i];
      q0 += x[i] * x[i];
      even[(int) (Double.doubleToRawLongBits(x[i]) >>> 52) & TOP]++;
    }
    sum += s0 + s1;
    squares += q0 + q1;
    count += n;
    if (even[0] + odd[0] > 0) {
      countSubnormals(x, n);
    }
    if (count > Integer.MAX_VALUE / 4) {
      drain();
    }
  }

  private void countSubnormals(double[] x, int n) {
    int zeros = 0;
    int low = 0;
    for (int i = 0; i < n; i++) {
      zeros += x[i] == 0 ? 1 : 0;
      low += Math.abs(x[i]) < Double.MIN_NORMAL ? 1 : 0;
    }
    subnormal += low - zeros;
  }

  private void drain() {
    for (int e = 0; e <= TOP; e++) {
      binades[e] += (long) even[e] + odd[e];
    }
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
  }

  private long in(int e) {
    return binades[e] + even[e] + odd[e];
  }

  long zeros() {
    return in(0) - subnormal;
  }

  long nonFinite() {
    return in(TOP);
  }

  /// Whether Σx² is to be trusted: no element so large or so small that its square is lost.
  boolean safe() {
    Reading.Range r = range();
    return r.largest() == Integer.MIN_VALUE || r.largest() < SAFE && r.largest() > -SAFE;
  }

  Reading.Range range() {
    long all = 0;
    int largest = Integer.MIN_VALUE;
    for (int e = 1; e < TOP; e++) {
      long n = in(e);
      if (n > 0) {
        all += n;
        largest = e - BIAS + 1;
      }
    }
    all += subnormal;
    if (all == 0) {
      return Reading.Range.EMPTY;
    }
    return new Reading.Range(
        below(FP16_UNDER) / (double) all,
        from(FP16_OVER) / (double) all,
        below(BF16_UNDER) / (double) all,
        from(BF16_OVER) / (double) all,
        below(E4M3_UNDER) / (double) all,
        from(E4M3_OVER) / (double) all,
        below(E5M2_UNDER) / (double) all,
        from(E5M2_OVER) / (double) all,
        largest == Integer.MIN_VALUE ? 1 - BIAS : largest,
        quantile(0.01 * all));
  }

  private long below(int power) {
    long n = subnormal;
    for (int e = 1; e < power + BIAS; e++) {
      n += in(e);
    }
    return n;
  }

  private long from(int power) {
    long n = 0;
    for (int e = power + BIAS; e < TOP; e++) {
      n += in(e);
    }
    return n;
  }

  private int quantile(double wanted) {
    long n = subnormal;
    int e = 1;
    while (e < TOP && n + in(e) <= wanted) {
      n += in(e++);
    }
    return e - BIAS;
  }
}
