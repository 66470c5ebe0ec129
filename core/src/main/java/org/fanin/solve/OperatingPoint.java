package org.fanin.solve;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.fanin.math.Fn;
import org.fanin.math.Gaussian;
import org.fanin.math.HermiteExpansion;
import org.fanin.math.Moments;

/// The second moment q of pre-activations at which a chain of layers is best run.
///
/// With the signal held at q, Var(w) = q/(fan_in·Eφ²), a layer multiplies the gradient by χ(q) =
/// q·Eφ′²/Eφ² and a small deviation of one sample's ln q by the elasticity e(q) = q·E[z·φφ′]…/Eφ² =
/// d ln Eφ²/d ln q. Rectifiers have χ = e = 1 at every q. Others do not: tanh has χ ≈ 1 + 4q²/3, so
/// that depth 100 needs a small q; a sigmoid has χ = 1 only near q = 50; a GELU is unstable (e > 1)
/// at q = 1, close to a rectifier above and to a line below. The point is searched that costs least
/// over the chain: nats of gradient drift, of deviation between samples, of angle between inputs
/// lost beyond 95%, and scatter between seeds.
final class OperatingPoint {
  /// Nats of gradient drift, or of deviation between samples, over the whole chain that are let
  /// pass: a factor of 2.
  private static final double FREE = Math.log(2);

  /// Saturated units cost: a share above .3 draws a verdict (theory.md section 10).
  private static final double SATURATED = .3;

  private static final double SATURATION_COST = 4;

  /// Of two equally good points the one nearer 1 is the commoner.
  private static final double DISTANCE_COST = .1;

  /// 1 − c in double precision cannot be told from 0 below this.
  private static final double LEAST = 1e-13;

  private static final double LOWEST = -14;
  private static final double HIGHEST = 8;
  private static final double STEP = .25;
  private static final Map<String, Double> CACHE = new ConcurrentHashMap<>();
  private static final int LARGEST = 256;

  /// Share of the angle between inputs that may be lost for nothing (theory.md section 10).
  private static final double ANGLE_LEFT = .05;

  /// An angle once lost is lost; a gradient that drifts can be made up for.
  private static final double ANGLE_COST = 4;

  /// Variance over seeds of ln m2 that costs nothing (theory.md section 10).
  private static final double SCATTER = .5;

  private final Fn fn;
  private final double depth;
  private final double thin;
  private final double steepest;

  private OperatingPoint(Fn fn, double depth, double thin) {
    this.fn = fn;
    this.depth = depth;
    this.thin = thin;
    double top = 0;
    for (int i = -40; i <= 40; i++) {
      top = Math.max(top, Math.abs(fn.slopeAt(i / 8.0 + 1e-9)));
    }
    steepest = top;
  }

  /// ln q for a chain of `depth` layers through `fn`.
  ///
  /// @param thin Σ 1/width over the chain
  static double ln(Fn fn, double depth, double thin) {
    return switch (fn.form()) {
      case Fn.Form.AbRelu _, Fn.Form.Affine _ -> 0;
      case Fn.Form.Sine _, Fn.Form.Exponential _, Fn.Form.General _ -> {
        // Half a layer makes no difference, and nearly equal chains share one search.
        double d = Math.max(1, Math.rint(2 * depth) / 2);
        if (CACHE.size() > LARGEST) {
          CACHE.clear();
        }
        double t = Math.max(.01, Math.rint(thin * 100) / 100);
        yield CACHE.computeIfAbsent(
            fn.name() + '@' + d + '@' + t, _ -> new OperatingPoint(fn, d, t).search());
      }
    };
  }

  /// How many nats a chain at q = 1 costs more than at its best point.
  static double worth(Fn fn, double depth) {
    return switch (fn.form()) {
      case Fn.Form.AbRelu _, Fn.Form.Affine _ -> 0;
      case Fn.Form.Sine _, Fn.Form.Exponential _, Fn.Form.General _ -> {
        OperatingPoint p = new OperatingPoint(fn, Math.max(1, Math.rint(2 * depth) / 2), .01);
        yield p.cost(0) - p.cost(ln(fn, depth, .01));
      }
    };
  }

  private double search() {
    double best = 0;
    double least = cost(0);
    for (double x = LOWEST; x <= HIGHEST; x += STEP) {
      double c = cost(x);
      if (c < least) {
        least = c;
        best = x;
      }
    }
    return Double.isFinite(least) ? refined(best) : 0;
  }

  /// Ternary search between the grid's neighbours.
  private double refined(double x) {
    double a = x - STEP;
    double b = x + STEP;
    for (int i = 0; i < 40; i++) {
      double m1 = a + (b - a) / 3;
      double m2 = b - (b - a) / 3;
      if (cost(m1) <= cost(m2)) {
        b = m2;
      } else {
        a = m1;
      }
    }
    double found = (a + b) / 2;
    return cost(found) < cost(x) ? found : x;
  }

  private double cost(double lnQ) {
    double q = StrictMath.exp(lnQ);
    double sd = Math.sqrt(q);
    Moments m = Gaussian.moments(fn, 0, sd);
    double drift = Math.abs(StrictMath.log(q * m.slopeM2() / m.ef2()));
    double unstable = Math.max(0, StrictMath.log(elasticity(q, m.ef2())));
    double c =
        Math.max(0, depth * drift - FREE)
            + Math.max(0, depth * unstable - FREE)
            + Math.max(0, thin * (m.kurtosis() - 1) - SCATTER)
            + lostAngle(sd)
            + SATURATION_COST * Math.max(0, saturated(sd) - SATURATED)
            + DISTANCE_COST * Math.abs(lnQ);
    return Double.isNaN(c) ? Double.POSITIVE_INFINITY : c;
  }

  /// Nats of 1 − c below 1 − .95 after the chain, for two inputs that begin at right angles.
  private double lostAngle(double sd) {
    HermiteExpansion e = HermiteExpansion.of(fn, 0, sd);
    double cos = 0;
    for (int i = 0; i < depth; i++) {
      cos = Math.clamp(e.kernel(cos) / e.ef2(), -1, 1);
      if (1 - cos < LEAST) {
        break;
      }
    }
    return ANGLE_COST * Math.max(0, StrictMath.log(ANGLE_LEFT / Math.max(LEAST, 1 - cos)));
  }

  private double elasticity(double q, double ef2) {
    double up = Gaussian.moments(fn, 0, Math.sqrt(q * 1.01)).ef2();
    return StrictMath.log(up / ef2) / StrictMath.log(1.01);
  }

  /// Share of units with φ′² below a tenth of its maximum, for functions bounded on both sides.
  private double saturated(double sd) {
    double far = 40 * Math.max(1, sd);
    if (Math.abs(fn.slopeAt(far)) > .01 * steepest || Math.abs(fn.slopeAt(-far)) > .01 * steepest) {
      return 0;
    }
    double limit = Math.sqrt(.1) * steepest;
    int flat = 0;
    int points = 101;
    for (int i = 0; i < points; i++) {
      double z = org.fanin.math.Normal.quantile((i + .5) / points);
      flat += Math.abs(fn.slopeAt(sd * z)) < limit ? 1 : 0;
    }
    return (double) flat / points;
  }
}
