package org.fanin.fill;

import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;

/// Draws whose elements depend on one another.
final class MatrixFills {
  private MatrixFills() {}

  /// Matrix numbers that a draw uses up: the next part of the same tensor begins after them.
  static long numbers(Draw draw, Shape shape) {
    return 0;
  }

  static Values values(StreamKey key, Draw draw, Shape shape, long number, boolean wide) {
    throw new IllegalStateException("matrices are not built yet: " + draw + " of " + shape);
  }
}
