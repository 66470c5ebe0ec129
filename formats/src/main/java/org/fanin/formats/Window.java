package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// The part of a file that is just being read, on the heap. Every access to a mapped segment is
/// forty methods deep, which a starting JVM interprets and then compiles for longer than the
/// reading takes; an array costs neither.
final class Window {
  private static final int SIZE = 1 << 13;

  private final MemorySegment file;
  private final byte[] bytes;
  private long base;
  private int filled;

  Window(MemorySegment file) {
    this.file = file;
    this.bytes = new byte[(int) Math.min(SIZE, file.byteSize())];
  }

  MemorySegment file() {
    return file;
  }

  /// @param pos a byte of the file
  byte at(long pos) {
    long i = pos - base;
    return bytes[i >= 0 && i < filled ? (int) i : load(pos)];
  }

  /// The `n` bytes from `pos`, all in the file, as text; what is not UTF-8 becomes U+FFFD.
  String text(long pos, int n) {
    if (n == 0) {
      return "";
    }
    if (n > bytes.length) {
      byte[] all = file.asSlice(pos, n).toArray(ValueLayout.JAVA_BYTE);
      return new String(all, StandardCharsets.UTF_8);
    }
    long i = pos - base;
    int at = i >= 0 && i + n <= filled ? (int) i : load(pos);
    return new String(bytes, at, n, StandardCharsets.UTF_8);
  }

  /// Moves on so that `pos` and as much as possible behind it is here.
  ///
  /// @return where `pos` is in the array
  private int load(long pos) {
    base = pos;
    filled = (int) Math.min(bytes.length, file.byteSize() - pos);
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, base, bytes, 0, filled);
    return 0;
  }
}
