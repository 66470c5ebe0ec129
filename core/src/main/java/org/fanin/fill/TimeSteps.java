package org.fanin.fill;

import org.fanin.plan.Draw;

/// softplus⁻¹ of a log-uniform time step: ln(e^Δ − 1) with Δ = exp(U(ln low, ln high)). Computed in
/// double, relative error of e^value below 1e-14 for Δ from 1e-100 to 100; narrower types round it
/// once to float, then to their own.
final class TimeSteps implements Values {
  private final RandomValues wide;
  private final RandomValues narrow;

  private TimeSteps(RandomValues narrow, RandomValues wide) {
    this.narrow = narrow;
    this.wide = wide;
  }

  /// @throws IllegalArgumentException unless 1e-300 ≤ low ≤ high ≤ 700
  static TimeSteps of(StreamKey key, Draw.SoftplusInverse d) {
    if (!(d.low() >= 1e-300 && d.low() <= d.high() && d.high() <= 700)) {
      throw new IllegalArgumentException(
          "time steps from 1e-300 to 700 are wanted, low ≤ high, found "
              + d.low()
              + " and "
              + d.high());
    }
    double from = Elementary.log(d.low());
    double width = Elementary.log(d.high()) - from;
    RandomValues.FloatLaw law =
        (_, words, out, at, count) -> {
          for (int i = 0; i < count; i++) {
            double u = ((words[i] & 0xFFFFFFFFL) + 0.5) * 0x1p-32;
            out[at + i] = (float) inverse(Elementary.exp(Math.fma(u, width, from)));
          }
        };
    RandomValues.DoubleLaw wide =
        bits -> inverse(Elementary.exp(Math.fma(((bits >>> 12) + 0.5) * 0x1p-52, width, from)));
    return new TimeSteps(
        new RandomValues(key, StreamKey.ELEMENTS, 0, law, wide),
        new RandomValues(key, StreamKey.ELEMENTS, 0, law, wide));
  }

  /// ln(e^Δ − 1).
  static double inverse(double step) {
    return step > 1
        ? step + Elementary.log(-Elementary.expm1(-step))
        : Elementary.log(Elementary.expm1(step));
  }

  @Override
  public void read(long first, float[] out, int offset, int count) {
    narrow.read(first, out, offset, count);
  }

  @Override
  public void read(long first, double[] out, int offset, int count) {
    wide.read(first, out, offset, count);
  }
}
