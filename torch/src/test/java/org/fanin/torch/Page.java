package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A table for a page of the documentation: printed, and with `-Dpage=FILE` put between the
/// comments `begin NAME` and `end NAME` of that file.
final class Page {
  private final String section;
  private final List<String> lines = new ArrayList<>();

  Page(String section) {
    this.section = section;
  }

  void line(String s) {
    add(s);
    System.out.println(s);
  }

  /// Without printing.
  void add(String s) {
    lines.add(s);
  }

  void write() throws IOException {
    String file = System.getProperty("page", "");
    if (file.isEmpty()) {
      return;
    }
    Path path = Path.of(file);
    String text = Files.readString(path);
    String begin = "<!-- begin " + section + " -->\n";
    String end = "<!-- end " + section + " -->";
    int from = text.indexOf(begin);
    int to = text.indexOf(end);
    if (from < 0 || to < from) {
      throw new IllegalArgumentException(file + ": no lines '" + begin.strip() + "' and '" + end);
    }
    String head = text.substring(0, from + begin.length());
    Files.writeString(path, head + String.join("\n", lines) + "\n" + text.substring(to));
  }
}
