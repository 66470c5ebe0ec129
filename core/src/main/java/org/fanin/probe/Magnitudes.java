package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.IntToLongFunction;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Zeros, what is not finite, the largest, and what low precision would lose. Elements become
/// [Words], so that every question is a comparison of integers, which the compiler turns into
/// vectors; counting into the slots of a histogram it cannot. What lies below a power of two is
/// counted among [#SAMPLE] elements spread over a larger tensor; everything else is exact. Not for
/// several threads.
final class Magnitudes {
  /// Elements of one block.
  static final int BLOCK = 2048;

  /// Elements that shares below a limit are told from, at most: 1% ± .22%.
  static final int SAMPLE = 2048;

  /// log₂ of what fp16 rounds to 0, half its smallest subnormal, and of the power of two above its
  /// largest number (IEEE 754 binary16).
  static final int FP16_UNDER = -25;

  static final int FP16_OVER = 16;

  /// What formats round to 0 at most: fp16, bf16, E4M3, E5M2 (IEEE 754; OCP FP8 2023). The half
  /// goes to the even neighbour, 0.
  private static final double[] UNDER = {0x1p-25, 0x1p-134, 0x1p-10, 0x1p-17};

  /// What they round beyond their largest number, half a step above it. The half goes to the even
  /// neighbour: to ∞, but in E4M3 back to 448.
  private static final double[] OVER = {65520, 0x1.ffp127, 464, 61440};

  private static final boolean[] OVER_IS_BEYOND = {false, false, true, false};

  /// Elements next to one another in the sample.
  private static final int RUN = 64;

  private static final int RUNS = SAMPLE / RUN;

  /// A sample with fewer nonzero elements is not enough.
  private static final int ENOUGH = SAMPLE / 8;

  /// Outside these exponents squares or their sums may leave the doubles' range.
  private static final int SAFE = 480;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int[] block = new int[BLOCK];
  private final int[] sample = new int[SAMPLE];
  private final long[] raw = new long[BLOCK];
  private final long[] rawSample = new long[SAMPLE];
  private final double[] reals = new double[BLOCK];
  private Tensor of = Tensor.ofDoubles(Shape.of(0));

  private boolean single;
  private Words words = Words.DOUBLE;

  /// Of the sample, all elements when they are few.
  private int sampled;

  /// What elements are multiplied with in answers about a range.
  private double by = 1;

  /// How far below the largest element the search for the 1% quantile begins: where the last one
  /// ended, as tensors are like those beside them. 1% of N(0, σ²) lie below .0125 σ, and the
  /// largest of 2,048 at 3.5 σ.
  private int depth = 9;

  private int largest;
  private long zeros;
  private long nonFinite;

  /// Makes a contiguous tensor the one that [#outside] and [#word] are about.
  void take(Tensor t) {
    of = t;
    by = 1;
    single = t.dtype() == DType.F32;
    words = single ? Words.SINGLE : Words.DOUBLE;
  }

  /// Looks at the elements of a contiguous tensor; the answers hold until the next call.
  void count(Tensor t) {
    take(t);
    largest = 0;
    zeros = 0;
    nonFinite = 0;
    sampled = (int) Math.min(SAMPLE, t.count());
    if (t.count() <= SAMPLE) {
      read(0, sampled, sample, 0);
      add(sample, sampled);
      return;
    }
    int run = 0;
    for (long at = 0; at < t.count(); at += BLOCK) {
      int n = (int) Math.min(BLOCK, t.count() - at);
      bits(at, n, block, 0);
      run = sample(at, n, run);
      if (single) {
        add(block, n);
      } else {
        add(raw, n);
      }
    }
    words(rawSample, sample, 0, SAMPLE);
  }

  /// Takes the runs of the sample that begin in the block of n elements from `at` on.
  ///
  /// @param run the first of them
  /// @return the first of the next block
  private int sample(long at, int n, int run) {
    long apart = (of.count() - RUN) / (RUNS - 1);
    int r = run;
    for (; r < RUNS && r * apart < at + n; r++) {
      int from = (int) Math.min(r * apart - at, n - RUN);
      if (single) {
        System.arraycopy(block, from, sample, r * RUN, RUN);
      } else {
        System.arraycopy(raw, from, rawSample, r * RUN, RUN);
      }
    }
    return r;
  }

  /// @param bits words, or floats' bits
  private void add(int[] bits, int n) {
    int none = 0;
    int most = 0;
    // Both in one loop: the largest alone the compiler would not find in vectors.
    for (int i = 0; i < n; i++) {
      int word = bits[i] & Integer.MAX_VALUE;
      none += (word - 1) >>> 31;
      most = Math.max(most, word);
    }
    zeros += none;
    if (most >= infinity()) {
      words(raw, bits, 0, n);
      most = finite(bits, n);
    }
    largest = Math.max(largest, most);
  }

  /// @param bits of doubles
  private void add(long[] bits, int n) {
    long none = 0;
    long most = 0;
    for (int i = 0; i < n; i++) {
      long x = bits[i] & Long.MAX_VALUE;
      none += (x - 1) >>> 63;
      most = Math.max(most, x);
    }
    zeros += none;
    int word = Words.ofBits(most);
    if (word >= infinity()) {
      words(raw, block, 0, n);
      word = finite(block, n);
    }
    largest = Math.max(largest, word);
  }

  /// Counts what is not finite; the largest word of what is.
  private int finite(int[] words, int n) {
    int infinity = infinity();
    nonFinite += n - under(words, n, infinity);
    int most = 0;
    for (int i = 0; i < n; i++) {
      most = words[i] < infinity ? Math.max(most, words[i]) : most;
    }
    return most;
  }

  // ---- words ----

  /// Words of the elements from `at` on and before `end`, as many as a block holds.
  ///
  /// @return how many
  private int block(long at, long end) {
    int n = (int) Math.min(BLOCK, end - at);
    read(at, n, block, 0);
    return n;
  }

  /// Words of elements [at, at + n), to `words` from `to` on.
  private void read(long at, int n, int[] words, int to) {
    bits(at, n, words, to);
    words(raw, words, to, n);
  }

  /// Bits of elements [at, at + n): of floats to `words`, of doubles to `raw`, from `to` on.
  private void bits(long at, int n, int[] words, int to) {
    if (single) {
      MemorySegment.copy(of.bytes(), INT, at * 4, words, to, n);
    } else if (of.dtype() == DType.F64) {
      MemorySegment.copy(of.bytes(), LONG, at * 8, raw, to, n);
    } else {
      of.read(at, reals, n);
      for (int i = 0; i < n; i++) {
        raw[to + i] = Double.doubleToRawLongBits(reals[i]);
      }
    }
  }

  /// Makes bits words.
  ///
  /// @param raw doubles' bits
  private void words(long[] raw, int[] words, int from, int n) {
    if (single) {
      for (int i = from; i < from + n; i++) {
        words[i] &= Integer.MAX_VALUE;
      }
      return;
    }
    for (int i = from; i < from + n; i++) {
      // The upper half decides between powers of two; whether it is 0, the lower half does too.
      int low = (int) raw[i];
      words[i] = ((int) (raw[i] >>> 32) & Integer.MAX_VALUE) | ((low | -low) >>> 31);
    }
  }

  /// The word from which on elements are not below a limit of a format. Its lower half is 0, its
  /// upper half even: what is above it has a larger word.
  private int edge(double limit, boolean beyond) {
    return word(limit / by) + (beyond ? 1 : 0);
  }

  /// The word from which on elements, times [#by], are not below 2^k.
  private int power(int k) {
    return by == 1 ? words.power(k) : Math.max(1, word(Math.scalb(1 / by, k)));
  }

  /// k of 2^k ≤ |x| < 2^(k + 1) for an element times [#by].
  private int scaled(int word) {
    if (by == 1) {
      return words.exponent(word);
    }
    return Math.getExponent(words.value(word) * by);
  }

  private static int under(int[] words, int n, int limit) {
    int c = 0;
    for (int i = 0; i < n; i++) {
      c += (words[i] - limit) >>> 31;
    }
    return c;
  }

  private int infinity() {
    return words.power(Integer.MAX_VALUE);
  }

  // ---- answers ----

  /// The word of an element x ≥ 0.
  int word(double x) {
    return words.of(x);
  }

  /// How many of the elements [from, to) have a word up to `low`, or from `high` on.
  long outside(long from, long to, int low, int high) {
    long inside = 0;
    for (long at = from; at < to; at += BLOCK) {
      int n = block(at, to);
      inside += under(block, n, high) - (low < 0 ? 0 : under(block, n, low + 1));
    }
    return to - from - inside;
  }

  long zeros() {
    return zeros;
  }

  /// Zeros among the elements [from, to).
  ///
  /// @param marks by blocks of [#BLOCK]: those of elements that are not zero become something else
  ///   than 0; null for none
  long zeros(long from, long to, int[][] marks) {
    if (of.count() <= SAMPLE) {
      return zeros(sample, (int) from, (int) (to - from), marks == null ? null : marks[0]);
    }
    long none = 0;
    int k = 0;
    for (long at = from; at < to; at += BLOCK) {
      none += zeros(block, 0, block(at, to), marks == null ? null : marks[k++]);
    }
    return none;
  }

  /// Zeros among n words.
  private static int zeros(int[] words, int from, int n, int[] marks) {
    int none = 0;
    for (int i = 0; i < n; i++) {
      none += (words[from + i] - 1) >>> 31;
    }
    for (int i = 0; marks != null && i < n; i++) {
      marks[i] |= words[from + i];
    }
    return none;
  }

  /// How many marks are 0.
  static int unmarked(int[] marks) {
    return under(marks, marks.length, 1);
  }

  long nonFinite() {
    return nonFinite;
  }

  /// Whether Σx² is to be trusted: no element so large or so small that its square is lost.
  boolean safe() {
    return largest == 0 || Math.abs(words.exponent(largest)) < SAFE;
  }

  /// Power of two just above the largest magnitude.
  int largest() {
    return largest == 0 ? Integer.MIN_VALUE : words.exponent(largest) + 1;
  }

  /// @param by what the elements are multiplied with
  Reading.Range range(double by) {
    if (largest == 0) {
      return Reading.Range.EMPTY;
    }
    this.by = Math.abs(by);
    int none = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < sampled; i++) {
      none += (sample[i] - 1) >>> 31;
      // 0 becomes the largest.
      least = Math.min(least, (sample[i] - 1) & Integer.MAX_VALUE);
    }
    int finite = nonFinite == 0 ? sampled : under(sample, sampled, infinity());
    if (sampled < of.count() && finite - none < ENOUGH) {
      return range(this::underOfAll, of.count() - zeros - nonFinite, 1);
    }
    int zeros = none;
    return range(w -> under(sample, sampled, w) - zeros, finite - none, least + 1);
  }

  /// @param under how many of the nonzero finite elements that are counted lie below a word
  /// @param all how many these are
  /// @param smallest a word that none of them lies below
  private Reading.Range range(IntToLongFunction under, long all, int smallest) {
    double[] low = new double[UNDER.length];
    double[] high = new double[OVER.length];
    for (int i = 0; i < low.length; i++) {
      int from = edge(UNDER[i], true);
      low[i] = from <= smallest ? 0 : under.applyAsLong(from) / (double) all;
      high[i] = over(edge(OVER[i], OVER_IS_BEYOND[i]));
    }
    return new Reading.Range(
        low[0],
        high[0],
        low[1],
        high[1],
        low[2],
        high[2],
        low[3],
        high[3],
        scaled(largest) + 1,
        onePercent(under, 0.01 * all, scaled(smallest)),
        all);
  }

  /// Share of the nonzero finite elements from a word on.
  private double over(int edge) {
    if (largest < edge) {
      return 0;
    }
    return 1 - underOfAll(edge) / (double) (of.count() - zeros - nonFinite);
  }

  private long underOfAll(int edge) {
    long below = -zeros;
    for (long at = 0; at < of.count(); at += BLOCK) {
      int n = block(at, of.count());
      below += under(block, n, edge);
    }
    return below;
  }

  /// The largest power of two below which `wanted` of the nonzero elements lie at most; no less
  /// than that of the smallest.
  private int onePercent(IntToLongFunction under, double wanted, int lowest) {
    int from = lowest;
    int to = scaled(largest) + 1;
    int top = to;
    int first = top - depth;
    while (to - from > 1) {
      int k = first > from && first < to ? first : (from + to) >> 1;
      if (under.applyAsLong(power(k)) <= wanted) {
        from = k;
        first++;
      } else {
        to = k;
        first--;
      }
    }
    depth = top - from;
    return from;
  }
}
