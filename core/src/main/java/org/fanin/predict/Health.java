package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.HermiteExpansion;
import org.fanin.predict.Forecast.Observation.Kind;

/// What a normalised layer does to the gradient: a fact that verdicts ask for.
final class Health {
  private Health() {}

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
