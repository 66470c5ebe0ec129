package org.fanin.formats;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Bytes of a protobuf message that is put together from pieces of an old file and new ones.
final class Rope {
  private final List<Part> parts = new ArrayList<>();
  private long length;

  long length() {
    return length;
  }

  List<Part> parts() {
    return parts;
  }

  /// Bytes `from` up to `to` of a file.
  Rope copy(SourceFile file, long from, long to) {
    Part last = parts.isEmpty() ? null : parts.getLast();
    if (last instanceof Part.Copied(SourceFile f, long at, long n) && f == file && at + n == from) {
      parts.removeLast();
      parts.add(new Part.Copied(file, at, to - at));
    } else if (to > from) {
      parts.add(new Part.Copied(file, from, to - from));
    }
    length += to - from;
    return this;
  }

  Rope add(Part part) {
    if (part instanceof Part.Copied(SourceFile f, long at, long n)) {
      return copy(f, at, at + n);
    }
    parts.add(part);
    length += part.length();
    return this;
  }

  Rope append(Rope other) {
    other.parts.forEach(this::add);
    return this;
  }

  /// A varint field.
  Rope varint(int field, long value) {
    ByteBuffer b = ByteBuffer.allocate(20);
    put(b, (long) field << 3 | Wire.VARINT);
    put(b, value);
    return literal(b);
  }

  /// Tag and length of a length-delimited field whose content follows.
  Rope head(int field, long bytes) {
    ByteBuffer b = ByteBuffer.allocate(20);
    put(b, (long) field << 3 | Wire.BYTES);
    put(b, bytes);
    return literal(b);
  }

  /// A length-delimited field.
  Rope field(int field, Rope content) {
    return head(field, content.length).append(content);
  }

  /// A text field.
  Rope text(int field, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return head(field, bytes.length).add(Part.Literal.of(bytes));
  }

  private Rope literal(ByteBuffer b) {
    byte[] bytes = new byte[b.position()];
    b.get(0, bytes);
    return add(Part.Literal.of(bytes));
  }

  private static void put(ByteBuffer b, long value) {
    long v = value;
    while ((v & ~0x7fL) != 0) {
      b.put((byte) (v & 0x7f | 0x80));
      v >>>= 7;
    }
    b.put((byte) v);
  }
}
