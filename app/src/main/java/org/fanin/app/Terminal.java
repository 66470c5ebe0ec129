package org.fanin.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.fanin.report.Style;

/// What standard output can show.
final class Terminal {
  private static final int FILE_WIDTH = 100;
  private static final int SOME_TERMINAL = 80;
  private static final int NARROWEST = 20;

  private Terminal() {}

  enum Color {
    AUTO,
    ALWAYS,
    NEVER
  }

  /// @param width asked for, or null
  static Style style(Console c, Integer width, Color color, boolean fold) {
    boolean unicode = c.out().charset().equals(StandardCharsets.UTF_8);
    return new Style(width == null ? width(c) : width, colored(c, color), unicode, fold);
  }

  /// Whether a line can be written over.
  static boolean moves(Console c) {
    return c.terminal() && !"dumb".equals(c.env().get("TERM"));
  }

  private static boolean colored(Console c, Color color) {
    return switch (color) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO ->
          c.terminal()
              && c.env().getOrDefault("NO_COLOR", "").isEmpty()
              && !"dumb".equals(c.env().get("TERM"));
    };
  }

  private static int width(Console c) {
    try {
      int columns = Integer.parseInt(c.env().getOrDefault("COLUMNS", ""));
      if (columns >= NARROWEST) {
        return columns;
      }
    } catch (NumberFormatException _) {
      // not set, or not by a shell
    }
    return c.terminal() ? askTerminal() : FILE_WIDTH;
  }

  /// `stty size` prints rows and columns; the JDK has no call for it.
  private static int askTerminal() {
    try {
      Process p =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (p.waitFor(1, TimeUnit.SECONDS)) {
        String[] size =
            new String(p.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                .trim()
                .split(" ");
        int columns = size.length == 2 ? Integer.parseInt(size[1]) : 0;
        return columns >= NARROWEST ? columns : SOME_TERMINAL;
      }
    } catch (IOException | NumberFormatException _) {
      // no stty: a usual width does
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return SOME_TERMINAL;
  }
}
