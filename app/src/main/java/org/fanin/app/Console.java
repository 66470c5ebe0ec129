package org.fanin.app;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/// The process's streams and environment, so that tests can run commands without a process.
///
/// @param terminal whether standard output (and input) is a terminal
record Console(
    PrintStream out, PrintStream err, InputStream in, Map<String, String> env, boolean terminal) {
  private static final int LONGEST_LINE = 600;

  /// One line on standard error.
  void complain(String message) {
    err.println("fanin: " + oneLine(message));
    err.flush();
  }

  /// File and tensor names may hold line ends and escapes.
  static String oneLine(String s) {
    String t = s == null ? "no message" : s;
    StringBuilder b = new StringBuilder();
    t.codePoints()
        .limit(LONGEST_LINE)
        .map(c -> isPlain(c) ? c : c == '\n' || c == '\t' ? ' ' : '?')
        .forEach(b::appendCodePoint);
    return b.toString().strip();
  }

  private static boolean isPlain(int c) {
    int type = Character.getType(c);
    return !Character.isISOControl(c)
        && type != Character.FORMAT
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR
        && type != Character.SURROGATE;
  }
}
