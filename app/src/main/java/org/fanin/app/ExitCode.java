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

  /// Lines of a command's help, for picocli's list of exit codes.
  static final String HEADING = "%nExit codes:%n";

  static final String HEALTHY = "0:healthy";
  static final String OURS = "1:internal error";
  static final String WRONG_USAGE = "2:wrong usage";
  static final String SICK = "3:unhealthy network";
  static final String NOT_READ = "4:unreadable file";
}
