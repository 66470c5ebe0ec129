package org.fanin.app;

import java.util.Locale;
import org.fanin.report.Style;

/// The parts of a line that says how far something is.
final class Bar {
  static final int CELLS = 20;
  static final String UNKNOWN = "-:-- left";
  private static final String GREEN = "\u001b[32m";
  private static final String PLAIN = "\u001b[0m";

  private Bar() {}

  /// [#CELLS] columns.
  ///
  /// @param share 0 to 1
  static String of(double share, Style style) {
    int full = (int) (CELLS * share);
    String on = (style.unicode() ? "━" : "#").repeat(full);
    String off = (style.unicode() ? "─" : "-").repeat(CELLS - full);
    return style.color() ? GREEN + on + PLAIN + off : on + off;
  }

  static String left(double seconds) {
    if (seconds > 359_999) {
      return "days left";
    }
    long s = Math.round(seconds);
    return s < 3600
        ? String.format(Locale.ROOT, "%d:%02d left", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d left", s / 3600, s / 60 % 60, s % 60);
  }
}
