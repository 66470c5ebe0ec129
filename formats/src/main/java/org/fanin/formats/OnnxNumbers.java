package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;

/// The typed fields of a TensorProto (`float_data`, `int32_data`, …) as little-endian bytes.
/// Numbers are counted before memory is taken for them. Packed floats already lie in the file as we
/// want them, so one run of them is used in place.
final class OnnxNumbers {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final OnnxContext context;
  private final Wire tensor;
  private final OnnxType type;
  private final Supplier<String> where;
  private final int fixedWidth;
  private MemorySegment out;
  private long filled;

  OnnxNumbers(OnnxContext context, Wire tensor, OnnxType type, Supplier<String> where) {
    this.context = context;
    this.tensor = tensor;
    this.type = type;
    this.where = where;
    this.fixedWidth =
        switch (type.field()) {
          case OnnxType.FLOAT_DATA -> 4;
          case OnnxType.DOUBLE_DATA -> 8;
          default -> 0;
        };
  }

  /// @param count elements the shape wants
  MemorySegment decode(long count) throws ModelFormatException {
    long want = type.packedInHalfBytes() ? count / 2 + (count & 1) : count;
    long found = 0;
    MemorySegment run = null;
    for (Wire w = tensor.rewound(); w.next(); ) {
      if (w.field() != type.field()) {
        w.skip();
      } else if (w.type() == Wire.BYTES) {
        run = w.bytes();
        found += numbersIn(run);
      } else {
        w.skip();
        found++;
      }
    }
    check(count, want, found);
    if (fixedWidth > 0 && run != null && run.byteSize() == found * fixedWidth) {
      return run;
    }
    return copy(count, found);
  }

  private void check(long count, long want, long found) throws ModelFormatException {
    if (found != want) {
      throw context.bad(
          where,
          found == 0 ? "no data" : found + " numbers",
          want + " for " + count + " elements of " + type);
    }
  }

  /// Numbers in a packed run: fixed ones by length, varints by their last bytes.
  private long numbersIn(MemorySegment run) throws ModelFormatException {
    if (fixedWidth > 0) {
      if (run.byteSize() % fixedWidth != 0) {
        throw context.bad(
            where, "packed numbers of " + run.byteSize() + " bytes", "a multiple of " + fixedWidth);
      }
      return run.byteSize() / fixedWidth;
    }
    long n = 0;
    for (long i = 0; i < run.byteSize(); i++) {
      n += run.get(ValueLayout.JAVA_BYTE, i) >= 0 ? 1 : 0;
    }
    return n;
  }

  private MemorySegment copy(long count, long numbers) throws ModelFormatException {
    int width = type.packedInHalfBytes() ? 1 : type.dtype().bytes();
    out = context.budget().segment(Math.multiplyExact(numbers, width));
    for (Wire w = tensor.rewound(); w.next(); ) {
      if (w.field() != type.field()) {
        w.skip();
      } else if (w.type() == Wire.BYTES) {
        Wire packed = w.message();
        while (!packed.atEnd()) {
          put(packed, width);
        }
      } else {
        one(w, width);
      }
    }
    return type.packedInHalfBytes() ? OnnxTensors.unpack(context.budget(), out, type, count) : out;
  }

  private void one(Wire w, int width) throws ModelFormatException {
    int want =
        switch (fixedWidth) {
          case 4 -> Wire.FIXED32;
          case 8 -> Wire.FIXED64;
          default -> Wire.VARINT;
        };
    if (w.type() != want) {
      throw context.bad(where, "wire type " + w.type() + " in its data", "wire type " + want);
    }
    put(w, width);
  }

  private void put(Wire w, int width) throws ModelFormatException {
    long at = filled;
    filled += width;
    if (at + width > out.byteSize()) {
      throw context.bad(where, "integers longer than 10 bytes", "at most 10");
    }
    if (fixedWidth == 4) {
      out.set(INT, at, Float.floatToRawIntBits(w.fixed32()));
    } else if (fixedWidth == 8) {
      out.set(LONG, at, Double.doubleToRawLongBits(w.fixed64()));
    } else {
      put(fitted(w.varint(), width), at, width);
    }
  }

  private void put(long v, long at, int width) {
    switch (width) {
      case 1 -> out.set(ValueLayout.JAVA_BYTE, at, (byte) v);
      case 2 -> out.set(SHORT, at, (short) v);
      case 4 -> out.set(INT, at, (int) v);
      default -> out.set(LONG, at, v);
    }
  }

  /// Bit patterns of floats come signed from some writers and unsigned from others; both fit.
  private long fitted(long v, int width) throws ModelFormatException {
    if (type.dtype() == DType.BOOL) {
      return v == 0 ? 0 : 1;
    }
    int bits = 8 * width;
    if (bits < 64 && (v < -(1L << (bits - 1)) || v >= 1L << bits)) {
      throw context.bad(where, "number " + v, "one that fits " + type);
    }
    return v;
  }
}
