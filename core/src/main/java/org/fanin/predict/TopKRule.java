package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.OrderNormals;
import org.fanin.predict.Signal.Curve;
import org.fanin.tensor.Shape;

/// The k largest elements along an axis: order statistics of Gaussians with a common correlation,
/// taken of the Gaussian under a rising activation. The gradient goes back to where they came from.
final class TopKRule {
  /// Most values whose laws are written out.
  private static final long LARGEST = 1 << 20;

  private TopKRule() {}

  static void forward(Context c, Node n, Op.TopK op) {
    if (n.outputs().size() > 1) {
      c.set(n.outputs().get(1), new Signal.Discrete());
    }
    int values = n.outputs().getFirst();
    if (values < 0) {
      return;
    }
    Curve curve = PointwiseRule.curveOf(c, n.input(0));
    Top top = Top.of(curve, op, c.shape(values).dim(op.axis()));
    c.set(values, PointwiseMoments.apply(PointwiseRule.fnOf(curve), top.field()));
  }

  /// @param field the values before the activation
  /// @param mean of all of them together, `sd` their deviation, in units of the root's √m2
  private record Top(Field field, double mean, double sd) {

    static Top of(Curve curve, Op.TopK op, long k) {
      if (k > LARGEST) {
        throw new Context.MissingRule("the " + k + " largest elements");
      }
      if (!Maximum.rises(curve)) {
        throw Maximum.falls(curve);
      }
      Field root = curve.rootField();
      Top t = largest((op.largest() ? root : root.negated()).mergedAxis(op.axis()), op.axis(), k);
      return op.largest() ? t : new Top(t.field.negated(), -t.mean, t.sd);
    }

    private static Top largest(Field x, int axis, long k) {
      if (x.runs[axis] == 0) {
        return new Top(x, x.mean, Math.sqrt(x.centred()));
      }
      int a = x.first(axis);
      double v = x.centred();
      double square = x.mean * x.mean;
      double rho = v <= 0 ? 1 : Math.clamp((x.k[1 << a] - square) / v, 0, 1);
      Positions p = Positions.of(OrderNormals.largest((int) k, x.dim(axis)), x.mean, v, rho);
      double[] raw = new double[x.k.length];
      for (int m = 0; m < raw.length; m++) {
        double common = x.k[m | 1 << a] - square;
        double own = v * (1 - rho);
        double r = own <= 0 ? 1 : Math.clamp((x.k[m] - square - common) / own, -1, 1);
        // Uncorrelated rows share no ranks but what the positions' means say.
        raw[m] = (m >> a & 1) == 0 ? p.squares + common + p.own * r * r : p.pairs + common;
      }
      raw[0] = p.squares + v * rho + p.own;
      raw[1 << a] = p.pairs + v * rho + p.covariance;
      Field f = x.withProfile(a, null).rescaled(raw, p.mean, x.ln);
      double sd = Math.sqrt(Math.max(0, raw[0] - p.mean * p.mean));
      return new Top(k == 1 ? f.collapsed(a, 1, 0, 1) : resized(f, a, p.profile), p.mean, sd);
    }

    private static Field resized(Field f, int a, double[] profile) {
      long[] atoms = f.atoms.clone();
      atoms[a] = profile.length;
      return f.onAtoms(atoms, f.runs, f.profiles, f.k, f.channels).withProfile(a, profile);
    }
  }

  /// Averages over the k positions, in units of the root's m2.
  ///
  /// @param squares of the squared mean of a position; `pairs` of the product of two
  /// @param own of the variance that positions have beside what all elements share; `covariance` of
  ///   two positions
  private record Positions(
      double mean, double squares, double pairs, double own, double covariance, double[] profile) {
    static Positions of(OrderNormals law, double mu, double v, double rho) {
      int k = law.mean().size();
      double scale = Math.sqrt(v * (1 - rho));
      double own = v * (1 - rho);
      double sum = 0;
      double squares = 0;
      double variance = 0;
      double[] profile = new double[k];
      for (int i = 0; i < k; i++) {
        double mean = mu + scale * law.mean().get(i);
        sum += mean;
        squares += mean * mean;
        variance += own * law.variance().get(i);
        profile[i] = mean * mean + v * rho + own * law.variance().get(i);
      }
      double level = (squares + variance) / k + v * rho;
      for (int i = 0; i < k; i++) {
        profile[i] = level > 0 ? profile[i] / level : 1;
      }
      double pairs = k < 2 ? 0 : (sum * sum - squares) / ((double) k * (k - 1));
      return new Positions(
          sum / k, squares / k, pairs, variance / k, own * law.covariance(), profile);
    }
  }

  static void backward(Context c, Node n, Op.TopK op) {
    int values = n.outputs().getFirst();
    Optional<Field> at = c.gradient(values);
    if (at.isEmpty()) {
      return;
    }
    Shape in = c.shape(n.input(0));
    double k = c.shape(values).dim(op.axis());
    double extent = in.dim(op.axis());
    Field g = at.get().mergedAxis(op.axis());
    Field wide = ShapeRule.resized(g, op.axis(), in.dim(op.axis()));
    int axis = wide.maskOf(op.axis());
    double share = k / extent;
    double pairs = extent > 1 ? k * (k - 1) / (extent * (extent - 1)) : 1;
    double[] raw = new double[wide.k.length];
    for (int m = 0; m < raw.length; m++) {
      double both = (m & axis) != 0 ? pairs : m == 0 ? share : share * share;
      raw[m] = both * wide.k[m];
    }
    Curve curve = PointwiseRule.curveOf(c, n.input(0));
    Top top = Top.of(curve, op, (long) k);
    c.pass(
        n.input(0),
        new Source(
            n.input(0),
            wide.rescaled(raw, wide.mean * share, wide.ln),
            Optional.empty(),
            Optional.of(new Source.Landing(top.mean(), top.sd()))));
  }
}
