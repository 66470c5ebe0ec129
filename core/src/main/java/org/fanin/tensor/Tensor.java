package org.fanin.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;

/// Constant values: a typed, strided, read-only view of little-endian bytes that somebody else owns
/// (usually a mapped file). Views (transpose, reshape of a contiguous tensor) share the bytes;
/// nothing is copied.
public final class Tensor {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int CHUNK = 1024;

  private final DType dtype;
  private final Shape shape;
  private final long[] strides;
  private final boolean contiguous;
  private final MemorySegment bytes;

  private Tensor(
      DType dtype, Shape shape, long[] strides, boolean contiguous, MemorySegment bytes) {
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.bytes = bytes;
    this.contiguous = contiguous;
  }

  /// @param bytes row-major elements, exactly `shape.count() * dtype.bytes()` bytes
  /// @throws IllegalArgumentException if the length does not fit the shape
  public static Tensor of(DType dtype, Shape shape, MemorySegment bytes) {
    if (dtype.bytes() == 0) {
      throw new IllegalArgumentException("no numeric tensor of type " + dtype);
    }
    long want = Math.multiplyExact(shape.count(), dtype.bytes());
    if (bytes.byteSize() != want) {
      throw new IllegalArgumentException(
          "tensor of "
              + shape
              + " "
              + dtype
              + " wants "
              + want
              + " bytes, found "
              + bytes.byteSize());
    }
    return new Tensor(dtype, shape, rowMajor(shape), true, bytes.asReadOnly());
  }

  /// Heap-backed float64 tensor.
  public static Tensor ofDoubles(Shape shape, double... values) {
    return of(
        DType.F64,
        shape,
        MemorySegment.ofBuffer(
            le(
                values.length * 8L,
                b -> {
                  for (double v : values) b.putDouble(v);
                })));
  }

  /// Heap-backed int64 tensor.
  public static Tensor ofLongs(Shape shape, long... values) {
    return of(
        DType.I64,
        shape,
        MemorySegment.ofBuffer(
            le(
                values.length * 8L,
                b -> {
                  for (long v : values) b.putLong(v);
                })));
  }

  private static java.nio.ByteBuffer le(
      long n, java.util.function.Consumer<java.nio.ByteBuffer> fill) {
    var b = java.nio.ByteBuffer.allocate(Math.toIntExact(n)).order(ByteOrder.LITTLE_ENDIAN);
    fill.accept(b);
    return b.flip();
  }

  private static long[] rowMajor(Shape shape) {
    long[] s = new long[shape.rank()];
    long n = 1;
    for (int i = s.length - 1; i >= 0; i--) {
      s[i] = n;
      n *= shape.dim(i);
    }
    return s;
  }

  /// Axes of extent 1 may have any stride.
  private static boolean isRowMajor(Shape shape, long[] strides) {
    long[] want = rowMajor(shape);
    for (int i = 0; i < want.length; i++) {
      if (shape.dim(i) != 1 && strides[i] != want[i]) {
        return false;
      }
    }
    return true;
  }

  public DType dtype() {
    return dtype;
  }

  public Shape shape() {
    return shape;
  }

  public long count() {
    return shape.count();
  }

  /// Element `i` in row-major order of this view, as a double (64-bit integers beyond 2^53 are
  /// rounded).
  public double at(long i) {
    return rawDouble(contiguous ? i : physical(i));
  }

  /// Element `i` in row-major order as a long (floats truncate towards zero).
  public long longAt(long i) {
    long p = contiguous ? i : physical(i);
    return switch (dtype) {
      case I64, U64 -> bytes.get(LONG, p * 8);
      default -> (long) rawDouble(p);
    };
  }

  public long[] toLongs() {
    long[] v = new long[Math.toIntExact(count())];
    for (int i = 0; i < v.length; i++) {
      v[i] = longAt(i);
    }
    return v;
  }

  public double[] toDoubles() {
    double[] v = new double[Math.toIntExact(count())];
    read(0, v, v.length);
    return v;
  }

  /// Copies elements `from` to `from + n − 1`, in row-major order of this view, to the front of
  /// `into`; the values are those of [#at].
  ///
  /// @throws IndexOutOfBoundsException when there are not as many
  public void read(long from, double[] into, int n) {
    if (dtype == DType.F32 && contiguous) {
      float[] part = new float[Math.min(n, CHUNK)];
      for (int done = 0; done < n; done += CHUNK) {
        int m = Math.min(CHUNK, n - done);
        MemorySegment.copy(bytes, FLOAT, (from + done) * 4, part, 0, m);
        for (int i = 0; i < m; i++) {
          into[done + i] = part[i];
        }
      }
      return;
    }
    if (dtype == DType.F64 && contiguous) {
      MemorySegment.copy(bytes, DOUBLE, from * 8, into, 0, n);
      return;
    }
    if (!contiguous && from == 0 && n == count() && n > 1) {
      permute(whole(), into);
      return;
    }
    for (int i = 0; i < n; i++) {
      into[i] = at(from + i);
    }
  }

  /// All elements in the order of the bytes.
  private double[] whole() {
    int n = (int) count();
    double[] raw = new double[n];
    new Tensor(dtype, Shape.of(n), new long[] {1}, true, bytes).read(0, raw, n);
    return raw;
  }

  /// From the order of the bytes to that of this view: an odometer over the axes, for a division
  /// per element and axis is what a large transposed weight cannot afford.
  private void permute(double[] raw, double[] into) {
    int rank = shape.rank();
    long[] at = new long[rank];
    long p = 0;
    for (int i = 0; i < raw.length; i++) {
      into[i] = raw[(int) p];
      for (int a = rank - 1; a >= 0; a--) {
        p += strides[a];
        if (++at[a] < shape.dim(a)) {
          break;
        }
        p -= at[a] * strides[a];
        at[a] = 0;
      }
    }
  }

  private long physical(long i) {
    long p = 0;
    for (int a = shape.rank() - 1; a >= 0; a--) {
      long d = shape.dim(a);
      p += (i % d) * strides[a];
      i /= d;
    }
    return p;
  }

  private double rawDouble(long p) {
    return switch (dtype) {
      case F32 -> bytes.get(FLOAT, p * 4);
      case F64 -> bytes.get(DOUBLE, p * 8);
      case F16 -> Float.float16ToFloat(bytes.get(SHORT, p * 2));
      case BF16 -> Float.intBitsToFloat(bytes.get(SHORT, p * 2) << 16);
      case F8E4M3 -> fp8(bytes.get(ValueLayout.JAVA_BYTE, p), 4, 3, true);
      case F8E5M2 -> fp8(bytes.get(ValueLayout.JAVA_BYTE, p), 5, 2, false);
      case I8 -> bytes.get(ValueLayout.JAVA_BYTE, p);
      case U8, BOOL -> bytes.get(ValueLayout.JAVA_BYTE, p) & 0xff;
      case I16 -> bytes.get(SHORT, p * 2);
      case U16 -> bytes.get(SHORT, p * 2) & 0xffff;
      case I32 -> bytes.get(INT, p * 4);
      case U32 -> bytes.get(INT, p * 4) & 0xffffffffL;
      case I64, U64 -> bytes.get(LONG, p * 8);
      case OTHER -> throw new IllegalStateException("tensor of type OTHER");
    };
  }

  /// E4M3 (finite only, NaN at all ones) and E5M2 (IEEE-like), as in "FP8 formats for deep
  /// learning" (Micikevicius 2022, table 1).
  private static double fp8(byte b, int ebits, int mbits, boolean finiteOnly) {
    int e = (b >> mbits) & ((1 << ebits) - 1);
    int m = b & ((1 << mbits) - 1);
    int bias = (1 << (ebits - 1)) - 1;
    double sign = b < 0 ? -1 : 1;
    int top = (1 << ebits) - 1;
    if (e == top && (finiteOnly ? m == (1 << mbits) - 1 : m != 0)) {
      return Double.NaN;
    }
    if (e == top && !finiteOnly) {
      return sign * Double.POSITIVE_INFINITY;
    }
    return e == 0
        ? sign * m * Math.scalb(1.0, 1 - bias - mbits)
        : sign * (1 + Math.scalb((double) m, -mbits)) * Math.scalb(1.0, e - bias);
  }

  /// The same elements in another shape; copies nothing.
  ///
  /// @throws IllegalArgumentException if this view is not contiguous or the counts differ
  public Tensor reshape(Shape to) {
    if (to.count() != shape.count()) {
      throw new IllegalArgumentException("cannot reshape " + shape + " to " + to);
    }
    if (!contiguous) {
      throw new IllegalArgumentException("reshape of a strided view");
    }
    return new Tensor(dtype, to, rowMajor(to), true, bytes);
  }

  /// Elements `first` to `first + count − 1` in row-major order as a tensor of shape [count];
  /// copies nothing.
  ///
  /// @throws IllegalArgumentException if this view is not contiguous or has no such elements
  public Tensor span(long first, long count) {
    if (!contiguous || first < 0 || count < 0 || first > count() - count) {
      throw new IllegalArgumentException(
          count + " elements from " + first + " on of " + shape + (contiguous ? "" : ", strided"));
    }
    return of(dtype, Shape.of(count), bytes.asSlice(first * dtype.bytes(), count * dtype.bytes()));
  }

  /// The same elements with the axes in the order in which they lie in the bytes, outermost first;
  /// copies nothing.
  public Tensor inOrderOfBytes() {
    return contiguous ? this : transpose(axesInOrderOfBytes());
  }

  /// The axes of this view from the outermost in the bytes to the innermost.
  public int[] axesInOrderOfBytes() {
    Integer[] axes = new Integer[shape.rank()];
    Arrays.setAll(axes, a -> a);
    // Sorting is stable: an axis of one element has any stride.
    Arrays.sort(axes, Comparator.comparingLong((Integer a) -> -strides[a]));
    return Arrays.stream(axes).mapToInt(a -> a).toArray();
  }

  /// For each axis of an extent other than 1, in the order of this view, its place among these in
  /// the order of the bytes.
  public int[] wideAxes() {
    int[] place = new int[shape.rank()];
    int wide = 0;
    for (int a : axesInOrderOfBytes()) {
      place[a] = shape.dim(a) == 1 ? -1 : wide++;
    }
    return Arrays.stream(place).filter(p -> p >= 0).toArray();
  }

  /// The extents other than 1, in the order of the bytes.
  public long[] wideExtents() {
    return Arrays.stream(axesInOrderOfBytes()).mapToLong(shape::dim).filter(d -> d != 1).toArray();
  }

  /// Whether both show the same bytes.
  public boolean sharesBytesOf(Tensor other) {
    return dtype == other.dtype && bytes.equals(other.bytes);
  }

  public boolean contiguous() {
    return contiguous;
  }

  /// The row-major little-endian elements themselves, read-only; nothing is copied.
  ///
  /// @throws IllegalStateException of a strided view
  public MemorySegment bytes() {
    if (!contiguous) {
      throw new IllegalStateException("bytes of a strided view");
    }
    return bytes;
  }

  /// Axes permuted: axis `i` of the result is axis `perm[i]` of this.
  public Tensor transpose(int... perm) {
    long[] d = new long[perm.length];
    long[] s = new long[perm.length];
    for (int i = 0; i < perm.length; i++) {
      d[i] = shape.dim(perm[i]);
      s[i] = strides[perm[i]];
    }
    Shape to = Shape.of(d);
    return new Tensor(dtype, to, s, isRowMajor(to, s), bytes);
  }
}
