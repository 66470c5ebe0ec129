package org.fanin.app;

import java.nio.file.Files;

/// Says on Ctrl-C (or SIGTERM) what has become of an output under way and how to go on. Closed when
/// the output is whole, after which nothing is said.
final class InterruptHint implements AutoCloseable {
  private final Thread hook;

  private InterruptHint(Thread hook) {
    this.hook = hook;
  }

  static InterruptHint on(InitTarget target, Console console) {
    InterruptHint hint =
        new InterruptHint(new Thread(() -> console.complain(words(target)), "interrupt-hint"));
    Runtime.getRuntime().addShutdownHook(hint.hook);
    return hint;
  }

  static String words(InitTarget target) {
    return Files.exists(target.journal())
        ? "interrupted; the same command with --resume goes on with "
            + target.path()
            + ", with --force it starts over"
        : "interrupted; nothing is left of " + target.path() + ", the same command writes it anew";
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // the process is ending: the hint is being printed
    }
  }
}
