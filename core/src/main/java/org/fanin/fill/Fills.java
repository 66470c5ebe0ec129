package org.fanin.fill;

import org.fanin.plan.TensorPlan;

/// Makes plans into bytes.
public final class Fills {
  private Fills() {}

  /// @param seed any 64 bits
  /// @throws IllegalArgumentException for a draw that does not fit its shape
  public static TensorFill open(long seed, TensorPlan plan) {
    throw new UnsupportedOperationException("not built yet: " + seed + plan.name());
  }
}
