package org.fanin.app;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;

/// Finds and prepares the engine on a thread of its own while the model is read and predicted.
final class EngineAhead implements AutoCloseable {
  private final CompletableFuture<Optional<Engine>> engine;

  private EngineAhead(CompletableFuture<Optional<Engine>> engine) {
    this.engine = engine;
  }

  static EngineAhead start() {
    return start(Engines::find);
  }

  static EngineAhead start(Supplier<Optional<Engine>> finder) {
    CompletableFuture<Optional<Engine>> f = new CompletableFuture<>();
    Thread t = new Thread(() -> complete(f, finder), "engine");
    t.setDaemon(true);
    t.start();
    return new EngineAhead(f);
  }

  private static void complete(
      CompletableFuture<Optional<Engine>> f, Supplier<Optional<Engine>> finder) {
    try {
      Optional<Engine> e = finder.get();
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
  /// @throws Unusable when there is one that does not load
  Optional<Engine> get() throws Unusable {
    try {
      return engine.join();
    } catch (CompletionException e) {
      throw new Unusable(reason(e.getCause()), e.getCause());
    }
  }

  /// The linker repeats itself, and names folders that tell the user nothing.
  static String reason(Throwable e) {
    String said = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    if (e instanceof IllegalStateException) {
      return said;
    }
    String plain =
        said.replaceAll("(?:/[^\\s/:]+)+/([^\\s/:]+)", "$1").replaceAll("^(\\S+: )\\1", "$1");
    return "libtorch does not load: " + plain;
  }

  /// Why the engine that is there cannot be used.
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String because, Throwable cause) {
      super(because, cause);
    }
  }

  /// Waits: native libraries must not be loading while the process ends.
  @Override
  public void close() {
    engine.handle((_, _) -> true).join();
  }
}
