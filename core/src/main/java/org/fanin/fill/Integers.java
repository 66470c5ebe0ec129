package org.fanin.fill;

import java.lang.foreign.MemorySegment;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// A tensor of whole numbers, all the same.
record Integers(long value, DType dtype, long count) implements TensorFill {
  /// @throws IllegalArgumentException for a value that the type has not
  static Integers of(double value, DType dtype, Shape shape) {
    long low = unsigned(dtype) ? 0 : -1L << 8 * dtype.bytes() - 1;
    double high = dtype == DType.BOOL ? 1 : Math.scalb(1.0, bits(dtype)) - 1;
    if (value != Math.rint(value) || value < low || value > high || value >= 0x1p63) {
      throw new IllegalArgumentException("the constant " + value + " in a tensor of " + dtype);
    }
    return new Integers((long) value, dtype, shape.count());
  }

  private static boolean unsigned(DType dtype) {
    return switch (dtype) {
      case U8, U16, U32, U64, BOOL -> true;
      case F32, F64, F16, BF16, F8E4M3, F8E5M2, I8, I16, I32, I64, OTHER -> false;
    };
  }

  private static int bits(DType dtype) {
    return 8 * dtype.bytes() - (unsigned(dtype) ? 0 : 1);
  }

  @Override
  public int elementBytes() {
    return dtype.bytes();
  }

  @Override
  public void write(long first, MemorySegment out) {
    int size = dtype.bytes();
    long n = out.byteSize() / size;
    if (n * size != out.byteSize() || first < 0 || n > count - first) {
      throw new IllegalArgumentException(
          out.byteSize() + " bytes from element " + first + " on, of " + count);
    }
    for (long i = 0; i < out.byteSize(); i++) {
      out.set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, (byte) (value >> 8 * (i % size)));
    }
  }

  @Override
  public void close() {}
}
