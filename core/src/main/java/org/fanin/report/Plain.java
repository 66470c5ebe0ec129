package org.fanin.report;

/// Text for a terminal that may know ASCII only.
public final class Plain {
  private Plain() {}

  /// Control characters become `?`; with `unicode` false everything beyond ASCII is spelt out.
  public static String text(String s, boolean unicode) {
    return Text.clean(s, unicode);
  }

  /// Words in lines of at most `width` columns.
  public static java.util.List<String> wrap(String s, int width, boolean unicode) {
    return Text.wrap(text(s, unicode), width);
  }

  /// At most `columns` of them; what is too long keeps its two ends.
  public static String fit(String s, int columns, boolean unicode) {
    return Text.fit(text(s, unicode), columns, unicode);
  }

  /// Columns that a string takes, colour codes apart.
  public static int columns(String s) {
    return Text.width(s.replaceAll("\u001b\\[[0-9;]*m", ""));
  }
}
