package org.fanin.app;

/// The caller's fault: wrong options or arguments. The message is one line.
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
