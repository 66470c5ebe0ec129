package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.math.HermiteExpansion;
import org.fanin.math.Normal;
import org.fanin.predict.Forecast.Observation.Kind;

/// Facts about single activations that verdicts ask for: how much of a saturating function's range
/// is flat, how many rectified units no sample reaches, and what a normalised layer does to the
/// gradient.
final class Health {
  /// Points of the standard normal, by equal probability.
  private static final int POINTS = 200;

  /// φ′² below this share of its largest value is flat.
  private static final double FLAT = 0.1;

  private Health() {}

  static void observe(Context c, Node n, Fn fn, Field x) {
    if (x.isZero() || Math.abs(x.ln) > 500) {
      return;
    }
    double unit = Math.exp(x.ln / 2);
    double sd = unit * Math.sqrt(x.centred());
    double mean = unit * x.mean;
    switch (fn.form()) {
      case Fn.Form.AbRelu r -> {
        if (r.below() == 0 && r.above() != 0) {
          c.observe(Kind.NEVER_ACTIVE, n, neverActive(x));
        }
      }
      case Fn.Form.Affine _, Fn.Form.Sine _, Fn.Form.Exponential _ -> {}
      case Fn.Form.General _ -> {
        if (saturates(fn)) {
          c.observe(Kind.SATURATED_SHARE, n, flatShare(fn, mean, sd));
        }
      }
    }
  }

  /// Bounded on both sides: its slope dies out far from 0 in either direction.
  private static boolean saturates(Fn fn) {
    double steepest = steepest(fn);
    return steepest > 0
        && Math.abs(fn.slopeAt(40)) < 0.01 * steepest
        && Math.abs(fn.slopeAt(-40)) < 0.01 * steepest;
  }

  private static double steepest(Fn fn) {
    double top = 0;
    for (int i = -40; i <= 40; i++) {
      top = Math.max(top, Math.abs(fn.slopeAt(i / 8.0 + 1e-9)));
    }
    return top;
  }

  private static double flatShare(Fn fn, double mean, double sd) {
    double limit = FLAT * steepest(fn) * steepest(fn);
    int flat = 0;
    for (int i = 0; i < POINTS; i++) {
      double slope = fn.slopeAt(mean + sd * Normal.quantile((i + 0.5) / POINTS));
      flat += slope * slope < limit ? 1 : 0;
    }
    return (double) flat / POINTS;
  }

  /// E_z Φ(−z√(c/(1−c)))^B: units whose pre-activation is negative on all B samples (and positions)
  /// of a batch whose pre-activations have cosine c.
  private static double neverActive(Field x) {
    int batch = x.rank() == 0 ? 0 : x.maskOf(0);
    if (batch == 0 || x.centred() <= 0) {
      return 0;
    }
    double samples = x.dim(0);
    double rho = (x.averageDiffering(batch) - x.mean * x.mean) / x.centred();
    double cos = Math.clamp(rho, 0, 1 - 1e-9);
    double shift = x.mean / Math.sqrt(x.centred());
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      double z = Normal.quantile((i + 0.5) / POINTS);
      double below = Normal.cdf(-(shift + z * Math.sqrt(cos)) / Math.sqrt(1 - cos));
      sum += Math.pow(below, samples) / POINTS;
    }
    return sum;
  }

  /// Eφ′²/Var φ of the activation whose layer a training-mode batch normalisation follows: the
  /// factor of the gradient per layer (Yang et al. 2019).
  static void observeNorm(Context c, Node norm) {
    int producer = c.graph.value(norm.input(0)).producer();
    if (producer < 0) {
      return;
    }
    Node layer = c.graph.nodes().get(producer);
    boolean linear = layer.op() instanceof Op.Conv || layer.op() instanceof Op.Contract;
    if (!linear || !c.isKnown(layer.input(0)) || c.known(layer.input(0)).curve().isEmpty()) {
      return;
    }
    Signal.Curve curve = c.known(layer.input(0)).curve().get();
    Field root = curve.rootField();
    if (root.isZero() || root.centred() < 1e-9 || Math.abs(root.ln) > 200) {
      return;
    }
    double unit = Math.exp(root.ln / 2);
    HermiteExpansion e =
        HermiteExpansion.of(curve.fn(), root.mean * unit, Math.sqrt(root.centred()) * unit);
    if (e.variance() > 0 && Double.isFinite(e.slopeM2())) {
      // In units of the root's own scale, which the normalisation before it fixed.
      c.observe(
          Kind.NORM_EXPLOSION_FACTOR,
          norm,
          e.slopeM2() * unit * unit * root.centred() / e.variance());
    }
  }
}
