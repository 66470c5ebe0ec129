package org.fanin.formats;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// The two helpers of the writing thread: one hashes a block while it is written, one forces a
/// finished file to the disk while the next is under way.
final class WriteThreads implements AutoCloseable {
  @FunctionalInterface
  interface Task {
    void run() throws IOException;
  }

  private final ExecutorService hasher = single("hash");
  private final ExecutorService finisher = single("finish");
  private Future<?> finishing;

  private static ExecutorService single(String name) {
    return Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(name).factory());
  }

  Future<?> hash(Runnable task) {
    return hasher.submit(task);
  }

  /// One file at a time: when the disk is slower than we are, waiting is right.
  void finish(Task task) throws IOException {
    awaitFinished();
    Callable<Object> call =
        () -> {
          task.run();
          return null;
        };
    finishing = finisher.submit(call);
  }

  void awaitFinished() throws IOException {
    if (finishing != null) {
      await(finishing);
      finishing = null;
    }
  }

  static void await(Future<?> task) throws IOException {
    try {
      task.get();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while writing");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException r -> throw r;
        case Error r -> throw r;
        default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  /// Waits for what is under way.
  @Override
  public void close() {
    hasher.close();
    finisher.close();
  }
}
