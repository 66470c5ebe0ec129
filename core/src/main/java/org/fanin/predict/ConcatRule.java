package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Signal.Curve;

/// Blocks set side by side. Blocks that are the same function of Gaussian tensors are that function
/// of the Gaussian blocks side by side, so that a maximum over ReLUs that were concatenated is
/// still taken of what is under them.
final class ConcatRule {
  private static final int MANY = 64;

  private ConcatRule() {}

  // ---- forward ----

  static void forward(Context c, Node n, Op.Concat op) {
    List<Field> parts = new ArrayList<>();
    for (int v : n.inputs()) {
      if (c.shape(v).count() > 0) {
        parts.add(c.field(v));
      }
    }
    Field y = joined(parts, op.axis());
    c.set(
        n.outputs().getFirst(),
        new Signal.Known(y, curve(c, n, parts, op.axis()), Optional.empty()));
    if (op.axis() == 1 && parts.size() == n.inputs().size()) {
      c.setChannelVariance(n.outputs().getFirst(), variances(c, n, parts));
    }
  }

  /// The root is no tensor of the graph: its number is one that no value has.
  private static Optional<Curve> curve(Context c, Node n, List<Field> parts, int axis) {
    List<Field> roots = new ArrayList<>();
    Curve first = PointwiseRule.curveOf(c, n.input(0));
    int depth = 0;
    for (int v : n.inputs()) {
      Curve part = PointwiseRule.curveOf(c, v);
      if (part.fn() == null || !part.fn().equals(first.fn())) {
        return Optional.empty();
      }
      depth = Math.max(depth, part.depth());
      roots.add(part.rootField());
    }
    int root = -1 - n.outputs().getFirst();
    return parts.size() < n.inputs().size()
        ? Optional.empty()
        : Optional.of(new Curve(root, joined(roots, axis), first.fn(), depth));
  }

  private static double[] variances(Context c, Node n, List<Field> parts) {
    double top = parts.stream().mapToDouble(f -> f.ln).max().orElse(0);
    double[] v = new double[ShapeRule.written(c.shape(n.outputs().getFirst()).dim(1))];
    int at = 0;
    for (int i = 0; i < parts.size(); i++) {
      Field f = parts.get(i);
      Optional<double[]> inner = c.channelVariance(n.input(i));
      double flat = Math.exp(f.ln - top) * (1 - f.average(f.k.length - 1 & ~f.maskOf(1), 0));
      double mean = inner.map(p -> java.util.Arrays.stream(p).average().orElse(1)).orElse(1.0);
      for (int j = 0; j < f.dim(1); j++) {
        v[at++] = inner.isPresent() ? flat * inner.get()[j] / mean : flat;
      }
    }
    return v;
  }

  /// Many parts are joined by halves: one after the other, thousands of them would cost the square
  /// of their number.
  static Field joined(List<Field> parts, int axis) {
    if (parts.size() > MANY) {
      int half = parts.size() / 2;
      return joined(
          joined(parts.subList(0, half), axis),
          joined(parts.subList(half, parts.size()), axis),
          axis);
    }
    Field r = parts.getFirst();
    for (int i = 1; i < parts.size(); i++) {
      r = joined(r, parts.get(i), axis);
    }
    return r;
  }

  /// Blocks of na and nb entries: pairs inside each block keep their moments, pairs across share
  /// only means.
  private static Field joined(Field x, Field y, int axis) {
    Field a = wide(x, axis);
    Field b = wide(y, axis);
    for (int i = 0; i < a.rank(); i++) {
      if (i != axis) {
        Field[] ab = Fields.alignAxis(a, i, b, i);
        a = ab[0];
        b = ab[1];
      }
    }
    double na = a.dim(axis);
    double nb = b.dim(axis);
    double n = na + nb;
    double unit = Math.max(a.ln, b.ln);
    if (unit == Double.NEGATIVE_INFINITY) {
      unit = 0;
    }
    double wa = Math.exp(a.ln - unit);
    double wb = Math.exp(b.ln - unit);
    double ma = a.mean * Math.sqrt(wa);
    double mb = b.mean * Math.sqrt(wb);
    int at = a.first(axis);
    double[] raw = new double[a.k.length];
    for (int m = 0; m < raw.length; m++) {
      boolean differ = (m >> at & 1) != 0;
      raw[m] =
          differ
              ? (na * (na - 1) * wa * a.k[m] + nb * (nb - 1) * wb * b.k[m] + 2 * na * nb * ma * mb)
                  / (n * (n - 1))
              : (na * wa * a.k[m] + nb * wb * b.k[m]) / n;
    }
    double[] p = new double[ShapeRule.written((long) n)];
    double level = raw[0] > 0 ? raw[0] : 1;
    for (int i = 0; i < p.length; i++) {
      int j = i - (int) na;
      p[i] = (j < 0 ? wa * at(a.profiles[at], i) : wb * at(b.profiles[at], j)) / level;
    }
    long[] atoms = a.atoms.clone();
    atoms[at] = (long) n;
    double[][] profiles = a.profiles.clone();
    for (int i = 0; i < profiles.length; i++) {
      profiles[i] = i == at ? p : na * wa >= nb * wb ? a.profiles[i] : b.profiles[i];
    }
    double share = na * wa / Math.max(1e-300, na * wa + nb * wb);
    double spread = share * a.spread() + (1 - share) * b.spread();
    Field r =
        new Field(
                atoms,
                a.runs,
                unit,
                0,
                raw,
                profiles,
                0,
                Overlap.most(a.overlap, b.overlap),
                a.channels)
            .rescaled(raw, (na * ma + nb * mb) / n, unit);
    r = r.withBase(Math.max(0, spread - r.ownSpread()));
    boolean told = axis == 1 && (a.near != null || b.near != null);
    if (!told || !Nearby.possible(a) || !Nearby.possible(b)) {
      return r;
    }
    Nearby u = Nearby.of(a);
    Nearby v = Nearby.of(b);
    return Nearby.put(r, Nearby.filled((d, g) -> na * wa * u.k()[d][g] + nb * wb * v.k()[d][g]));
  }

  private static double at(double[] p, int i) {
    return p == null ? 1 : p[i];
  }

  /// One atom on the axis, also for extent 1, so that blocks can be counted.
  private static Field wide(Field f, int axis) {
    return f.runs[axis] == 0 ? f.inserted(f.first(axis), axis, 1, true) : f.mergedAxis(axis);
  }

  // ---- backward ----

  static void backward(Context c, Node n, Op.Concat op) {
    int y = n.outputs().getFirst();
    Field all = c.gradientOf(n, 0);
    List<Source> landed = new ArrayList<>();
    Field rest = null;
    for (Source s : c.sources(y)) {
      if (s.landing().isPresent() && s.entry() == y) {
        landed.add(s);
      } else {
        Field g = PointwiseGradient.at(c, y, s);
        rest = rest == null ? g : Fields.sum(rest, g, 1);
      }
    }
    give(c, n, op, landed.isEmpty() ? all : rest, Optional.empty());
    for (Source s : landed) {
      give(c, n, op, s.gradient(), s.landing());
    }
  }

  private static void give(
      Context c, Node n, Op.Concat op, Field g, Optional<Source.Landing> landing) {
    long start = 0;
    for (int v : n.inputs()) {
      long size = c.shape(v).dim(op.axis());
      if (g != null && c.shape(v).count() > 0) {
        Field part = ShapeRule.taken(g, op.axis(), new long[] {start, 1}, size);
        c.pass(v, new Source(v, part, Optional.empty(), landing));
      }
      start += size;
    }
  }
}
