package org.fanin.audit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.fanin.tensor.DType;

/// Elements of a floating type as numbers, in bulk.
///
/// Types of at most 16 bits have so few values that counting them says everything: the count of
/// every bit pattern is the histogram, and the moments follow from it exactly. Wider types are
/// binned by the upper half of their f32 pattern: sign, exponent and seven bits, 128 bins an
/// octave.
abstract sealed class Codec {
  static final int BINS = 1 << 16;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Elements handled at a time: they stay in the first-level cache.
  private static final int CHUNK = 4096;

  final int bytes;

  private Codec(int bytes) {
    this.bytes = bytes;
  }

  /// @return null for a type that is not floating
  static Codec of(DType type) {
    return switch (type) {
      case F32 -> Single.ONLY;
      case F64 -> Wide.ONLY;
      case F16, BF16 -> type == DType.F16 ? Few.F16 : Few.BF16;
      case F8E4M3 -> Few.E4M3;
      case F8E5M2 -> Few.E5M2;
      case I8, I16, I32, I64, U8, U16, U32, U64, BOOL, OTHER -> null;
    };
  }

  /// Half a unit in the last place, relative: how far rounding may have moved an element.
  static double roundoff(DType type) {
    return switch (type) {
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case F8E4M3 -> 0x1p-4;
      case F8E5M2 -> 0x1p-3;
      case F32, F64, I8, I16, I32, I64, U8, U16, U32, U64, BOOL, OTHER -> 0x1p-24;
    };
  }

  /// Smallest number above 0.
  static double tiniest(DType type) {
    return switch (type) {
      case F16 -> 0x1p-24;
      case BF16 -> 0x1p-133;
      case F8E4M3 -> 0x1p-9;
      case F8E5M2 -> 0x1p-16;
      case F32 -> Float.MIN_VALUE;
      case F64 -> Double.MIN_VALUE;
      case I8, I16, I32, I64, U8, U16, U32, U64, BOOL, OTHER -> 0;
    };
  }

  /// Adds the elements to the tally and to the histogram.
  abstract void count(MemorySegment span, Tally tally, int[] histogram);

  abstract double at(MemorySegment span, long i);

  void copy(MemorySegment span, long first, float[] to, int offset, int count) {
    for (int i = 0; i < count; i++) {
      to[offset + i] = (float) at(span, first + i);
    }
  }

  /// The smallest |w| that is above bin `k`; bins are numbered as if all signs were positive.
  abstract double edge(int k);

  /// Number of bins of one sign: those of the other follow.
  abstract int half();

  /// Index of the first element that is no number, or −1.
  long firstBad(MemorySegment span) {
    long n = span.byteSize() / bytes;
    for (long i = 0; i < n; i++) {
      if (!Double.isFinite(at(span, i))) {
        return i;
      }
    }
    return -1;
  }

  /// Types of at most 16 bits.
  private static final class Few extends Codec {
    static final Few F16 = new Few(DType.F16);
    static final Few BF16 = new Few(DType.BF16);
    static final Few E4M3 = new Few(DType.F8E4M3);
    static final Few E5M2 = new Few(DType.F8E5M2);

    private final float[] values;

    Few(DType type) {
      super(type.bytes());
      values = new float[1 << (8 * type.bytes())];
      byte[] pattern = new byte[2];
      for (int i = 0; i < values.length; i++) {
        pattern[0] = (byte) i;
        pattern[1] = (byte) (i >> 8);
        var bits = MemorySegment.ofArray(pattern).asSlice(0, type.bytes());
        values[i] =
            (float) org.fanin.tensor.Tensor.of(type, org.fanin.tensor.Shape.of(1), bits).at(0);
      }
    }

    @Override
    void count(MemorySegment span, Tally tally, int[] histogram) {
      if (bytes == 1) {
        countBytes(span, histogram);
      } else {
        countShorts(span, histogram);
      }
      for (int i = 0; i < values.length; i++) {
        if (histogram[i] != 0) {
          tally.add(values[i], histogram[i]);
        }
      }
    }

    private static void countShorts(MemorySegment span, int[] histogram) {
      short[] chunk = new short[CHUNK];
      long n = span.byteSize() / 2;
      for (long at = 0; at < n; at += CHUNK) {
        int m = (int) Math.min(CHUNK, n - at);
        MemorySegment.copy(span, SHORT, at * 2, chunk, 0, m);
        for (int i = 0; i < m; i++) {
          histogram[chunk[i] & 0xffff]++;
        }
      }
    }

    private static void countBytes(MemorySegment span, int[] histogram) {
      long n = span.byteSize();
      for (long i = 0; i < n; i++) {
        histogram[span.get(ValueLayout.JAVA_BYTE, i) & 0xff]++;
      }
    }

    @Override
    double at(MemorySegment span, long i) {
      return bytes == 1
          ? values[span.get(ValueLayout.JAVA_BYTE, i) & 0xff]
          : values[span.get(SHORT, i * 2) & 0xffff];
    }

    /// Rounding to nearest: the cell of a value ends half-way to the next.
    @Override
    double edge(int k) {
      double next = k + 1 < half() ? values[k + 1] : Double.POSITIVE_INFINITY;
      return Double.isFinite(next) ? 0.5 * ((double) values[k] + next) : 2.0 * values[k];
    }

    @Override
    int half() {
      return values.length / 2;
    }
  }

  /// What f32 and f64 share: bins by the upper half of the f32 pattern.
  abstract static sealed class Binned extends Codec {
    private Binned(int bytes) {
      super(bytes);
    }

    @Override
    double edge(int k) {
      return Float.intBitsToFloat((k + 1) << 16);
    }

    @Override
    int half() {
      return BINS / 2;
    }

    /// The chunk again, element by element: some are no numbers.
    static void slowly(double[] chunk, int m, Tally tally) {
      for (int i = 0; i < m; i++) {
        tally.add(chunk[i], 1);
      }
    }
  }

  private static final class Single extends Binned {
    static final Single ONLY = new Single();

    Single() {
      super(4);
    }

    @Override
    void count(MemorySegment span, Tally tally, int[] histogram) {
      float[] chunk = new float[CHUNK];
      long n = span.byteSize() / 4;
      for (long at = 0; at < n; at += CHUNK) {
        int m = (int) Math.min(CHUNK, n - at);
        MemorySegment.copy(span, FLOAT, at * 4, chunk, 0, m);
        bins(chunk, m, histogram);
        sums(chunk, m, tally);
      }
    }

    private static void bins(float[] x, int m, int[] histogram) {
      for (int i = 0; i < m; i++) {
        histogram[Float.floatToRawIntBits(x[i]) >>> 16]++;
      }
    }

    /// Four independent chains hide the latency of the additions.
    private static void sums(float[] x, int m, Tally tally) {
      double a0 = 0, a1 = 0, a2 = 0, a3 = 0;
      double b0 = 0, b1 = 0, b2 = 0, b3 = 0;
      double c0 = 0, c1 = 0, c2 = 0, c3 = 0;
      int i = 0;
      for (; i + 3 < m; i += 4) {
        double w0 = x[i], w1 = x[i + 1], w2 = x[i + 2], w3 = x[i + 3];
        a0 += w0;
        a1 += w1;
        a2 += w2;
        a3 += w3;
        double q0 = w0 * w0, q1 = w1 * w1, q2 = w2 * w2, q3 = w3 * w3;
        b0 += q0;
        b1 += q1;
        b2 += q2;
        b3 += q3;
        c0 += q0 * q0;
        c1 += q1 * q1;
        c2 += q2 * q2;
        c3 += q3 * q3;
      }
      for (; i < m; i++) {
        double q = (double) x[i] * x[i];
        a0 += x[i];
        b0 += q;
        c0 += q * q;
      }
      double s2 = (b0 + b1) + (b2 + b3);
      if (!Double.isFinite(s2)) {
        double[] wide = new double[m];
        for (int k = 0; k < m; k++) {
          wide[k] = x[k];
        }
        slowly(wide, m, tally);
        return;
      }
      tally.sum += (a0 + a1) + (a2 + a3);
      tally.sum2 += s2;
      tally.sum4 += (c0 + c1) + (c2 + c3);
      tally.count += m;
      extremes(x, m, tally);
    }

    private static void extremes(float[] x, int m, Tally tally) {
      float lo = Float.POSITIVE_INFINITY;
      float hi = Float.NEGATIVE_INFINITY;
      int zeros = 0;
      for (int i = 0; i < m; i++) {
        lo = Math.min(lo, x[i]);
      }
      for (int i = 0; i < m; i++) {
        hi = Math.max(hi, x[i]);
      }
      for (int i = 0; i < m; i++) {
        zeros += x[i] == 0 ? 1 : 0;
      }
      tally.min = Math.min(tally.min, lo);
      tally.max = Math.max(tally.max, hi);
      tally.zeros += zeros;
    }

    @Override
    double at(MemorySegment span, long i) {
      return span.get(FLOAT, i * 4);
    }
  }

  private static final class Wide extends Binned {
    static final Wide ONLY = new Wide();

    Wide() {
      super(8);
    }

    @Override
    void count(MemorySegment span, Tally tally, int[] histogram) {
      double[] chunk = new double[CHUNK];
      long n = span.byteSize() / 8;
      for (long at = 0; at < n; at += CHUNK) {
        int m = (int) Math.min(CHUNK, n - at);
        MemorySegment.copy(span, DOUBLE, at * 8, chunk, 0, m);
        for (int i = 0; i < m; i++) {
          histogram[Float.floatToRawIntBits((float) chunk[i]) >>> 16]++;
        }
        slowly(chunk, m, tally);
      }
    }

    @Override
    double at(MemorySegment span, long i) {
      return span.get(DOUBLE, i * 8);
    }
  }
}
