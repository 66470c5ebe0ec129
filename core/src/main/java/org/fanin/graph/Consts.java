package org.fanin.graph;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Makes heap tensors of a wanted element type.
final class Consts {
  private Consts() {}

  /// @param type an integer type or BOOL; values are cut to its width
  static Tensor longs(DType type, Shape shape, long[] values) {
    ByteBuffer b = buffer(type, values.length);
    for (long v : values) {
      switch (type.bytes()) {
        case 1 -> b.put((byte) (type == DType.BOOL && v != 0 ? 1 : v));
        case 2 -> b.putShort((short) v);
        case 4 -> b.putInt((int) v);
        default -> b.putLong(v);
      }
    }
    return Tensor.of(type, shape, MemorySegment.ofBuffer(b.flip()));
  }

  /// @param type a float type; 8-bit floats are held as F32, which loses nothing
  static Tensor reals(DType type, Shape shape, double[] values) {
    DType held = type.bytes() == 1 ? DType.F32 : type;
    ByteBuffer b = buffer(held, values.length);
    for (double v : values) {
      switch (held) {
        case F64 -> b.putDouble(v);
        case F16 -> b.putShort(Float.floatToFloat16((float) v));
        case BF16 -> b.putShort(bfloat16((float) v));
        default -> b.putFloat((float) v);
      }
    }
    return Tensor.of(held, shape, MemorySegment.ofBuffer(b.flip()));
  }

  /// Round to nearest even on the upper half of a binary32.
  private static short bfloat16(float f) {
    if (Float.isNaN(f)) {
      return (short) 0x7fc0;
    }
    int bits = Float.floatToRawIntBits(f);
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  private static ByteBuffer buffer(DType type, int n) {
    return ByteBuffer.allocate(Math.multiplyExact(n, type.bytes())).order(ByteOrder.LITTLE_ENDIAN);
  }
}
