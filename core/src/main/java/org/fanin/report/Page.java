package org.fanin.report;

import java.util.ArrayList;
import java.util.List;

/// Lines under way to a terminal: cleaned of what it cannot show, none wider than it is.
final class Page {
  private final Style style;
  private final List<String> out = new ArrayList<>();

  Page(Style style) {
    this.style = style;
  }

  List<String> lines() {
    return List.copyOf(out);
  }

  Style style() {
    return style;
  }

  /// Paragraph behind a lead, with its other lines indented as far.
  void wrapped(String lead, String text) {
    List<String> lines = Text.wrap(clean(text), Math.max(8, style.width() - lead.length()));
    String indent = " ".repeat(lead.length());
    for (int i = 0; i < lines.size(); i++) {
      put((i == 0 ? lead : indent) + lines.get(i));
    }
  }

  String clean(String s) {
    return Text.clean(s, style.unicode());
  }

  String fitted(String s) {
    return Text.fit(clean(s), style.width(), style.unicode());
  }

  /// A line that is ready.
  void put(String line) {
    out.add(line);
  }
}
