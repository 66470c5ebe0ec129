package org.fanin.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/// What all benchmarks here share: 2²⁶ floats (256 MiB), and the same work cut for several threads.
final class Buffers {
  static final int FLOATS = 1 << 26;
  static final long BYTES = 4L * FLOATS;

  private Buffers() {}

  static MemorySegment offHeap() {
    MemorySegment s = Arena.global().allocate(BYTES, 64);
    s.fill((byte) 0);
    return s;
  }

  /// Runs part 0 … threads − 1 and waits.
  static void parallel(ExecutorService pool, int threads, IntConsumer part) {
    List<Future<?>> parts = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int at = t;
      parts.add(pool.submit(() -> part.accept(at)));
    }
    try {
      for (Future<?> f : parts) {
        f.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
