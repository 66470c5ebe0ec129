package org.fanin.fill;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Runs a kernel until the JVM has compiled all of it.
final class WarmUp {
  private static final int GROUPS = 8;
  private static final int COUNT = GROUPS * Kernel.GROUP;

  /// Rounds in a row that must be fast: one may be luck, and compilation of the last method may
  /// come late.
  private static final int IN_A_ROW = 20;

  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final Kernel slow;
  private final Kernel fast;
  private final int[] key = new int[8];
  private final int[] words = new int[COUNT];
  private final float[] floats = new float[COUNT];
  private final MemorySegment memory = Arena.ofAuto().allocate(4L * COUNT, 64);
  private final short[] shorts = new short[COUNT];
  private final NormalLaw normal = NormalLaw.of(0, 1);
  private final UniformLaw uniform = UniformLaw.of(-1, 1);

  WarmUp(Kernel slow, Kernel fast) {
    this.slow = slow;
    this.fast = fast;
  }

  /// @return whether `fast` came to be faster
  boolean run() {
    long start = System.nanoTime();
    int row = 0;
    while (row < IN_A_ROW && System.nanoTime() - start < PATIENCE_NANOS) {
      row = round(fast) < 0.7 * round(slow) ? row + 1 : 0;
    }
    return row == IN_A_ROW;
  }

  /// Nanoseconds.
  private long round(Kernel kernel) {
    long start = System.nanoTime();
    kernel.words(key, 0, 0, 0, words, GROUPS);
    kernel.normal(normal, words, floats, 0, COUNT);
    kernel.bfloat(floats, shorts, COUNT);
    kernel.uniform(uniform, words, floats, 0, COUNT);
    kernel.normal(normal, words, memory, 0, COUNT);
    kernel.uniform(uniform, words, memory, 0, COUNT);
    return System.nanoTime() - start;
  }
}
