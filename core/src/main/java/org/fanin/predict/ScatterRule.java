package org.fanin.predict;

import java.util.BitSet;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Some rows of a tensor replaced by updates, or updates added to them: a mixture of two laws,
/// element by element of the same row and row by row. Which rows is known for a slice that was
/// assigned to; else they are taken as random.
final class ScatterRule {
  /// More index tuples are not looked at one by one.
  private static final long MOST = 1 << 20;

  private ScatterRule() {}

  /// How data and updates meet.
  ///
  /// @param table the data's shape with the indexed axes as one
  /// @param axis of the table whose entries are the rows; −1 when every element has its own index
  /// @param rows how many there are, `updates` how many of them are replaced or added to
  /// @param at which, when it is known
  private record Plan(Shape table, int axis, double rows, double updates, Optional<BitSet> at) {
    double share() {
      return Math.min(1, updates / rows);
    }

    /// Bits of atoms whose difference means another row.
    int rowAtoms(Field f) {
      return axis < 0 ? f.k.length - 1 : f.maskOf(axis);
    }

    /// Share of the pairs of different rows that are both among `n` of them.
    double both(double n) {
      return rows > 1 ? Math.max(0, n * (n - 1)) / (rows * (rows - 1)) : 0;
    }

    private static Plan of(Context c, Node n, Op.Scatter op) {
      Shape data = c.shape(n.input(0));
      Shape updates = c.shape(n.input(2));
      if (!op.kind().equals("ScatterND")) {
        return new Plan(data, -1, data.count(), updates.count(), Optional.empty());
      }
      Shape indices = c.shape(n.input(1));
      int depth = (int) indices.dim(-1);
      Plan slice = op.add() ? null : slice(c.graph.value(n.input(1)).constant(), data, depth);
      if (slice != null) {
        return slice;
      }
      long[] d = new long[data.rank() - depth + 1];
      d[0] = 1;
      for (int i = 0; i < data.rank(); i++) {
        if (i < depth) {
          d[0] *= data.dim(i);
        } else {
          d[i - depth + 1] = data.dim(i);
        }
      }
      return new Plan(Shape.of(d), 0, d[0], indices.count() / (double) depth, Optional.empty());
    }

    /// Constant indices that cover all of every axis but one.
    private static Plan slice(Optional<Tensor> indices, Shape data, int depth) {
      if (indices.isEmpty() || indices.get().count() > MOST) {
        return null;
      }
      long[] all = indices.get().toLongs();
      int axis = -1;
      double tuples = 1;
      BitSet rows = new BitSet();
      for (int i = 0; i < depth; i++) {
        BitSet seen = new BitSet();
        for (int j = i; j < all.length; j += depth) {
          long p = all[j] < 0 ? all[j] + data.dim(i) : all[j];
          if (p < 0 || p >= data.dim(i)) {
            return null;
          }
          seen.set((int) p);
        }
        tuples *= seen.cardinality();
        if (seen.cardinality() < data.dim(i)) {
          if (axis >= 0) {
            return null;
          }
          axis = i;
          rows = seen;
        }
      }
      return axis < 0 || tuples != all.length / (double) depth
          ? null
          : new Plan(data, axis, data.dim(axis), rows.cardinality(), Optional.of(rows));
    }

    /// The updates as if every row had one.
    Field spread(Field updates) {
      Field f = updates;
      if (axis >= 0) {
        long[] own = table.toArray();
        own[axis] = (long) this.updates;
        f = f.reshape(Shape.of(own));
      }
      for (int i = 0; i < table.rank(); i++) {
        f = ShapeRule.resized(f, i, table.dim(i));
      }
      return f;
    }
  }

  // ---- forward ----

  static void forward(Context c, Node n, Op.Scatter op) {
    Plan p = Plan.of(c, n, op);
    Field data = c.field(n.input(0)).reshape(p.table());
    Field updates = p.spread(c.field(n.input(2)));
    Field y = op.add() ? added(p, data, updates) : replaced(p, data, updates);
    c.set(n.outputs().getFirst(), y.reshape(c.shape(n.outputs().getFirst())));
  }

  private static Field replaced(Plan p, Field data, Field updates) {
    Field[] du = Fields.aligned(data, updates);
    Field d = du[0];
    Field u = du[1];
    double unit = unit(d, u);
    double wd = Math.exp(d.ln - unit);
    double wu = Math.exp(u.ln - unit);
    double means = d.mean * Math.sqrt(wd) * u.mean * Math.sqrt(wu);
    double q = p.share();
    double uu = p.both(p.updates());
    double dd = p.both(p.rows() - p.updates());
    int rows = p.rowAtoms(d);
    double[] raw = new double[d.k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] =
          (m & rows) == 0
              ? (1 - q) * wd * d.k[m] + q * wu * u.k[m]
              : dd * wd * d.k[m] + uu * wu * u.k[m] + (1 - dd - uu) * means;
    }
    double mean = (1 - q) * d.mean * Math.sqrt(wd) + q * u.mean * Math.sqrt(wu);
    Field r = d.flat().rescaled(raw, mean, unit);
    double heavy = (1 - q) * wd + q * wu > 0 ? (1 - q) * wd / ((1 - q) * wd + q * wu) : 1;
    return finished(profiled(r, p, wd, wu), d, u, heavy);
  }

  /// Rows with and without updates differ in their second moments.
  private static Field profiled(Field r, Plan p, double wd, double wu) {
    if (p.at().isEmpty() || r.isZero()) {
      return r;
    }
    Field f = r.mergedAxis(p.axis());
    double[] profile = new double[ShapeRule.written(f.dim(p.axis()))];
    double mean = (1 - p.share()) * wd + p.share() * wu;
    for (int i = 0; i < profile.length; i++) {
      profile[i] = (p.at().get().get(i) ? wu : wd) / mean;
    }
    return f.withProfile(f.first(p.axis()), profile);
  }

  /// Each row hears updates/rows of the updates on average.
  private static Field added(Plan p, Field data, Field updates) {
    Field[] du = Fields.aligned(data, updates);
    Field d = du[0];
    Field u = du[1];
    double unit = unit(d, u);
    double wd = Math.exp(d.ln - unit);
    double wu = Math.exp(u.ln - unit);
    double each = p.updates() / p.rows();
    double cross = 2 * each * d.mean * Math.sqrt(wd) * u.mean * Math.sqrt(wu);
    int rows = p.rowAtoms(d);
    // Two updates of one row.
    double twice = Math.max(0, p.updates() - 1) / p.rows();
    double[] raw = new double[d.k.length];
    for (int m = 0; m < raw.length; m++) {
      double own =
          (m & rows) == 0 ? u.k[m] + twice * u.k[m | rows] : Math.max(each, twice) * u.k[m];
      raw[m] = wd * d.k[m] + each * wu * own + cross;
    }
    double mean = d.mean * Math.sqrt(wd) + each * u.mean * Math.sqrt(wu);
    double heavy = wd + each * wu > 0 ? wd / (wd + each * wu) : 1;
    return finished(d.flat().rescaled(raw, mean, unit), d, u, heavy);
  }

  private static double unit(Field d, Field u) {
    double unit = Math.max(d.ln, u.ln);
    return unit == Double.NEGATIVE_INFINITY ? 0 : unit;
  }

  private static Field finished(Field r, Field d, Field u, double share) {
    double spread = share * d.spread() + (1 - share) * u.spread();
    Field f = r.withSpread(0, Overlap.most(d.overlap, u.overlap), d.channels | u.channels);
    return f.withBase(Math.max(0, spread - f.ownSpread()));
  }

  // ---- backward ----

  static void backward(Context c, Node n, Op.Scatter op) {
    Plan p = Plan.of(c, n, op);
    Field g = c.gradientOf(n, 0).reshape(p.table());
    Shape data = c.shape(n.input(0));
    if (op.add()) {
      c.pass(n.input(0), g.reshape(data));
    } else {
      int rows = p.rowAtoms(g);
      double kept = p.both(p.rows() - p.updates());
      Field masked =
          g.mapped(
              m -> g.k[m] * ((m & rows) == 0 ? 1 - p.share() : kept),
              g.mean * (1 - p.share()),
              g.ln);
      c.pass(
          n.input(0),
          profiled(masked.withProfiles(new double[masked.size()][]), p, 1, 0).reshape(data));
    }
    Field read = g;
    if (p.axis() >= 0) {
      read = ShapeRule.resized(g, p.axis(), (long) p.updates());
    } else {
      Shape to = c.shape(n.input(2));
      for (int i = 0; i < to.rank(); i++) {
        read = ShapeRule.resized(read, i, to.dim(i));
      }
    }
    c.pass(n.input(2), read.reshape(c.shape(n.input(2))));
  }
}
