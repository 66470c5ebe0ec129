package org.fanin.app;

import java.util.function.IntFunction;
import org.fanin.probe.ProbeListener;

/// A line on standard error that says how far a measurement is: only on a terminal, only when it
/// takes a while.
final class MeasureProgress implements IntFunction<ProbeListener>, AutoCloseable {
  private static final long SLOW_NANOS = 700_000_000L;
  private static final long OFTEN_NANOS = 100_000_000L;
  private static final String CLEAR = "\r\u001b[K";

  private final Console console;
  private final int runs;
  private final String what;
  private final long start = System.nanoTime();
  private long last = start;
  private boolean shown;

  /// @param runs through the network that are to come
  MeasureProgress(Console console, int runs) {
    this(console, runs, "measuring…");
  }

  /// @param what is going on
  MeasureProgress(Console console, int runs, String what) {
    this.what = what;
    this.console = console;
    this.runs = runs;
    if (console.terminal()) {
      // Loading the native libraries is the slowest part of a small measurement.
      show(what);
    }
  }

  @Override
  public ProbeListener apply(int run) {
    return new ProbeListener() {
      @Override
      public void progress(int done, int total) {
        long now = System.nanoTime();
        if (console.terminal() && now - start > SLOW_NANOS && now - last > OFTEN_NANOS) {
          last = now;
          show(what + " " + (int) (100 * (run + (double) done / total) / runs) + "%");
        }
      }
    };
  }

  private void show(String text) {
    console.err().print(CLEAR + text);
    console.err().flush();
    shown = true;
  }

  @Override
  public void close() {
    if (shown) {
      console.err().print(CLEAR);
      console.err().flush();
    }
  }
}
