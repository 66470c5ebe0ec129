package org.fanin.predict;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Normal;
import org.fanin.predict.PointwiseMoments.Scaled;
import org.fanin.predict.Signal.Curve;

/// How [Radial] passes the operators.
final class RadialRule {
  /// Nodes of the midpoint rule over ±REACH deviations: a kink at 0 falls between two.
  private static final int NODES = 64;

  private static final double REACH = 6.4;

  private RadialRule() {}

  /// Of all sources of a value, each with its share of the second moment.
  static Radial at(Context c, int value) {
    Radial sum = null;
    double all = 0;
    double unit = c.gradient(value).map(g -> g.ln).orElse(0.0);
    if (unit == Double.NEGATIVE_INFINITY) {
      return Radial.ISOTROPIC;
    }
    for (Source s : c.sources(value)) {
      Radial r = seen(c, value, s);
      if (c.sources(value).size() == 1) {
        return r;
      }
      double q = Math.exp(Math.clamp(PointwiseGradient.at(c, value, s).ln - unit, -600, 600));
      sum = sum == null ? r : Radial.sum(sum, all, r, q);
      all += q;
    }
    return sum == null ? Radial.ISOTROPIC : sum;
  }

  /// From the entry y = φ(u) of a source to another member x of its family, with D = dy/dx.
  private static Radial seen(Context c, int value, Source s) {
    if (s.factor().isEmpty() || s.entry() == value || s.landing().isPresent()) {
      return s.entry() == value ? s.radial() : Radial.ISOTROPIC;
    }
    Curve entry = PointwiseRule.curveOf(c, s.entry());
    Field root = entry.rootField();
    if (entry.fn() == null || PointwiseMoments.isPoint(root)) {
      return Radial.ISOTROPIC;
    }
    Curve own = PointwiseRule.familyOf(c, s.entry(), value);
    double unit = Scaled.of(entry.fn(), root.ln - root.base / 2).inScale();
    return through(
        s.radial(),
        PointwiseRule.fnOf(own).value(),
        entry.fn().value(),
        s.factor().get().value(),
        root.mean * unit,
        Math.sqrt(root.centred()) * unit);
  }

  private static Radial through(
      Radial entry,
      DoubleUnaryOperator x,
      DoubleUnaryOperator y,
      DoubleUnaryOperator slope,
      double mean,
      double sd) {
    double yy = 0;
    double dd = 0;
    double xx = 0;
    double both = 0;
    double own = 0;
    double step = 2 * REACH / NODES;
    for (int i = 0; i < NODES; i++) {
      double z = -REACH + (i + 0.5) * step;
      double w = Normal.pdf(z) * step;
      double u = mean + sd * z;
      double yu = y.applyAsDouble(u);
      double du = slope.applyAsDouble(u);
      double xu = x.applyAsDouble(u);
      yy += w * yu * yu;
      dd += w * du * du;
      xx += w * xu * xu;
      both += w * yu * du * xu;
      own += w * du * xu * du * xu;
    }
    return entry.through(yy, own, both, dd * xx);
  }

  /// At one operand of a sum.
  ///
  /// @param sign 1 at one operand, −1 at the other
  static Radial addend(Context c, int y, int to, int other, double sign) {
    if (!c.shape(to).equals(c.shape(y))) {
      return Radial.ISOTROPIC;
    }
    double share = 1 - Math.exp(Math.min(0, c.field(other).ln - c.field(y).ln));
    return c.isParameter(other)
        ? c.radial(y).scaled(Math.sqrt(share), 1 - share)
        : c.radial(y).addend(y, share, sign);
  }

  /// At one factor of a product.
  static Radial factor(Context c, int y, int to, int other) {
    if (!c.shape(to).equals(c.shape(y))) {
      return Radial.ISOTROPIC;
    }
    boolean two = !c.isParameter(other) && c.shape(other).equals(c.shape(y));
    return two ? c.radial(y).anchored(y) : c.radial(y);
  }

  /// At the input of a dense layer: g·x = δ·Wx. Elsewhere other features or tokens are summed.
  static Radial dense(
      Context c, Node n, Op.Contract op, int to, List<Integer> data, List<Integer> weight) {
    int y = n.outputs().getFirst();
    boolean features =
        c.isParameter(n.input(1 - to))
            && !c.isParameter(n.input(to))
            && !data.isEmpty()
            && !op.out().isEmpty()
            && !op.out().contains(data.getLast())
            && op.out().containsAll(data.subList(0, data.size() - 1))
            && !data.contains(op.out().getLast());
    if (!features) {
      return Radial.ISOTROPIC;
    }
    if (n.input(2) < 0) {
      return c.radial(y);
    }
    double bias = c.field(n.input(2)).ln + 2 * Math.log(Math.abs(op.beta()));
    double share = 1 - Math.exp(Math.min(0, bias - c.field(y).ln));
    return c.radial(y).scaled(Math.sqrt(share), 1 - share);
  }

  /// Through a change of shape that leaves a token's features together.
  static Radial moved(Context c, int y, int x, boolean lastStays) {
    boolean axes = c.shape(y).rank() > 0 && c.shape(x).rank() > 0;
    return lastStays && axes && c.shape(y).dim(-1) == c.shape(x).dim(-1)
        ? c.radial(y)
        : Radial.ISOTROPIC;
  }
}
