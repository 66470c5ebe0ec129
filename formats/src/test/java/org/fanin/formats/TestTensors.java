package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.fanin.fill.TensorFill;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Tensors to be written whose every element depends on name and index alone. Counts the fills that
/// are open.
final class TestTensors {
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger mostOpen = new AtomicInteger();

  /// Bytes of element `i`, little-endian: a finite number for every floating type but F64, whose
  /// top bits are cleared too.
  static long element(String name, DType dtype, long i) {
    long z = (name.hashCode() * 0x9e3779b97f4a7c15L) ^ (i + 1) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 29)) * 0x94d049bb133111ebL;
    z ^= z >>> 32;
    return switch (dtype) {
      case F32 -> z & 0xbfffffffL;
      case F16, BF16 -> z & 0xbfff;
      case F64 -> z & 0xbfffffffffffffffL;
      case F8E4M3, F8E5M2 -> z & 0xbf;
      case BOOL -> z & 1;
      default -> z;
    };
  }

  TensorOut of(String name, DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    return new TensorOut(name, dtype, shape, () -> fill(name, dtype, shape.count()));
  }

  private TensorFill fill(String name, DType dtype, long count) {
    opened.incrementAndGet();
    mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
    return new Elements(count, dtype.bytes(), i -> element(name, dtype, i), open);
  }

  /// The values of a tensor that was read.
  static TensorOut again(String name, Tensor t) {
    AtomicInteger open = new AtomicInteger();
    return new TensorOut(
        name,
        t.dtype(),
        t.shape(),
        () -> new Elements(t.count(), t.dtype().bytes(), i -> bits(t, i), open));
  }

  private static long bits(Tensor t, long i) {
    return switch (t.dtype()) {
      case F32 -> Float.floatToRawIntBits((float) t.at(i));
      case F64 -> Double.doubleToRawLongBits(t.at(i));
      case F16 -> Float.floatToFloat16((float) t.at(i));
      case BF16 -> Float.floatToRawIntBits((float) t.at(i)) >>> 16;
      default -> t.longAt(i);
    };
  }

  /// Numbers within ±0.05, with which networks stay finite.
  static TensorOut small(String name, DType dtype, Shape shape) {
    AtomicInteger open = new AtomicInteger();
    return new TensorOut(
        name,
        dtype,
        shape,
        () -> new Elements(shape.count(), dtype.bytes(), i -> small(name, dtype, i), open));
  }

  private static long small(String name, DType dtype, long i) {
    float v = (element(name, DType.I64, i) >> 40) * 0x1p-23f * 0.05f;
    return switch (dtype) {
      case F32 -> Float.floatToRawIntBits(v);
      case F16 -> Float.floatToFloat16(v);
      case BF16 -> Float.floatToRawIntBits(v) >>> 16;
      case F64 -> Double.doubleToRawLongBits(v);
      default -> throw new IllegalStateException("no numbers of type " + dtype);
    };
  }

  private interface Bits {
    long at(long i);
  }

  private record Elements(long count, int elementBytes, Bits bits, AtomicInteger open)
      implements TensorFill {
    @Override
    public void write(long first, MemorySegment out) {
      if (out.byteSize() % elementBytes != 0
          || first < 0
          || first + out.byteSize() / elementBytes > count) {
        throw new IllegalArgumentException(first + " + " + out.byteSize());
      }
      long n = out.byteSize() / elementBytes;
      for (long k = 0; k < n; k++) {
        long b = bits.at(first + k);
        switch (elementBytes) {
          case 1 -> out.set(ValueLayout.JAVA_BYTE, k, (byte) b);
          case 2 ->
              out.set(ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN), 2 * k, (short) b);
          case 4 -> out.set(F32, 4 * k, Float.intBitsToFloat((int) b));
          default -> out.set(ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN), 8 * k, b);
        }
      }
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }

  /// Every type and awkward sizes: empty, scalar, odd, larger than a block of 4096.
  List<TensorOut> mixed() {
    List<TensorOut> all = new ArrayList<>();
    all.add(of("embed", DType.BF16, 300, 64));
    all.add(of("odd", DType.F8E4M3, 7, 3));
    all.add(of("bias", DType.F32, 33));
    all.add(of("scalar", DType.F16));
    all.add(of("empty", DType.F32, 0, 5));
    all.add(of("wide", DType.F64, 129, 3));
    all.add(of("f8", DType.F8E5M2, 4097));
    all.add(of("steps", DType.I64, 5));
    all.add(of("flag", DType.BOOL, 3));
    all.add(of("größe \"x\"\n", DType.F32, 1025, 3));
    return all;
  }
}
