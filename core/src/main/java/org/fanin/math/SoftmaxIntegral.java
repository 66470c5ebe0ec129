package org.fanin.math;

/// The single integrals of [SoftmaxMoments]: ∫ G(y)·B(y)^{T−1} dy by the trapezoidal rule, G a
/// smoothed bump and B the smoothed survival.
final class SoftmaxIntegral {
  private static final double FINEST = 0.35;
  private static final double MARGIN = 30;
  private static final double REACH = 8;
  private static final double EULER_GAMMA = 0.57721566490153286061;

  private final double keys;
  private final SmoothedGumbel law;
  private final double from;
  private final double to;
  private final double step;

  SoftmaxIntegral(double keys, double s) {
    this.keys = keys;
    this.law = new SmoothedGumbel(s);
    double ln = StrictMath.log(keys);
    this.from = -(ln + s * (Math.sqrt(2 * ln) + REACH) + MARGIN);
    this.to = REACH * s + 6;
    this.step = Math.max(FINEST, s / 15);
  }

  private interface Integrand {
    double at(double y, double survival);
  }

  private double integrate(Integrand f) {
    double sum = 0;
    for (double y = from; y <= to; y += step) {
      double b = law.survival(y);
      if (b > 0) {
        sum += f.at(y, b);
      }
    }
    return sum * step;
  }

  private static double power(double b, double n) {
    return n == 0 ? 1 : StrictMath.exp(n * StrictMath.log(b));
  }

  double concentration() {
    double i = keys * integrate((y, b) -> law.bumpMean(y, 2) * power(b, keys - 1));
    return Math.clamp(i, 1 / keys, 1.0);
  }

  double causalConcentration() {
    double sum = integrate((y, b) -> law.bumpMean(y, 2) * ramp(b, keys));
    return Math.clamp(sum / keys, 1 / keys, 1.0);
  }

  /// Σ_{t=1}^T t·b^{t−1}
  static double ramp(double b, double keys) {
    double miss = 1 - b;
    if (keys * miss < 1e-3) {
      return keys * (keys + 1) / 2 * (1 - 2 * (keys - 1) * miss / 3);
    }
    double last = power(b, keys);
    return (1 - last * (1 + keys * miss)) / (miss * miss);
  }

  double jacobianM2() {
    double r =
        integrate(
            (y, b) -> {
              double one = power(b, keys - 1);
              double g2 = law.bumpMean(y, 2);
              double squares = g2 - law.bumpMean(y, 3) + law.bumpMean(y, 4) / 6;
              return keys * (squares * one + (keys - 1) / 6 * g2 * g2 * power(b, keys - 2));
            });
    return Math.max(0, r);
  }

  SoftmaxMoments.LogSum logSumExp() {
    double start = Math.floor(from);
    double m1 = 0;
    double m2 = 0;
    for (double y = start; y <= to; y += step) {
      double d = law.bumpMean(y, 1) * keys * power(law.survival(y), keys - 1);
      m1 += d * y * step;
      m2 += d * y * y * step;
    }
    double variance = Math.max(0, m2 - m1 * m1 - Math.PI * Math.PI / 6);
    return new SoftmaxMoments.LogSum(-EULER_GAMMA - m1, variance);
  }
}
