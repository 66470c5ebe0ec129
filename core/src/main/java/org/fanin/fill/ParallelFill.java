package org.fanin.fill;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/// Fills memory by several threads: the bytes are those of one.
public final class ParallelFill {
  /// Bytes that a thread takes at a time.
  private static final long PIECE = 1 << 20;

  private ParallelFill() {}

  /// Writes elements `first`, `first + 1` … until `out` is full.
  ///
  /// @param out a whole number of elements, all of them inside the tensor
  /// @param threads at least 1; the caller's is one of them
  /// @throws IllegalArgumentException as [TensorFill#write], or when threads is not positive
  public static void write(TensorFill fill, long first, MemorySegment out, int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: at least 1 is wanted, found " + threads);
    }
    long piece = PIECE / fill.elementBytes() * fill.elementBytes();
    long pieces = (out.byteSize() + piece - 1) / piece;
    if (threads == 1 || pieces < 2) {
      fill.write(first, out);
      return;
    }
    var next = new AtomicLong();
    var failure = new AtomicReference<Throwable>();
    Runnable work =
        () -> {
          try {
            for (long p; failure.get() == null && (p = next.getAndIncrement()) < pieces; ) {
              long from = p * piece;
              long size = Math.min(piece, out.byteSize() - from);
              fill.write(first + from / fill.elementBytes(), out.asSlice(from, size));
            }
          } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
          }
        };
    run(work, (int) Math.min(threads, pieces));
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /// An interrupt is kept for later: memory that is half filled is of no use, and a thread that
  /// still writes into it is a danger.
  private static void run(Runnable work, int threads) {
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      others.add(Thread.ofPlatform().daemon().name("fanin-fill-" + i).start(work));
    }
    work.run();
    boolean interrupted = false;
    for (Thread t : others) {
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
