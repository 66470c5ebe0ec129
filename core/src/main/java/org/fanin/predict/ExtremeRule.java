package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Node;
import org.fanin.math.Fns;
import org.fanin.math.HermiteExpansion;
import org.fanin.math.Normal;
import org.fanin.tensor.Shape;

/// The larger or smaller of two independent Gaussian tensors: max(u, v) = (u + v ± |u − v|)/2, so
/// its pair moments are those of a sum, of an absolute value, and of one with the other (mean and
/// second moment: Clark 1961, eq. 2 and 3). The gradient goes to whichever won.
final class ExtremeRule {
  private ExtremeRule() {}

  /// u + v and u − v in a common unit.
  ///
  /// @param unit ln of the unit of second moments
  /// @param sum mean of u + v; `difference` of u − v, `sd` its deviation
  private record Both(
      Field x,
      Field y,
      double unit,
      double wx,
      double wy,
      double sum,
      double difference,
      double sd) {
    static Both of(Field u, Field v) {
      Field[] ab = Fields.aligned(u, v);
      double unit = Math.max(u.ln, v.ln);
      if (unit == Double.NEGATIVE_INFINITY) {
        unit = 0;
      }
      double wx = Math.exp(u.ln - unit);
      double wy = Math.exp(v.ln - unit);
      double mx = u.mean * Math.sqrt(wx);
      double my = v.mean * Math.sqrt(wy);
      double sd = Math.sqrt(wx * u.centred() + wy * v.centred());
      return new Both(ab[0], ab[1], unit, wx, wy, mx + my, mx - my, sd);
    }

    double covarianceX(int m) {
      return wx * (x.k[m] - x.mean * x.mean);
    }

    double covarianceY(int m) {
      return wy * (y.k[m] - y.mean * y.mean);
    }

    /// Correlation of u − v with that of another pair of elements.
    double rho(int m) {
      return m == 0 ? 1 : Math.clamp((covarianceX(m) + covarianceY(m)) / (sd * sd), -1, 1);
    }
  }

  static Field of(Field u, Field v, boolean largest) {
    Both b = Both.of(u, v);
    double sign = largest ? 1 : -1;
    if (b.sd < 1e-12) {
      return sign * b.difference >= 0 ? u : v;
    }
    HermiteExpansion abs = HermiteExpansion.of(Fns.abs(), b.difference, b.sd);
    // Stein: Cov(u + v, |u′ − v′|) = Cov(u + v, u′ − v′)·E sign(u′ − v′).
    double tilt = 2 * Normal.cdf(b.difference / b.sd) - 1;
    double[] raw = new double[b.x.k.length];
    for (int m = 0; m < raw.length; m++) {
      double cx = b.covarianceX(m);
      double cy = b.covarianceY(m);
      double sums = cx + cy + b.sum * b.sum;
      double mixed = b.sum * abs.mean() + (cx - cy) * tilt;
      raw[m] = (sums + abs.kernel(b.rho(m)) + 2 * sign * mixed) / 4;
    }
    double mean = (b.sum + sign * abs.mean()) / 2;
    double share = b.wx / (b.wx + b.wy);
    Field r = b.x.flat().rescaled(raw, mean, b.unit);
    double spread = share * u.spread() + (1 - share) * v.spread();
    r = r.withSpread(0, Overlap.most(u.overlap, v.overlap), u.channels | v.channels);
    return r.withBase(Math.max(0, spread - r.ownSpread()));
  }

  static Field ofAll(Context c, Node n, Shape shape, boolean largest) {
    return before(operands(c, n, shape), largest).getLast();
  }

  private static List<Field> operands(Context c, Node n, Shape shape) {
    List<Field> all = new ArrayList<>();
    for (int v : n.inputs()) {
      all.add(c.field(v).expand(shape));
    }
    return all;
  }

  /// The extreme of the first operand, of the first two, of the first three, ….
  private static List<Field> before(List<Field> operands, boolean largest) {
    List<Field> r = new ArrayList<>();
    for (Field f : operands) {
      r.add(r.isEmpty() ? f : of(r.getLast(), f, largest));
    }
    return r;
  }

  /// Each operand is held against the extreme of those before and of those after it, so that the
  /// work grows with their number and not with its square.
  static void backward(Context c, Node n, boolean largest) {
    Field g = c.gradientOf(n, 0);
    Shape shape = c.shape(n.outputs().getFirst());
    List<Field> all = operands(c, n, shape);
    List<Field> before = before(all, largest);
    List<Field> after = before(all.reversed(), largest).reversed();
    int last = all.size() - 1;
    if (last == 0) {
      c.pass(n.input(0), Broadcast.reduce(g, c.shape(n.input(0))));
      return;
    }
    for (int i = 0; i <= last; i++) {
      Field rest =
          i == 0
              ? after.get(1)
              : i == last ? before.get(last - 1) : of(before.get(i - 1), after.get(i + 1), largest);
      Field won = wins(all.get(i), rest, largest);
      c.pass(n.input(i), Broadcast.reduce(Fields.product(g, won), c.shape(n.input(i))));
    }
  }

  /// Moments of the 0-1 tensor that says where u wins.
  static Field wins(Field u, Field v, boolean largest) {
    Both b = Both.of(u, v);
    double sign = largest ? 1 : -1;
    double[] raw = new double[b.x.k.length];
    if (b.sd < 1e-12) {
      java.util.Arrays.fill(raw, sign * b.difference >= 0 ? 1 : 0);
      return b.x.flat().rescaled(raw, raw[0], 0);
    }
    HermiteExpansion step = HermiteExpansion.of(Fns.step(), sign * b.difference, b.sd);
    for (int m = 0; m < raw.length; m++) {
      raw[m] = m == 0 ? step.ef2() : step.kernel(b.rho(m));
    }
    return b.x.flat().rescaled(raw, step.mean(), 0);
  }
}
