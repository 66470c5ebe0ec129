package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import org.fanin.model.ModelFormatException;

/// How much heap one file may take. Every object made from the file is charged before it is made,
/// so that a small file of many tiny parts ends in a message and not in an OutOfMemoryError.
final class Budget {
  /// The largest array that every JVM allocates.
  private static final long MAX_ARRAY = Integer.MAX_VALUE - 16L;

  private final String source;
  private final long limit;
  private long spent;

  Budget(String source, long limit) {
    this.source = source;
    this.limit = limit;
  }

  /// Half of the heap this JVM may grow to: the stages after reading need the rest.
  static Budget ofThisJvm(String source) {
    return new Budget(source, Runtime.getRuntime().maxMemory() / 2);
  }

  long limit() {
    return limit;
  }

  void charge(long bytes) throws ModelFormatException {
    if (bytes < 0 || bytes > limit - spent) {
      throw new ModelFormatException(
          source,
          "content that takes more than " + (limit >> 20) + " MiB of memory to hold",
          "less (a larger -Xmx for the JVM raises the limit)");
    }
    spent += bytes;
  }

  /// A zeroed heap buffer; `bytes` must already be backed by what the file holds.
  byte[] allocate(long bytes) throws ModelFormatException {
    charge(bytes);
    if (bytes > MAX_ARRAY) {
      throw new ModelFormatException(
          source,
          "a tensor of " + bytes + " bytes that cannot be used in place",
          "at most " + MAX_ARRAY + ": store it as raw or external data");
    }
    return new byte[Math.toIntExact(bytes)];
  }

  MemorySegment segment(long bytes) throws ModelFormatException {
    return MemorySegment.ofArray(allocate(bytes));
  }
}
