package org.fanin.app;

import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.fanin.compare.Effort;
import org.fanin.probe.ProbeListener;
import org.fanin.report.Plain;
import org.fanin.report.Style;

/// Lines on standard error while a measurement runs: what was predicted, and a bar that says how
/// far it is. Only on a terminal that can move its cursor, only when it takes a while; gone when it
/// is done.
final class MeasureProgress implements IntFunction<ProbeListener>, AutoCloseable {
  private static final long SLOW_NANOS = 700_000_000L;
  private static final long OFTEN_NANOS = 100_000_000L;

  private final Console console;
  private final int runs;
  private final String what;
  private final String ahead;
  private final boolean visible;
  private final LongSupplier nanos;
  private final long start;
  private final Style style;
  private long first = -1;
  private long last;
  private boolean shown;
  private boolean aheadShown;

  /// @param runs through the network that are to come
  MeasureProgress(Console console, int runs) {
    this(console, runs, "measuring…", "");
  }

  /// @param what is going on
  /// @param ahead what is known already, one line; empty for nothing
  MeasureProgress(Console console, int runs, String what, String ahead) {
    this(
        console,
        Terminal.moves(console)
            ? Terminal.style(console, null, Terminal.Color.AUTO, true)
            : Style.plain(),
        runs,
        what,
        ahead,
        System::nanoTime);
  }

  /// The same of what may last; how long is said at once, where nothing moves too.
  ///
  /// @param what is going on, without an ellipsis
  /// @param wait empty for what is short
  static MeasureProgress lasting(
      Console console, int runs, String what, Optional<Effort> wait, String ahead) {
    String about = wait.map(e -> ", " + e.about()).orElse("");
    if (wait.isPresent() && !Terminal.moves(console)) {
      console.complain(what + about);
    }
    return new MeasureProgress(console, runs, what + about + "…", ahead);
  }

  MeasureProgress(
      Console console, Style style, int runs, String what, String ahead, LongSupplier nanos) {
    this.console = console;
    this.style = style;
    this.runs = runs;
    this.what = what;
    this.ahead = ahead;
    this.nanos = nanos;
    visible = Terminal.moves(console);
    start = nanos.getAsLong();
    last = start;
    // Loading the native libraries is the slowest part of a small measurement.
    show(what);
  }

  @Override
  public ProbeListener apply(int run) {
    return new ProbeListener() {
      @Override
      public void progress(int done, int total) {
        step(run, done, total);
      }
    };
  }

  private void step(int run, int done, int total) {
    long now = nanos.getAsLong();
    first = first < 0 ? now : first;
    if (now - start > SLOW_NANOS && now - last > OFTEN_NANOS) {
      last = now;
      // How many passes lsuv takes is not known ahead.
      int all = Math.max(runs, run + 1);
      double share = (run + (double) done / Math.max(1, total)) / all;
      double seconds = (now - first) / 1e9;
      String left = share > 0 && seconds > 0 ? Bar.left(seconds / share - seconds) : Bar.UNKNOWN;
      String numbers = String.format(Locale.ROOT, " %3d%%  %s", (int) (100 * share), left);
      predicted();
      show(
          what + " " + Bar.of(share, style) + numbers + where(run, all, done, total),
          what + numbers);
    }
  }

  /// A pass goes through all nodes forward, then backward.
  private static String where(int run, int runs, int done, int total) {
    if (runs > 1) {
      return "  run " + (run + 1) + " of " + runs;
    }
    int nodes = total / 2;
    return done <= nodes
        ? "  forward, node " + done + " of " + nodes
        : "  backward, node " + (total - done) + " of " + nodes;
  }

  /// Once, above the bar.
  private void predicted() {
    if (!aheadShown && !ahead.isEmpty() && visible) {
      String line = Plain.fit(Console.oneLine(ahead), style.width() - 1, style.unicode());
      StatusLine.keep(console, line);
      aheadShown = true;
    }
  }

  private void show(String text) {
    show(text, text);
  }

  /// @param narrow where the terminal is too narrow for `text`
  private void show(String text, String narrow) {
    if (visible) {
      boolean fits = Plain.columns(text) < style.width();
      String line = Plain.text(fits ? text : narrow, style.unicode());
      StatusLine.show(console, fits && style.color() ? text : line);
      shown = true;
    }
  }

  @Override
  public void close() {
    if (shown) {
      StatusLine.clear(console, aheadShown);
    }
  }
}
