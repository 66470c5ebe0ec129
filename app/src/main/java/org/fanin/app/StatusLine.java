package org.fanin.app;

/// The line on standard error that says how far something is. When Ctrl-C ends the process in the
/// middle, it ends with a line end, so that the shell's prompt has a line of its own.
final class StatusLine {
  private static final String CLEAR = "\r\u001b[K";
  private static Console open;
  private static boolean hooked;

  private StatusLine() {}

  /// Puts a text in place of what the line shows.
  static synchronized void show(Console console, String text) {
    if (!hooked) {
      hooked = true;
      Runtime.getRuntime().addShutdownHook(new Thread(StatusLine::end, "status-line"));
    }
    open = console;
    print(console, CLEAR + text);
  }

  /// Puts a whole line in its place, and begins a new one.
  static synchronized void keep(Console console, String text) {
    open = null;
    print(console, CLEAR + text + "\n");
  }

  /// Clears the line, and with `above` the one above it too.
  static synchronized void clear(Console console, boolean above) {
    open = null;
    print(console, CLEAR + (above ? "\u001b[A" + CLEAR : ""));
  }

  private static synchronized void end() {
    if (open != null) {
      print(open, "\n");
      open = null;
    }
  }

  private static void print(Console console, String text) {
    console.err().print(text);
    console.err().flush();
  }
}
