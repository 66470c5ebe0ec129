package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Decodes TensorProto: checks that shape, type and data agree, then makes a tensor, in place if
/// the data is little-endian in one piece.
final class OnnxTensors {
  /// More axes than any operator knows what to do with.
  static final int MAX_RANK = 64;

  private static final int COST = 400;

  private final OnnxContext context;

  OnnxTensors(OnnxContext context) {
    this.context = context;
  }

  /// @param raw null when absent
  /// @param external null unless data_location says EXTERNAL
  private record Header(
      String name, Extents dims, int type, MemorySegment raw, Map<String, String> external) {}

  /// @param holder what holds the tensor, as a place for messages if it has no name of its own
  OnnxConstant decode(Wire tensor, Supplier<String> holder)
      throws ModelFormatException, IOException {
    context.budget().charge(COST);
    Header header = header(tensor.rewound(), holder);
    Supplier<String> where = place(header.name, holder);
    OnnxType type = OnnxType.of(header.type);
    if (type == null) {
      throw context.bad(where, "unknown data type " + header.type, "a type of ONNX, 1 to 26");
    }
    Shape shape = header.dims.shape(context, where);
    if (type.dtype() == DType.OTHER) {
      return new OnnxConstant.Opaque(header.name, "a tensor of type " + type);
    }
    MemorySegment data = data(tensor, header, type, shape, where);
    return new OnnxConstant.Numbers(header.name, Tensor.of(type.dtype(), shape, data), data);
  }

  static Supplier<String> place(String name, Supplier<String> holder) {
    return name.isEmpty() ? holder : () -> "tensor " + OnnxContext.quoted(name);
  }

  private Header header(Wire w, Supplier<String> holder) throws ModelFormatException {
    Extents dims = new Extents();
    int type = 0;
    String name = "";
    MemorySegment raw = null;
    boolean external = false;
    Map<String, String> entries = new HashMap<>(0);
    while (w.next()) {
      switch (w.field()) {
        case 1 -> dims.add(w);
        case 2 -> type = w.readInt();
        case 3 -> throw context.bad(place(name, holder), "a tensor in segments", "a whole tensor");
        case 8 -> name = w.text();
        case 9 -> raw = w.bytes();
        case 13 -> entry(context, w.message(), entries);
        case 14 -> external = w.readInt() == 1;
        default -> w.skip();
      }
    }
    return new Header(name, dims, type, raw, external ? entries : null);
  }

  /// A StringStringEntryProto.
  static void entry(OnnxContext context, Wire w, Map<String, String> into)
      throws ModelFormatException {
    context.budget().charge(100);
    String key = "";
    String value = "";
    while (w.next()) {
      switch (w.field()) {
        case 1 -> key = w.text();
        case 2 -> value = w.text();
        default -> w.skip();
      }
    }
    into.put(key, value);
  }

  private MemorySegment data(
      Wire tensor, Header header, OnnxType type, Shape shape, Supplier<String> where)
      throws ModelFormatException, IOException {
    long stored = storedBytes(type, shape, where);
    MemorySegment bytes = null;
    if (header.external != null) {
      bytes = context.external().slice(context.at(where.get()), header.external, stored);
    } else if (header.raw != null && (header.raw.byteSize() > 0 || stored == 0)) {
      bytes = header.raw;
    }
    if (bytes == null) {
      return new OnnxNumbers(context, tensor, type, where).decode(shape.count());
    }
    if (bytes.byteSize() != stored) {
      throw context.bad(
          where,
          bytes.byteSize() + " bytes of data",
          stored + " bytes for shape " + shape + " of " + type);
    }
    return type.packedInHalfBytes() ? unpack(context.budget(), bytes, type, shape.count()) : bytes;
  }

  private long storedBytes(OnnxType type, Shape shape, Supplier<String> where)
      throws ModelFormatException {
    long count = shape.count();
    if (type.packedInHalfBytes()) {
      return count / 2 + (count & 1);
    }
    try {
      return Math.multiplyExact(count, type.dtype().bytes());
    } catch (ArithmeticException e) {
      throw context.bad(where, "shape " + shape + " of " + type, "less than 2^63 bytes");
    }
  }

  /// Half bytes to bytes; `packed` has been checked to hold `count` of them.
  static MemorySegment unpack(Budget budget, MemorySegment packed, OnnxType type, long count)
      throws ModelFormatException {
    byte[] out = budget.allocate(count);
    for (int i = 0; i < out.length; i++) {
      int b = packed.get(ValueLayout.JAVA_BYTE, i >> 1) >> ((i & 1) * 4);
      out[i] = (byte) (type == OnnxType.INT4 ? (b << 28) >> 28 : b & 0xf);
    }
    return MemorySegment.ofArray(out);
  }
}
