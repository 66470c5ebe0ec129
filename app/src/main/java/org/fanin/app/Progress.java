package org.fanin.app;

/// A line on standard error that says which file is under way: only on a terminal, only when there
/// are several and they take a while.
final class Progress {
  private static final long SLOW_NANOS = 1_000_000_000L;

  private final Console console;
  private final int total;
  private final long start = System.nanoTime();
  private int count;
  private boolean shown;

  Progress(Console console, int total) {
    this.console = console;
    this.total = total;
  }

  void step(String what) {
    count++;
    if (console.terminal() && total > 1 && System.nanoTime() - start > SLOW_NANOS) {
      StatusLine.show(console, "[" + count + "/" + total + "] " + Console.oneLine(what));
      shown = true;
    }
  }

  void done() {
    if (shown) {
      StatusLine.clear(console, false);
    }
  }
}
