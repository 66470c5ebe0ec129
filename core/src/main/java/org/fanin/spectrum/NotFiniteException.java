package org.fanin.spectrum;

/// The network's derivative has NaN or infinite elements at this input.
final class NotFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1;

  NotFiniteException() {
    super("the network's derivative has NaN or infinite elements here");
  }
}
