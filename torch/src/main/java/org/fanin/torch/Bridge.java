package org.fanin.torch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongToDoubleFunction;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Tensors of ours to tensors of torch and back.
final class Bridge {
  private static final int CHUNK = 4096;

  /// Bytes of a tensor whose pages of the file are worth a call.
  private static final long LARGE = 1 << 20;

  private Bridge() {}

  /// Floats become `real`, booleans stay, other integers become int64.
  static Tensor toTorch(org.fanin.tensor.Tensor t, ScalarType real) {
    return Place.put(t.dtype().floating() ? reals(t, real) : integers(t));
  }

  private static Tensor reals(org.fanin.tensor.Tensor t, ScalarType real) {
    Tensor r = empty(t.shape(), real);
    MemorySegment to = memory(r);
    long n = t.count();
    if (t.contiguous() && real == ScalarType.Float && t.dtype() == DType.F32) {
      MemorySegment.copy(t.bytes(), 0, to, 0, n * 4);
      putAway(t);
      return r;
    }
    if (!t.contiguous() && n <= Integer.MAX_VALUE - 8) {
      return filled(r, t.toDoubles());
    }
    double[] part = new double[CHUNK];
    for (long at = 0; at < n; at += CHUNK) {
      int m = (int) Math.min(CHUNK, n - at);
      t.read(at, part, m);
      write(to, real, at, part, m);
    }
    putAway(t);
    return r;
  }

  /// Pages of the file stay in the system's cache, and are no more held twice by this process.
  private static void putAway(org.fanin.tensor.Tensor t) {
    if (t.contiguous() && t.bytes().byteSize() >= LARGE && t.bytes().isMapped()) {
      t.bytes().unload();
    }
  }

  private static Tensor filled(Tensor r, double[] all) {
    write(memory(r), type(r), 0, all, all.length);
    return r;
  }

  private static void write(MemorySegment to, ScalarType real, long at, double[] part, int m) {
    if (real == ScalarType.Double) {
      MemorySegment.copy(part, 0, to, ValueLayout.JAVA_DOUBLE, at * 8, m);
    } else {
      for (int i = 0; i < m; i++) {
        to.setAtIndex(ValueLayout.JAVA_FLOAT, at + i, (float) part[i]);
      }
    }
  }

  private static Tensor integers(org.fanin.tensor.Tensor t) {
    boolean bool = t.dtype() == DType.BOOL;
    Tensor r = empty(t.shape(), bool ? ScalarType.Bool : ScalarType.Long);
    MemorySegment to = memory(r);
    long n = t.count();
    for (long i = 0; i < n; i++) {
      if (bool) {
        to.set(ValueLayout.JAVA_BYTE, i, (byte) (t.longAt(i) != 0 ? 1 : 0));
      } else {
        to.setAtIndex(ValueLayout.JAVA_LONG, i, t.longAt(i));
      }
    }
    return r;
  }

  /// Elements by flat index.
  static Tensor generate(Shape shape, ScalarType real, LongToDoubleFunction f) {
    Tensor r = empty(shape, real);
    MemorySegment to = memory(r);
    long n = shape.count();
    double[] part = new double[CHUNK];
    for (long at = 0; at < n; at += CHUNK) {
      int m = (int) Math.min(CHUNK, n - at);
      for (int i = 0; i < m; i++) {
        part[i] = f.applyAsDouble(at + i);
      }
      write(to, real, at, part, m);
    }
    return Place.put(r);
  }

  private static Tensor empty(Shape shape, ScalarType type) {
    return torch.empty(shape.toArray(), new TensorOptions(type), null);
  }

  static Tensor longs(long... v) {
    Tensor r = empty(Shape.of(v.length), ScalarType.Long);
    MemorySegment.copy(v, 0, memory(r), ValueLayout.JAVA_LONG, 0, v.length);
    return Place.put(r);
  }

  static Tensor doubles(ScalarType real, double... v) {
    Tensor r = empty(Shape.of(v.length), real);
    return Place.put(filled(r, v));
  }

  /// The tensor's own memory; it must be contiguous and outlive the segment.
  @SuppressWarnings("restricted") // torch says how long its memory is
  static MemorySegment memory(Tensor t) {
    long bytes = t.numel() * width(type(t));
    if (bytes == 0) {
      return MemorySegment.NULL;
    }
    try (Pointer p = t.data_ptr()) {
      return MemorySegment.ofAddress(p.address()).reinterpret(bytes);
    }
  }

  /// torch hands out a new enum object each time.
  static ScalarType type(Tensor t) {
    return t.scalar_type().intern();
  }

  private static long width(ScalarType t) {
    return switch (t) {
      case Double, Long -> 8;
      case Float, Int -> 4;
      case Bool, Byte, Char -> 1;
      default -> throw new IllegalStateException("no use for torch's " + t);
    };
  }

  /// A view of a contiguous float tensor that lives as long as it does.
  static org.fanin.tensor.Tensor view(Tensor t, Shape shape) {
    DType d = type(t) == ScalarType.Double ? DType.F64 : DType.F32;
    return org.fanin.tensor.Tensor.of(d, shape, memory(Place.fetch(t)));
  }

  /// Whether a view of it takes no copy.
  static boolean isHere(Tensor t) {
    return Place.here() && t.is_contiguous();
  }

  /// A view of a float tensor, or of its copy where it is strided; lives as long as the tensor and
  /// the current scope. Asks torch for little: every answer is a call out of Java.
  static org.fanin.tensor.Tensor floats(Tensor t, Shape shape) {
    Tensor here = Place.fetch(t);
    return here.is_contiguous() ? dense(here, shape) : dense(here.contiguous(), shape);
  }

  /// The same elements in the order in which they lie in memory, sample by sample: for sums that no
  /// order within a sample changes. Gradients of weights arrive transposed, and a copy in order
  /// would cost more than reading them.
  ///
  /// @param samples 1 when axis 0 does not count samples
  static org.fanin.tensor.Tensor unordered(Tensor t, Shape shape, long samples) {
    Tensor here = Place.fetch(t);
    if (here.is_contiguous()) {
      return dense(here, shape);
    }
    boolean inPlace =
        here.is_non_overlapping_and_dense()
            && (samples == 1 || here.stride(0) * samples == shape.count());
    return dense(inPlace ? here : here.contiguous(), shape);
  }

  /// A view of a float tensor that [#isHere].
  @SuppressWarnings("restricted") // torch says how long its memory is
  static org.fanin.tensor.Tensor dense(Tensor t, Shape shape) {
    long bytes = t.nbytes();
    if (bytes == 0) {
      return org.fanin.tensor.Tensor.of(DType.F64, shape, MemorySegment.NULL);
    }
    DType d = bytes == shape.count() * Double.BYTES ? DType.F64 : DType.F32;
    try (Pointer p = t.const_data_ptr()) {
      return org.fanin.tensor.Tensor.of(
          d, shape, MemorySegment.ofAddress(p.address()).reinterpret(bytes));
    }
  }

  static double[] toDoubles(Tensor t, Shape shape) {
    return view(t, shape).toDoubles();
  }
}
