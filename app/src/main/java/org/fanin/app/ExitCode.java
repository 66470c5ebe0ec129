package org.fanin.app;

/// What the process says to its caller.
enum ExitCode {
  OK(0),
  INTERNAL(1),
  USAGE(2),
  UNHEALTHY(3),
  UNREADABLE(4);

  final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /// The graver of two, for several files: an error of ours, an unreadable file, an unhealthy
  /// network.
  ExitCode worst(ExitCode other) {
    return gravity() >= other.gravity() ? this : other;
  }

  private int gravity() {
    return switch (this) {
      case OK -> 0;
      case UNHEALTHY -> 1;
      case UNREADABLE -> 2;
      case USAGE -> 3;
      case INTERNAL -> 4;
    };
  }

  static final String HELP =
      """

      Exit codes: 0 healthy, 1 internal error, 2 wrong usage, 3 unhealthy network, 4 unreadable file.\
      """;
}
