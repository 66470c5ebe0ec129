package org.fanin.app;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;

/// Finds and prepares the engine on a thread of its own while the model is read and predicted.
final class EngineAhead implements AutoCloseable {
  private final CompletableFuture<Optional<Engine>> engine;

  private EngineAhead(CompletableFuture<Optional<Engine>> engine) {
    this.engine = engine;
  }

  static EngineAhead start() {
    CompletableFuture<Optional<Engine>> f = new CompletableFuture<>();
    Thread t = new Thread(() -> complete(f), "engine");
    t.setDaemon(true);
    t.start();
    return new EngineAhead(f);
  }

  private static void complete(CompletableFuture<Optional<Engine>> f) {
    try {
      Optional<Engine> e = Engines.find();
      e.ifPresent(Engine::prepare);
      f.complete(e);
      if (e.isPresent()) {
        QuickExit.prepare();
      }
    } catch (Throwable e) {
      f.completeExceptionally(e);
    }
  }

  /// @return empty when there is none on the class path
  /// @throws ExecutionException when there is one that does not load; its cause says why
  Optional<Engine> get() throws ExecutionException {
    try {
      return engine.join();
    } catch (CompletionException e) {
      throw new ExecutionException(e.getCause());
    }
  }

  /// Waits: native libraries must not be loading while the process ends.
  @Override
  public void close() {
    engine.handle((_, _) -> true).join();
  }
}
