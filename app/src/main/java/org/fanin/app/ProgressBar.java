package org.fanin.app;

import java.util.Locale;
import java.util.function.LongSupplier;
import org.fanin.formats.Sizes;
import org.fanin.formats.WriteProgress;
import org.fanin.math.NumberText;
import org.fanin.report.Style;

/// A bar on standard error for a long write: file, share, rate and time left. Only on a terminal
/// that can move its cursor; gone when the work is done.
final class ProgressBar implements WriteProgress, AutoCloseable {
  private static final int SHORT_NAME = 10;

  /// A write that is over sooner needs no bar.
  private static final double QUIET_SECONDS = 0.5;

  /// Memory of the rate, so that it follows the disk and does not jump.
  private static final double MEMORY_SECONDS = 3;

  private final Console console;
  private final Style style;
  private final LongSupplier nanos;
  private final boolean visible;
  private final long start;
  private long lastNanos = -1;
  private long lastDone;
  private double recentBytes;
  private double recentSeconds;
  private boolean shown;

  ProgressBar(Console console) {
    this(console, Terminal.style(console, null, Terminal.Color.AUTO, true), System::nanoTime);
  }

  ProgressBar(Console console, Style style, LongSupplier nanos) {
    this.console = console;
    this.style = style;
    this.nanos = nanos;
    this.visible = Terminal.moves(console);
    this.start = nanos.getAsLong();
  }

  @Override
  public void update(long done, long total, String what) {
    long now = nanos.getAsLong();
    measure(done, now);
    if (visible && (now - start) / 1e9 >= QUIET_SECONDS) {
      StatusLine.show(console, line(done, total, Console.oneLine(what)));
      shown = true;
    }
  }

  /// Bytes and seconds, both fading: no first value to forget. What came before the first call is
  /// not writing.
  private void measure(long done, long now) {
    double seconds = lastNanos < 0 ? 0 : (now - lastNanos) / 1e9;
    if (seconds > 0) {
      double keep = Math.exp(-seconds / MEMORY_SECONDS);
      recentBytes = recentBytes * keep + Math.max(0, done - lastDone);
      recentSeconds = recentSeconds * keep + seconds;
    }
    lastNanos = now;
    lastDone = done;
  }

  /// Bytes per second, 0 when not known.
  private double rate() {
    return recentSeconds > 0 ? recentBytes / recentSeconds : 0;
  }

  private String line(long done, long total, String what) {
    double share = total == 0 ? 1 : Math.clamp((double) done / total, 0, 1);
    String numbers =
        String.format(
            Locale.ROOT,
            " %3d%%  %s of %s  %s  %s",
            (int) (100 * share),
            Sizes.text(done),
            Sizes.text(total),
            NumberText.rate(rate()),
            left(total - done));
    int room = style.width() - 1 - Bar.CELLS - numbers.length();
    if (room < 0) {
      return numbers.strip().substring(0, Math.min(numbers.strip().length(), style.width() - 1));
    }
    String name = room < SHORT_NAME ? "" : cut(what, room - 1) + " ";
    return name + Bar.of(share, style) + numbers;
  }

  private String cut(String s, int most) {
    String dots = style.unicode() ? "…" : "...";
    return s.length() <= most ? s : dots + s.substring(s.length() - most + dots.length());
  }

  private String left(long bytes) {
    return rate() <= 0 ? Bar.UNKNOWN : Bar.left(Math.max(0, bytes) / rate());
  }

  /// Wipes the bar.
  @Override
  public void close() {
    if (shown) {
      StatusLine.clear(console, false);
    }
  }
}
