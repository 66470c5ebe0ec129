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
/// at q = 1 and close to a rectifier above. The point is searched that costs least over the chain:
/// nats of gradient drift, of deviation between samples, of gain that grows with the signal, of
/// angle between inputs lost beyond 95%, and scatter between seeds.
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

  /// No signal that training makes is larger.
  private static final double LOUD = 1e5;

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
  private final boolean normed;
  private final double steepest;

  private OperatingPoint(Fn fn, double depth, double thin, boolean normed) {
    this.normed = normed;
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
    return ln(fn, depth, thin, false);
  }

  /// The same where a normalisation before each activation holds the level, so that nothing can
  /// drift from it.
  static double lnNormed(Fn fn, double depth) {
    return ln(fn, depth, 0, true);
  }

  private static double ln(Fn fn, double depth, double thin, boolean normed) {
    if (isScaleFree(fn)) {
      return 0;
    }
    // Half a layer makes no difference, and nearly equal chains share one search.
    double d = halves(depth);
    double t = Math.rint(thin * 100) / 100;
    if (CACHE.size() > LARGEST) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(
        fn.name() + '@' + d + '@' + t + normed, _ -> new OperatingPoint(fn, d, t, normed).search());
  }

  /// How many nats a normalised chain at q = 1 costs more than at its best point.
  static double worth(Fn fn, double depth) {
    if (isScaleFree(fn)) {
      return 0;
    }
    OperatingPoint p = new OperatingPoint(fn, halves(depth), 0, true);
    return p.cost(0) - p.cost(lnNormed(fn, depth));
  }

  private static boolean isScaleFree(Fn fn) {
    return fn.form() instanceof Fn.Form.AbRelu || fn.form() instanceof Fn.Form.Affine;
  }

  private static double halves(double depth) {
    return Math.max(1, Math.rint(2 * depth) / 2);
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
    double c =
        Math.max(0, depth * drift - FREE)
            + lostAngle(sd)
            + SATURATION_COST * Math.max(0, saturated(sd) - SATURATED)
            + DISTANCE_COST * Math.abs(lnQ)
            + (normed ? 0 : straying(q, m));
    return Double.isNaN(c) ? Double.POSITIVE_INFINITY : c;
  }

  /// What it costs that no normalisation holds the level.
  private double straying(double q, Moments m) {
    double e = elasticity(q, m.ef2());
    return Math.max(0, depth * StrictMath.log(e) - FREE)
        + Math.max(0, depth * takeOff(q, m.ef2()) - FREE)
        + Math.max(0, thin * (m.kurtosis() - 1) * amplified(e) - SCATTER);
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

  /// Mean over the chain of the square of what later layers make of a deviation of ln q.
  private double amplified(double elasticity) {
    double a = 2 * depth * StrictMath.log(elasticity);
    return Math.abs(a) < 1e-9 ? 1 : StrictMath.expm1(Math.min(a, 50)) / a;
  }

  /// By how many nats a layer's gain grows when the signal does. A GELU at vanishing q passes half
  /// of it, and all of its positive part once training has made it larger: the next layers then
  /// multiply it over and over.
  private double takeOff(double q, double ef2) {
    double most = 0;
    for (double up = 30; up * q <= LOUD; up *= 30) {
      double there = Gaussian.moments(fn, 0, Math.sqrt(q * up)).ef2();
      most = Math.max(most, StrictMath.log(there / up / ef2));
    }
    return most;
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
