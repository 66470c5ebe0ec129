package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// A tensor whose elements lie in [StoredBytes], in any order that strides describe.
///
/// @param at byte of element 0
/// @param strides elements from one index of an axis to the next, each 0 or more; empty for
///   row-major. Whoever makes this has checked that all elements lie in `bytes`.
record SpanTensor(
    String name,
    DType dtype,
    Shape shape,
    StoredBytes bytes,
    long at,
    List<Long> strides,
    boolean bigEndian,
    String where)
    implements StoredTensor {

  /// Compressed data in another order is unpacked whole for every span.
  private static final long MOST_UNPACKED = 64 << 20;

  static SpanTensor rowMajor(
      String name, DType dtype, Shape shape, StoredBytes bytes, long at, String where) {
    return new SpanTensor(name, dtype, shape, bytes, at, List.of(), false, where);
  }

  @Override
  public Tensor read(long first, long count, Arena arena) throws IOException, ModelFormatException {
    if (first < 0 || count < 0 || first > shape.count() - count) {
      throw new IllegalArgumentException(
          count + " elements from " + first + " on of '" + name + "' " + shape);
    }
    int width = dtype.bytes();
    MemorySegment data =
        strides.isEmpty() || count == 0
            ? bytes.span(where, at + first * width, count * width, arena)
            : gathered(first, count, arena);
    if (bigEndian && width > 1) {
      data = swapped(data, arena);
    }
    return Tensor.of(dtype, Shape.of(count), data);
  }

  /// Only the part of the file between the first and the last row that is wanted is looked at.
  private MemorySegment gathered(long first, long count, Arena arena)
      throws IOException, ModelFormatException {
    int width = dtype.bytes();
    long row = shape.count() / shape.dim(0);
    long low = first / row;
    long high = (first + count - 1) / row;
    long reach = (high - low) * strides.get(0) + 1;
    for (int a = 1; a < shape.rank(); a++) {
      reach += (shape.dim(a) - 1) * strides.get(a);
    }
    if (!bytes.random() && reach * width > MOST_UNPACKED) {
      throw new ModelFormatException(
          where,
          reach * width + " compressed bytes that are not in row-major order",
          "at most " + MOST_UNPACKED + ", or the file saved without compression");
    }
    MemorySegment out = arena.allocate(count * width);
    try (Arena inner = Arena.ofConfined()) {
      long from = at + low * strides.get(0) * width;
      gather(bytes.span(where, from, reach * width, inner), first - low * row, out);
    }
    return out;
  }

  /// @param in starts at the row in which element `first` is
  private void gather(MemorySegment in, long first, MemorySegment out) {
    int width = dtype.bytes();
    int last = shape.rank() - 1;
    long[] index = new long[last + 1];
    long from = 0;
    long rest = first;
    for (int a = last; a >= 0; a--) {
      // the outermost index counts from the row that `in` starts with, so it needs no modulus
      index[a] = a == 0 ? rest : rest % shape.dim(a);
      rest /= shape.dim(a);
      from += index[a] * strides.get(a);
    }
    long count = out.byteSize() / width;
    for (long to = 0; to < count; ) {
      long run = Math.min(count - to, shape.dim(last) - index[last]);
      copy(in, from * width, strides.get(last) * width, out, to * width, run);
      to += run;
      from += run * strides.get(last);
      index[last] += run;
      for (int a = last; a > 0 && index[a] == shape.dim(a); a--) {
        from += strides.get(a - 1) - index[a] * strides.get(a);
        index[a] = 0;
        index[a - 1]++;
      }
    }
  }

  private void copy(
      MemorySegment in, long from, long step, MemorySegment out, long to, long count) {
    int width = dtype.bytes();
    if (step == width) {
      MemorySegment.copy(in, from, out, to, count * width);
      return;
    }
    switch (width) {
      case 1 -> {
        for (long i = 0; i < count; i++) {
          out.set(ValueLayout.JAVA_BYTE, to + i, in.get(ValueLayout.JAVA_BYTE, from + i * step));
        }
      }
      case 2 -> {
        var two = ValueLayout.JAVA_SHORT_UNALIGNED;
        for (long i = 0; i < count; i++) {
          out.set(two, to + 2 * i, in.get(two, from + i * step));
        }
      }
      case 4 -> {
        var four = ValueLayout.JAVA_INT_UNALIGNED;
        for (long i = 0; i < count; i++) {
          out.set(four, to + 4 * i, in.get(four, from + i * step));
        }
      }
      default -> {
        var eight = ValueLayout.JAVA_LONG_UNALIGNED;
        for (long i = 0; i < count; i++) {
          out.set(eight, to + 8 * i, in.get(eight, from + i * step));
        }
      }
    }
  }

  private MemorySegment swapped(MemorySegment in, Arena arena) {
    MemorySegment out = arena.allocate(in.byteSize());
    ValueLayout unit =
        switch (dtype.bytes()) {
          case 2 -> ValueLayout.JAVA_SHORT_UNALIGNED;
          case 4 -> ValueLayout.JAVA_INT_UNALIGNED;
          default -> ValueLayout.JAVA_LONG_UNALIGNED;
        };
    MemorySegment.copy(
        in,
        unit.withOrder(ByteOrder.BIG_ENDIAN),
        0,
        out,
        unit.withOrder(ByteOrder.LITTLE_ENDIAN),
        0,
        in.byteSize() / dtype.bytes());
    return out;
  }
}
