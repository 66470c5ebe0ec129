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
}
