package org.fanin.torch;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/// Runs tasks one after the other, in the order they come, on a thread of their own, or at once on
/// the caller's. What they do is the same either way.
final class Aside implements AutoCloseable {
  private static final int UNIT = 1024;
  private static final int UNITS = 16 * 1024;

  private final ExecutorService thread;
  private final Semaphore room = new Semaphore(UNITS);

  /// The first failure; written by the thread alone, read with all of the room taken.
  private Throwable failure;

  /// @param own whether to run beside the caller
  Aside(boolean own) {
    thread =
        own
            ? Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("fanin-readings").factory())
            : null;
  }

  /// Runs the task, at the latest before [#join] returns; waits while more than 16 MB are under
  /// way.
  ///
  /// @param bytes that the task keeps alive
  void run(long bytes, Runnable task) {
    if (thread == null) {
      task.run();
      return;
    }
    int units = Math.clamp(bytes / UNIT, 1, UNITS);
    room.acquireUninterruptibly(units);
    thread.execute(
        () -> {
          try {
            task.run();
          } catch (RuntimeException | Error e) {
            failure = failure == null ? e : failure;
          } finally {
            room.release(units);
          }
        });
  }

  /// Waits for all tasks.
  ///
  /// @throws IllegalStateException with the cause when one of them failed
  void join() {
    room.acquireUninterruptibly(UNITS);
    Throwable e = failure;
    room.release(UNITS);
    if (e != null) {
      throw new IllegalStateException("a tensor could not be read: " + e.getMessage(), e);
    }
  }

  /// Waits for all tasks, whatever came of them.
  @Override
  public void close() {
    if (thread != null) {
      thread.close();
    }
  }
}
