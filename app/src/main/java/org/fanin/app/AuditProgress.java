package org.fanin.app;

import java.util.Locale;
import org.fanin.math.NumberText;

/// A line on standard error with share, rate and time left: only on a terminal, only when it takes
/// a while.
final class AuditProgress {
  private static final long SLOW_NANOS = 1_000_000_000L;
  private static final long EVERY_NANOS = 200_000_000L;

  private final Console console;
  private final long total;
  private final long start = System.nanoTime();
  private long shown;

  AuditProgress(Console console, long total) {
    this.console = console;
    this.total = total;
  }

  /// @param bytes read so far; may be called from any thread
  synchronized void at(long bytes) {
    long now = System.nanoTime();
    if (!console.terminal() || now - start < SLOW_NANOS || now - shown < EVERY_NANOS) {
      return;
    }
    shown = now;
    double seconds = (now - start) * 1e-9;
    StatusLine.show(
        console,
        String.format(
            Locale.ROOT,
            "%3d%%  %s  %s s left",
            100 * bytes / Math.max(1, total),
            NumberText.rate(bytes / seconds),
            NumberText.fixed(seconds * (total - bytes) / Math.max(1, bytes), 0)));
  }

  synchronized void done() {
    if (shown != 0) {
      StatusLine.clear(console, false);
    }
  }
}
