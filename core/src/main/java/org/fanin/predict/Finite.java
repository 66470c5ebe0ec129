package org.fanin.predict;

import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.math.Normal;
import org.fanin.predict.Forecast.Observation.Kind;
import org.fanin.predict.Signal.Curve;

/// Functions that leave the numbers: logarithms and roots of negatives, divisions by 0,
/// exponentials of exponentials. Told where the root of the function is Gaussian by nature (an
/// input, a linear map, a normalisation), not where it is taken so for lack of better.
final class Finite {
  /// Elements are looked at where as many Gaussian ones lie between neighbours.
  private static final int STEPS = 128;

  private static final double SHARE = .01;

  private Finite() {}

  static void observe(Context c, Node n, Curve curve) {
    Field root = curve.rootField();
    boolean usable = Math.abs(root.ln) < 200 || root.isZero();
    if (curve.root() < 0 || !usable || !gaussian(c, curve.root())) {
      return;
    }
    double unit = root.isZero() ? 0 : Math.exp(root.ln / 2);
    double mean = root.mean * unit;
    double sd = unit * Math.sqrt(Math.max(0, root.centred()));
    int bad = 0;
    for (int i = 0; i < STEPS; i++) {
      double x = mean + sd * Normal.quantile((i + .5) / STEPS);
      bad += Double.isFinite(curve.fn().at(x)) ? 0 : 1;
    }
    double share = (double) bad / STEPS;
    if (share > SHARE) {
      c.observe(Kind.NON_FINITE, n, share);
    }
  }

  private static boolean gaussian(Context c, int value) {
    Value v = c.graph.value(value);
    if (v.producer() < 0) {
      return v.kind() == Value.Kind.INPUT && c.settings.input(v.name()).isEmpty();
    }
    Node n = c.graph.nodes().get(v.producer());
    return switch (n.op()) {
      case Op.Conv _, Op.ConvTranspose _, Op.Norm _, Op.BatchNorm _ -> true;
      case Op.Contract _ -> c.isParameter(n.input(0)) || c.isParameter(n.input(1));
      case Op _ -> false;
    };
  }
}
