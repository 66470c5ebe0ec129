package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Text fit for a terminal: names come from files and may hold anything.
final class Text {
  private static final Map<Integer, String> ASCII =
      Map.ofEntries(
          Map.entry((int) 'ᵢ', "_i"),
          Map.entry((int) 'Θ', "Theta"),
          Map.entry((int) 'ⱼ', "_j"),
          Map.entry((int) '⇒', "=>"),
          Map.entry((int) '⇔', "<=>"),
          Map.entry((int) '§', "sec. "),
          Map.entry((int) '∂', "d"),
          Map.entry((int) 'Σ', "sum "),
          Map.entry((int) 'Π', "prod "),
          Map.entry((int) '∇', "grad"),
          Map.entry((int) 'ξ', "xi"),
          Map.entry((int) 'χ', "chi"),
          Map.entry((int) '₁', "_1"),
          Map.entry((int) '∞', "inf"),
          Map.entry((int) 'λ', "lambda"),
          Map.entry((int) '“', "\""),
          Map.entry((int) '”', "\""),
          Map.entry((int) '½', "1/2"),
          Map.entry((int) 'ω', "omega"),
          Map.entry((int) '₀', "_0"),
          Map.entry((int) '≤', "<="),
          Map.entry((int) '’', "'"),
          Map.entry((int) 'α', "alpha"),
          Map.entry((int) 'ᵀ', "^T"),
          Map.entry((int) '×', "x"),
          Map.entry((int) '²', "^2"),
          Map.entry((int) '·', "*"),
          Map.entry((int) '…', "..."),
          Map.entry((int) '−', "-"),
          Map.entry((int) '√', "sqrt"),
          Map.entry((int) '→', "->"),
          Map.entry((int) '⋮', ":"),
          Map.entry((int) '±', "+-"),
          Map.entry((int) 'φ', "phi"),
          Map.entry((int) '′', "'"),
          Map.entry((int) 'β', "beta"),
          Map.entry((int) 'γ', "gamma"),
          Map.entry((int) 'σ', "sigma"),
          Map.entry((int) 'Φ', "Phi"),
          Map.entry((int) '≥', ">="),
          Map.entry((int) '✗', "FAIL"),
          Map.entry((int) '✓', "ok"),
          Map.entry((int) '─', "-"),
          Map.entry((int) '¹', "^1"),
          Map.entry((int) '⁻', "^-"),
          Map.entry((int) '–', "-"));

  private Text() {}

  /// Printable text: control, format and unassigned characters become `?`; with `unicode` false,
  /// everything beyond ASCII is spelt out or becomes `?`.
  static String clean(String s, boolean unicode) {
    if (s.chars().allMatch(c -> c >= ' ' && c < 127)) {
      return s;
    }
    StringBuilder b = new StringBuilder(s.length());
    s.codePoints().forEach(c -> b.append(cleaned(c, unicode)));
    return b.toString();
  }

  private static String cleaned(int c, boolean unicode) {
    boolean printable =
        switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.UNASSIGNED,
              Character.PRIVATE_USE,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR ->
              false;
          default -> true;
        };
    if (!printable) {
      return "?";
    }
    return unicode || c < 127 ? Character.toString(c) : ASCII.getOrDefault(c, "?");
  }

  /// Columns that a string takes: East Asian wide characters and emoji two, combining marks none.
  static int width(String s) {
    return s.codePoints().map(Text::width).sum();
  }

  private static int width(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }
    boolean wide =
        c >= 0x1100 && c <= 0x115f
            || c >= 0x2e80 && c <= 0xa4cf
            || c >= 0xac00 && c <= 0xd7a3
            || c >= 0xf900 && c <= 0xfaff
            || c >= 0xfe30 && c <= 0xfe6f
            || c >= 0xff00 && c <= 0xff60
            || c >= 0xffe0 && c <= 0xffe6
            || c >= 0x1f300 && c <= 0x1faff
            || c >= 0x20000 && c <= 0x3fffd;
    return wide ? 2 : 1;
  }

  /// At most `max` columns; what is too long keeps its two ends.
  static String fit(String s, int max, boolean unicode) {
    if (width(s) <= max) {
      return s;
    }
    String dots = unicode ? "…" : "..";
    if (max <= dots.length() + 1) {
      return head(s, max);
    }
    int left = (max - dots.length() + 1) / 3;
    return head(s, left) + dots + tail(s, max - dots.length() - left);
  }

  private static String head(String s, int max) {
    StringBuilder b = new StringBuilder();
    int used = 0;
    for (int c : s.codePoints().toArray()) {
      used += width(c);
      if (used > max) {
        break;
      }
      b.appendCodePoint(c);
    }
    return b.toString();
  }

  private static String tail(String s, int max) {
    int[] points = s.codePoints().toArray();
    int from = points.length;
    int used = 0;
    while (from > 0 && used + width(points[from - 1]) <= max) {
      used += width(points[--from]);
    }
    return new String(points, from, points.length - from);
  }

  static String padRight(String s, int width) {
    return s + " ".repeat(Math.max(0, width - width(s)));
  }

  static String padLeft(String s, int width) {
    return " ".repeat(Math.max(0, width - width(s))) + s;
  }

  /// Words in lines of at most `width` columns; a longer word is cut into pieces.
  static List<String> wrap(String s, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : s.split(" ")) {
      String rest = word;
      if (!line.isEmpty() && width(line.toString()) + 1 + width(rest) > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      while (width(rest) > width) {
        String piece = head(rest, width);
        lines.add(piece);
        rest = rest.substring(piece.length());
      }
      line.append(line.isEmpty() ? "" : " ").append(rest);
    }
    if (!line.isEmpty()) {
      lines.add(line.toString());
    }
    return lines;
  }
}
