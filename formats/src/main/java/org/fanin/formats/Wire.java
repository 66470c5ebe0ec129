package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import org.fanin.model.ModelFormatException;

/// A cursor over one protobuf message in memory: the wire format and nothing else
/// (protobuf.dev/programming-guides/encoding).
///
/// Generated protobuf classes are not used for reading. On JDK 25 protobuf-java no longer parses a
/// mapped file in place: it copies the whole of it to the heap, stops at 2 GiB, and makes up to a
/// hundred bytes of objects from two bytes of file before anyone can say no. This cursor hands out
/// slices of the map, has no size limit, and knows the byte where things go wrong.
final class Wire {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  private static final int LARGEST_FIELD = 1000;

  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private static final int STRING_OBJECT = 56;
  private static final int CURSOR_OBJECT = 64;

  private final String source;
  private final Budget budget;
  private final Window file;
  private final long start;
  private final long end;
  private long pos;
  private int field;
  private int type;

  private Wire(String source, Budget budget, Window file, long start, long end) {
    this.source = source;
    this.budget = budget;
    this.file = file;
    this.start = start;
    this.end = end;
    this.pos = start;
  }

  static Wire of(String source, Budget budget, MemorySegment file) {
    return new Wire(source, budget, new Window(file), 0, file.byteSize());
  }

  /// The same message again, from its first byte.
  Wire rewound() {
    return new Wire(source, budget, file, start, end);
  }

  /// Moves to the next field. The value of the field must then be read or skipped.
  boolean next() throws ModelFormatException {
    if (pos == end) {
      return false;
    }
    long tag = varint();
    type = (int) (tag & 7);
    long number = tag >>> 3;
    if (number == 0 || number >= 1 << 29) {
      throw bad("field number " + number, "1 to " + ((1 << 29) - 1));
    }
    field = (int) number;
    return true;
  }

  /// Number of the current field.
  int field() {
    return field;
  }

  /// Wire type of the current field.
  int type() {
    return type;
  }

  boolean atEnd() {
    return pos == end;
  }

  /// Byte of the file this message starts at.
  long start() {
    return start;
  }

  /// Byte of the file the cursor stands on: between fields, where the next one starts.
  long position() {
    return pos;
  }

  long readLong() throws ModelFormatException {
    want(VARINT, "an integer");
    return varint();
  }

  /// An int32 field: longer varints are cut to their low half, as protobuf does.
  int readInt() throws ModelFormatException {
    return (int) readLong();
  }

  float readFloat() throws ModelFormatException {
    want(FIXED32, "a float");
    return fixed32();
  }

  /// The current length-delimited field as a cursor of its own.
  Wire message() throws ModelFormatException {
    want(BYTES, "a message");
    budget.charge(CURSOR_OBJECT);
    long n = length();
    Wire inner = new Wire(source, budget, file, pos, pos + n);
    pos += n;
    return inner;
  }

  /// As [#message], but the field is still to be read or skipped.
  Wire peek() throws ModelFormatException {
    long before = pos;
    Wire inner = message();
    pos = before;
    return inner;
  }

  /// The current length-delimited field, not copied.
  MemorySegment bytes() throws ModelFormatException {
    return message().all();
  }

  /// Everything of this message, not copied.
  MemorySegment all() {
    return file.file().asSlice(start, end - start);
  }

  /// Text of the current field; bytes that are not UTF-8 become U+FFFD, for names are only names.
  String text() throws ModelFormatException {
    want(BYTES, "a message");
    long n = length();
    budget.charge(2 * n + CURSOR_OBJECT + STRING_OBJECT);
    if (n > Integer.MAX_VALUE - 16L) {
      throw bad("a text of " + n + " bytes", "less than 2 GiB");
    }
    String text = file.text(pos, (int) n);
    pos += n;
    return text;
  }

  void skip() throws ModelFormatException {
    switch (type) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case BYTES -> {
        long n = length(); // moves pos, so not in one expression with it
        pos += n;
      }
      case FIXED32 -> advance(4);
      default -> throw bad("wire type " + type + " in field " + field, "0, 1, 2 or 5");
    }
  }

  long varint() throws ModelFormatException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (pos == end) {
        throw cutOff();
      }
      byte b = file.at(pos++);
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw bad("an integer longer than 10 bytes", "at most 10");
  }

  float fixed32() throws ModelFormatException {
    return Float.intBitsToFloat((int) little(advance(4), 4));
  }

  double fixed64() throws ModelFormatException {
    return Double.longBitsToDouble(little(advance(8), 8));
  }

  private long little(long at, int n) {
    long v = 0;
    for (int i = n - 1; i >= 0; i--) {
      v = v << 8 | file.at(at + i) & 0xff;
    }
    return v;
  }

  private long advance(int n) throws ModelFormatException {
    if (end - pos < n) {
      throw cutOff();
    }
    long at = pos;
    pos += n;
    return at;
  }

  private long length() throws ModelFormatException {
    long n = varint();
    if (n < 0 || n > end - pos) {
      throw bad(
          "field "
              + field
              + " of "
              + Long.toUnsignedString(n)
              + " bytes where "
              + (end - pos)
              + " are left",
          "all of it (is the file cut off?)");
    }
    return n;
  }

  private void want(int wanted, String what) throws ModelFormatException {
    if (type != wanted) {
      throw bad("wire type " + type + " in field " + field, what);
    }
  }

  private ModelFormatException cutOff() {
    return bad("the end of the message", "more bytes (is the file cut off?)");
  }

  /// An exception that names the byte this cursor stands on.
  ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(source + ": byte " + pos, found, wanted);
  }

  /// Whether the first bytes of a stream may be those of a message: tags with a number and a type,
  /// each behind the end of the field before. A device without end is known by its first bytes.
  static boolean mayBegin(byte[] head) {
    long pos = 0;
    while (pos >= 0 && pos < head.length) {
      int tag = head[(int) pos] & 0xff;
      long[] value = {0};
      long next = varint(head, pos, value);
      int type = tag & 7;
      if (value[0] >>> 3 == 0 || value[0] >>> 3 > LARGEST_FIELD) {
        return false;
      }
      switch (type) {
        case VARINT -> next = varint(head, next, value);
        case 1 -> next += 8;
        case BYTES -> {
          next = varint(head, next, value);
          next = value[0] < 0 || value[0] > Integer.MAX_VALUE ? -1 : next + value[0];
        }
        case 5 -> next += 4;
        default -> {
          return false;
        }
      }
      pos = next;
    }
    return pos > 0;
  }

  /// @return where the number ends; −1 when it is too long
  private static long varint(byte[] b, long from, long[] value) {
    value[0] = 0;
    for (int i = 0; i < 10; i++) {
      if (from < 0 || from + i >= b.length) {
        return b.length; // goes on behind what is here
      }
      byte x = b[(int) from + i];
      value[0] |= (long) (x & 0x7f) << 7 * i;
      if (x >= 0) {
        return from + i + 1;
      }
    }
    return -1;
  }
}
