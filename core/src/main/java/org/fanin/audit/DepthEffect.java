package org.fanin.audit;

import java.util.HashMap;
import java.util.Map;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.math.Gaussian;
import org.fanin.math.Moments;

/// A chain of equal layers z′ = g·W φ(z), from z ~ N(0, 1) on: what it makes of the signal and, on
/// the way back, of the gradient.
final class DepthEffect {
  /// Layers followed one by one; further ones multiply as the last.
  private static final int FOLLOWED = 64;

  /// Where q has settled.
  private static final double SETTLED = 1e-6;

  /// Factors are told apart to 2%: [#of] asks for many that are nearly alike.
  private static final double STEP = 50;

  private final Map<String, Fn> functions = new HashMap<>();
  private final Map<String, Total> known = new HashMap<>();

  /// @param lnSignal ln of E φ² behind the last layer over that before the first
  /// @param lnGradient ln of the gradient's second moment before the first layer over that behind
  ///   the last, fan-out taken as fan-in
  record Total(double lnSignal, double lnGradient) {
    static final Total NONE = new Total(0, 0);
  }

  /// E φ²(z), z ~ N(0, 1); 1 for an activation without a name.
  double share(String activation) {
    Fn f = function(activation);
    double x = Gaussian.moments(f, 0, 1).ef2();
    return x > 0 && x < Double.POSITIVE_INFINITY ? x : 1;
  }

  private Fn function(String activation) {
    return functions.computeIfAbsent(
        activation,
        a -> {
          try {
            return a.isEmpty() ? Fns.identity() : Fns.named(a);
          } catch (IllegalArgumentException _) {
            return Fns.identity(); // an activation Fanin has no name for
          }
        });
  }

  /// @param g2 E w²·fan_in·c², what a layer multiplies E φ² by
  Total of(String activation, double g2, int layers) {
    if (!(g2 > 0)) {
      return Total.NONE;
    }
    Fn f = function(activation);
    if (f.form() instanceof Fn.Form.AbRelu) {
      Moments m = Gaussian.moments(f, 0, 1);
      return new Total(
          layers * StrictMath.log(g2 * m.ef2()), layers * StrictMath.log(g2 * m.slopeM2()));
    }
    double ln = Math.rint(StrictMath.log(g2) * STEP) / STEP;
    return known.computeIfAbsent(
        activation + " " + ln + " " + layers, _ -> follow(f, StrictMath.exp(ln), layers));
  }

  private static Total follow(Fn f, double g2, int layers) {
    double q = 1;
    double before = Gaussian.moments(f, 0, 1).ef2();
    double signal = before;
    double gradient = 0;
    for (int l = 0; l < layers; l++) {
      double next = g2 * signal;
      Moments m = Gaussian.moments(f, 0, Math.sqrt(next));
      double step = StrictMath.log(g2 * m.slopeM2());
      double growth = StrictMath.log(m.ef2() / signal);
      if (!Double.isFinite(step) || !Double.isFinite(growth)) {
        return new Total(StrictMath.log(signal / before), gradient);
      }
      boolean last = l + 1 == FOLLOWED || Math.abs(next / q - 1) < SETTLED;
      int more = last ? layers - l : 1;
      gradient += more * step;
      if (last) {
        return new Total(StrictMath.log(signal / before) + more * growth, gradient);
      }
      q = next;
      signal = m.ef2();
    }
    return new Total(StrictMath.log(signal / before), gradient);
  }
}
