package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntToLongFunction;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// How many elements lie below powers of two: zeros, what is not finite, what low precision would
/// lose. Elements become 31-bit words that order as their magnitudes do, so that every question is
/// a comparison of integers, which the compiler turns into vectors; counting into the slots of a
/// histogram it cannot. The powers that low precision asks for are known beforehand, those next to
/// the 1% quantile are guessed from elements spread over the tensor; a wrong guess costs another
/// pass. Not for several threads.
final class Magnitudes {
  /// Elements of one block.
  static final int BLOCK = 2048;

  /// log₂ of what fp16 rounds to 0, half its smallest subnormal, and of the power of two above its
  /// largest number (IEEE 754 binary16).
  static final int FP16_UNDER = -25;

  static final int FP16_OVER = 16;

  /// What formats round to 0 at most, and what they round beyond their largest number, half a step
  /// above it: fp16, bf16, E4M3, E5M2 (IEEE 754; OCP FP8 2023). The half goes to the even
  /// neighbour: to 0, to ∞, but in E4M3 back to 448.
  private static final double[] FORMATS = {
    0x1p-25, 65520, 0x1p-134, 0x1.ffp127, 0x1p-10, 464, 0x1p-17, 61440
  };

  private static final boolean[] BELOW_TOO = {true, false, true, false, true, true, true, false};

  /// Powers of two next to one another that are counted around the guessed quantile.
  private static final int WINDOW = 3;

  /// A guess that has more than this share below it is more likely one too high than one too low:
  /// 1% over √2.
  private static final double UPPER = 0.007;

  /// Runs of a tensor that the guess is made from.
  private static final int RUNS = 16;

  private static final int SAMPLE = 1024;

  /// Outside these exponents squares or their sums may leave the doubles' range.
  private static final int SAFE = 480;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int[] words = new int[BLOCK];
  private final long[] raw = new long[BLOCK];
  private final double[] reals = new double[BLOCK];
  private final long[] below = new long[FORMATS.length + WINDOW];
  private final int[] limits = new int[FORMATS.length + WINDOW];
  private Tensor of = Tensor.ofDoubles(Shape.of(0));

  /// Words are floats' bits, or doubles' upper halves.
  private boolean single;

  /// Of the last block, by limit of the window.
  private final int[] under = new int[WINDOW];

  private int none;
  private int lo;
  private int hi;

  private int smallest;
  private int largest;
  private long zeros;
  private long nonFinite;

  /// Power of two at which the window begins.
  private int window;

  /// Counts the elements of a contiguous tensor; the answers hold until the next call.
  void count(Tensor t) {
    of = t;
    single = t.dtype() == DType.F32;
    smallest = Integer.MAX_VALUE;
    largest = 0;
    zeros = 0;
    nonFinite = 0;
    Arrays.fill(below, 0);
    window = t.count() > BLOCK ? guess() : Integer.MIN_VALUE;
    for (int i = 0; i < limits.length; i++) {
      limits[i] = i < FORMATS.length ? edge(i) : limit(window + i - FORMATS.length);
    }
    for (long at = 0; at < t.count(); at += BLOCK) {
      add(read(at, (int) Math.min(BLOCK, t.count() - at), 0));
    }
  }

  // ---- words ----

  /// Words of elements [at, at + n) to `words` from `to` on; returns where they end.
  private int read(long at, int n, int to) {
    if (single) {
      MemorySegment.copy(of.bytes(), INT, at * 4, words, to, n);
      for (int i = to; i < to + n; i++) {
        words[i] &= Integer.MAX_VALUE;
      }
      return to + n;
    }
    if (of.dtype() == DType.F64) {
      MemorySegment.copy(of.bytes(), LONG, at * 8, raw, 0, n);
    } else {
      of.read(at, reals, n);
      for (int i = 0; i < n; i++) {
        raw[i] = Double.doubleToRawLongBits(reals[i]);
      }
    }
    for (int i = 0; i < n; i++) {
      // The upper half decides between powers of two; whether it is 0, the lower half does too.
      int low = (int) raw[i];
      words[to + i] = ((int) (raw[i] >>> 32) & Integer.MAX_VALUE) | ((low | -low) >>> 31);
    }
    return to + n;
  }

  /// The word from which on elements are not below an edge. Its lower half is 0, its upper half
  /// even: what is above it has a larger word.
  private int edge(int i) {
    int word =
        single
            ? Float.floatToRawIntBits((float) FORMATS[i])
            : (int) (Double.doubleToRawLongBits(FORMATS[i]) >>> 32);
    return word + (BELOW_TOO[i] ? 1 : 0);
  }

  /// The word of 2^k; of the smallest number or of ∞ beyond the range.
  private int limit(int k) {
    if (single) {
      return k < -149 ? 1 : k < -126 ? 1 << (k + 149) : (Math.min(k, 128) + 127) << 23;
    }
    return k < -1022 ? 1 : (Math.min(k, 1024) + 1023) << 20;
  }

  /// k of 2^k ≤ |x| < 2^(k + 1); for subnormal doubles −1023.
  private int exponent(int word) {
    if (!single) {
      return (word >>> 20) - 1023;
    }
    return word >>> 23 > 0 ? (word >>> 23) - 127 : -118 - Integer.numberOfLeadingZeros(word);
  }

  private static int under(int[] w, int n, int limit) {
    int c = 0;
    for (int i = 0; i < n; i++) {
      c += (w[i] - limit) >>> 31;
    }
    return c;
  }

  /// Sets `none`, `lo` and `hi` to the zeros, the smallest word that is none, and the largest.
  private void scan(int n) {
    int[] w = words;
    int c = 0;
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int i = 0; i < n; i++) {
      c += (w[i] - 1) >>> 31;
      // 0 becomes the largest.
      least = Math.min(least, (w[i] - 1) & Integer.MAX_VALUE);
      most = Math.max(most, w[i]);
    }
    none = c;
    lo = least == Integer.MAX_VALUE ? least : least + 1;
    hi = most;
  }

  private void add(int n) {
    scan(n);
    zeros += none;
    int infinity = limit(Integer.MAX_VALUE);
    boolean whole = hi < infinity;
    if (!whole) {
      nonFinite += n - under(words, n, infinity);
      hi = finite(n, infinity);
    }
    smallest = Math.min(smallest, lo);
    largest = Math.max(largest, hi);
    if (limits[FORMATS.length + WINDOW - 1] > lo) {
      window(n);
    }
    for (int i = 0; i < FORMATS.length; i++) {
      int limit = limits[i];
      if (limit > lo) {
        below[i] += whole && limit > hi ? n - none : known(limit, n) - none;
      }
    }
  }

  /// How many lie below the three limits of the window, in one pass.
  private void window(int n) {
    int first = limits[FORMATS.length];
    int second = limits[FORMATS.length + 1];
    int third = limits[FORMATS.length + 2];
    int a = 0;
    int b = 0;
    int c = 0;
    int[] w = words;
    for (int i = 0; i < n; i++) {
      a += (w[i] - first) >>> 31;
      b += (w[i] - second) >>> 31;
      c += (w[i] - third) >>> 31;
    }
    under[0] = a;
    under[1] = b;
    under[2] = c;
    for (int i = 0; i < WINDOW; i++) {
      below[FORMATS.length + i] += under[i] - none;
    }
  }

  /// Words below a limit, which the window may just have counted.
  private int known(int limit, int n) {
    for (int i = 0; i < WINDOW; i++) {
      if (limits[FORMATS.length + i] == limit) {
        return under[i];
      }
    }
    return under(words, n, limit);
  }

  private int finite(int n, int infinity) {
    int hi = 0;
    for (int i = 0; i < n; i++) {
      hi = words[i] < infinity ? Math.max(hi, words[i]) : hi;
    }
    return hi;
  }

  // ---- answers ----

  long zeros() {
    return zeros;
  }

  /// Zeros among the elements [from, to).
  ///
  /// @param marks by blocks of [#BLOCK]: those of elements that are not zero become something else
  ///   than 0; null for none
  long zeros(long from, long to, int[][] marks) {
    long none = 0;
    int k = 0;
    for (long at = from; at < to; at += BLOCK) {
      int n = read(at, (int) Math.min(BLOCK, to - at), 0);
      none += under(words, n, 1);
      if (marks != null) {
        mark(marks[k++], n);
      }
    }
    return none;
  }

  private void mark(int[] marks, int n) {
    for (int i = 0; i < n; i++) {
      marks[i] |= words[i];
    }
  }

  long nonFinite() {
    return nonFinite;
  }

  /// Whether Σx² is to be trusted: no element so large or so small that its square is lost.
  boolean safe() {
    return largest == 0 || Math.abs(exponent(largest)) < SAFE;
  }

  /// Power of two just above the largest magnitude.
  int largest() {
    return largest == 0 ? Integer.MIN_VALUE : exponent(largest) + 1;
  }

  Reading.Range range() {
    double all = of.count() - zeros - nonFinite;
    if (all == 0) {
      return Reading.Range.EMPTY;
    }
    return new Reading.Range(
        below[0] / all,
        1 - below[1] / all,
        below[2] / all,
        1 - below[3] / all,
        below[4] / all,
        1 - below[5] / all,
        below[6] / all,
        1 - below[7] / all,
        largest(),
        onePercent(0.01 * all));
  }

  /// The largest power of two below which `wanted` of the nonzero elements lie at most.
  private int onePercent(double wanted) {
    int lo = exponent(smallest);
    int hi = largest();
    if (wanted < 1) {
      return lo;
    }
    if (of.count() <= BLOCK) {
      int n = (int) of.count();
      return search(k -> under(words, n, limit(k)) - zeros, wanted, lo, hi);
    }
    for (int i = 0; i < WINDOW; i++) {
      int k = window + i;
      if (below[FORMATS.length + i] <= wanted) {
        lo = Math.max(lo, k);
      } else {
        hi = Math.min(hi, k);
      }
    }
    return search(this::nonzeroUnder, wanted, lo, hi);
  }

  /// @param under how many lie below 2^k: at most `wanted` for `lo`, more for `hi`
  private static int search(IntToLongFunction under, double wanted, int lo, int hi) {
    int from = lo;
    int to = hi;
    while (to - from > 1) {
      int k = (from + to) >> 1;
      if (under.applyAsLong(k) <= wanted) {
        from = k;
      } else {
        to = k;
      }
    }
    return from;
  }

  private long nonzeroUnder(int k) {
    long c = -zeros;
    for (long at = 0; at < of.count(); at += BLOCK) {
      c += under(words, read(at, (int) Math.min(BLOCK, of.count() - at), 0), limit(k));
    }
    return c;
  }

  /// Where the window begins: around the 1% quantile of [#RUNS] runs of elements.
  private int guess() {
    int each = SAMPLE / RUNS;
    int n = 0;
    for (int r = 0; r < RUNS; r++) {
      n = read((of.count() - each) / (RUNS - 1) * r, each, n);
    }
    scan(n);
    if (hi == 0) {
      return 0;
    }
    int m = n;
    double wanted = 0.01 * (n - none);
    int k = search(j -> under(words, m, limit(j)) - none, wanted, exponent(lo), exponent(hi) + 1);
    return under(words, n, limit(k)) - none > UPPER * (n - none) ? k - 1 : k;
  }
}
