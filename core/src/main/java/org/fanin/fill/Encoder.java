package org.fanin.fill;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.fanin.tensor.DType;

/// From values to the little-endian bytes of a floating type.
final class Encoder {
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final DType dtype;

  /// Whose bits decide stochastic rounding, 32 per element, addressed as the elements are; null for
  /// rounding to nearest.
  private final StreamKey dither;

  Encoder(DType dtype, StreamKey key, boolean stochastic) {
    this.dtype = dtype;
    this.dither = stochastic && dtype.bytes() < 4 ? key : null;
  }

  int bytes() {
    return dtype.bytes();
  }

  /// Scratch of one thread for one span.
  ///
  /// @param elements most that are written at once
  Buffer buffer(int elements) {
    return dtype == DType.F64 ? new Wide(elements) : new Narrow(elements);
  }

  /// Makes elements and writes them.
  sealed interface Buffer {
    void write(Values values, long first, int count, MemorySegment out, long at);
  }

  private final class Wide implements Buffer {
    private final double[] doubles;

    Wide(int elements) {
      doubles = new double[elements];
    }

    @Override
    public void write(Values values, long first, int count, MemorySegment out, long at) {
      values.read(first, doubles, 0, count);
      MemorySegment.copy(doubles, 0, out, DOUBLE, at, count);
    }
  }

  private final class Narrow implements Buffer {
    private final float[] floats;
    private final int[] random;
    private final short[] shorts;
    private final byte[] bytes;

    Narrow(int elements) {
      int padded = elements + 15 & ~15;
      floats = new float[padded];
      random = new int[dither == null ? 0 : padded];
      shorts = new short[dtype.bytes() == 2 ? padded : 0];
      bytes = new byte[dtype.bytes() == 1 ? padded : 0];
    }

    @Override
    public void write(Values values, long first, int count, MemorySegment out, long at) {
      if (dtype == DType.F32 && values.write(first, count, out, at)) {
        return;
      }
      values.read(first, floats, 0, count);
      if (dtype == DType.F32) {
        MemorySegment.copy(floats, 0, out, FLOAT, at, count);
        return;
      }
      if (dither == null) {
        nearest(count);
      } else {
        Words.read(dither, StreamKey.STOCHASTIC_ROUNDING, 0, first, random, count);
        stochastic(count);
      }
      if (dtype.bytes() == 2) {
        MemorySegment.copy(shorts, 0, out, SHORT, at, count);
      } else {
        MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, at, count);
      }
    }

    private void nearest(int count) {
      switch (dtype) {
        case BF16 -> {
          Arrays.fill(floats, count, count + 15 & ~15, 0);
          Kernels.best().bfloat(floats, shorts, count + 15 & ~15);
        }
        case F16 -> {
          for (int i = 0; i < count; i++) {
            shorts[i] = Rounding.f16(floats[i]);
          }
        }
        case F8E4M3 -> {
          for (int i = 0; i < count; i++) {
            bytes[i] = Rounding.e4m3(floats[i]);
          }
        }
        default -> {
          for (int i = 0; i < count; i++) {
            bytes[i] = Rounding.e5m2(floats[i]);
          }
        }
      }
    }

    private void stochastic(int count) {
      for (int i = 0; i < count; i++) {
        int r = random[i];
        switch (dtype) {
          case BF16 -> shorts[i] = Rounding.bf16(floats[i], r);
          case F16 -> shorts[i] = Rounding.f16(floats[i], r);
          case F8E4M3 -> bytes[i] = Rounding.e4m3(floats[i], r);
          default -> bytes[i] = Rounding.e5m2(floats[i], r);
        }
      }
    }
  }
}
