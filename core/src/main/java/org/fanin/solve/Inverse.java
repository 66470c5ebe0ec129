package org.fanin.solve;

import org.fanin.math.Fn;
import org.fanin.math.Gaussian;
import org.fanin.math.Moments;

/// The second moment that has to go into a function for a given one to come out.
final class Inverse {
  private static final double LOWEST = -40;
  private static final double HIGHEST = 20;

  /// A function whose value at 0 makes more than half of what is wanted cannot be scaled.
  private static final double HALF = Math.log(2);

  private Inverse() {}

  /// ln q with E φ² = exp(target), φ monotone in scale; NaN where no q comes within a factor of 2
  /// (a sigmoid never falls below 1/4).
  static double lnQ(Fn fn, double target) {
    if (fn.form() instanceof Fn.Form.AbRelu(double a, double b)) {
      return target - Math.log((a * a + b * b) / 2);
    }
    if (out(fn, LOWEST) > target - HALF) {
      return Double.NaN;
    }
    double low = LOWEST;
    double high = HIGHEST;
    for (int i = 0; i < 60; i++) {
      double mid = (low + high) / 2;
      if (out(fn, mid) < target) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return high >= HIGHEST ? Double.NaN : high;
  }

  /// Share of E φ² that is the square of the mean at ln q: it adds up over branches without
  /// cancelling.
  static double meanShare(Fn fn, double lnQ) {
    Moments m = Gaussian.moments(fn, 0, StrictMath.exp(Math.max(LOWEST, lnQ) / 2));
    double share = m.mean() * m.mean() / m.ef2();
    return share >= 0 && share <= 1 ? share : 0;
  }

  private static double out(Fn fn, double lnQ) {
    double ln = Gaussian.moments(fn, 0, StrictMath.exp(lnQ / 2)).lnEf2();
    return Double.isNaN(ln) ? Double.POSITIVE_INFINITY : ln;
  }
}
