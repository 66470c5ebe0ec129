package org.fanin.fill;

import org.fanin.plan.Draw;
import org.fanin.plan.TensorPlan;
import org.fanin.tensor.DType;

/// Makes plans into bytes.
public final class Fills {
  private Fills() {}

  /// Integer types take constants only.
  ///
  /// @param seed any 64 bits
  /// @throws IllegalArgumentException for a draw that does not fit its shape or type
  public static TensorFill open(long seed, TensorPlan plan) {
    DType dtype = plan.dtype();
    if (!dtype.floating()) {
      if (dtype.bytes() > 0 && plan.draw() instanceof Draw.Constant(double value)) {
        return Integers.of(value, dtype, plan.shape());
      }
      throw new IllegalArgumentException(
          plan.name() + ": a tensor of " + dtype + " takes a constant only, found " + plan.draw());
    }
    StreamKey key = StreamKey.of(seed, plan.name());
    Values values = Assembly.of(key, plan.draw(), plan.shape(), dtype == DType.F64);
    return new PlannedFill(values, new Encoder(dtype, key, plan.stochastic()), plan.shape());
  }
}
