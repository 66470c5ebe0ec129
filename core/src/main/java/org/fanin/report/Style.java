package org.fanin.report;

/// What the reader's terminal can show.
///
/// @param width columns; no line is longer
/// @param color whether ANSI colours may be used
/// @param unicode false: plain ASCII only
/// @param fold whether repeated blocks are folded into one line
public record Style(int width, boolean color, boolean unicode, boolean fold) {
  private static final int MIN_WIDTH = 20;

  public Style {
    width = Math.max(width, MIN_WIDTH);
  }

  /// Plain text of 100 columns, for files and tests.
  public static Style plain() {
    return new Style(100, false, true, true);
  }

  enum Ink {
    RED("31"),
    YELLOW("33"),
    GREEN("32"),
    BLUE("36"),
    DIM("2"),
    BOLD("1");

    private final String code;

    Ink(String code) {
      this.code = code;
    }
  }

  String paint(Ink ink, String text) {
    return color ? "\u001b[" + ink.code + "m" + text + "\u001b[0m" : text;
  }
}
