package org.fanin.formats;

import java.lang.foreign.MemorySegment;

/// A run of bytes of a file that is to be written.
sealed interface Part {
  long length();

  /// Bytes at hand: headers, indices.
  record Literal(MemorySegment bytes) implements Part {
    static Literal of(byte[] bytes) {
      return new Literal(MemorySegment.ofArray(bytes));
    }

    @Override
    public long length() {
      return bytes.byteSize();
    }
  }

  /// Zero bytes, up to where something has to be aligned.
  record Zeros(long length) implements Part {}

  /// A range of another file, which is only read.
  record Copied(SourceFile from, long at, long length) implements Part {}

  /// A tensor, element after element.
  record Filled(TensorOut tensor) implements Part {
    @Override
    public long length() {
      return tensor.bytes();
    }
  }
}
