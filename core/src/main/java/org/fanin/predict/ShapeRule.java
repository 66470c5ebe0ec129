package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Exact bookkeeping of operators that move elements: reshape, transpose, slice, concat, split,
/// pad, gather, tile, expand.
final class ShapeRule {
  private static final long LONGEST = 1 << 18;

  private ShapeRule() {}

  static void reshape(Context c, Node n) {
    Signal.Known k = c.known(n.input(0));
    Field f = k.field().reshape(c.shape(n.outputs().getFirst()));
    c.set(n.outputs().getFirst(), new Signal.Known(f, Optional.empty(), k.mask()));
  }

  static void reshapeBackward(Context c, Node n) {
    c.pass(
        n.input(0),
        c.gradientOf(n, 0).reshape(c.shape(n.input(0))),
        RadialRule.moved(c, n.outputs().getFirst(), n.input(0), true));
  }

  static void transpose(Context c, Node n, Op.Transpose op) {
    c.set(n.outputs().getFirst(), c.field(n.input(0)).transpose(ints(op.perm())));
  }

  static void transposeBackward(Context c, Node n, Op.Transpose op) {
    int[] inverse = new int[op.perm().size()];
    for (int i = 0; i < inverse.length; i++) {
      inverse[op.perm().get(i)] = i;
    }
    c.pass(
        n.input(0),
        c.gradientOf(n, 0).transpose(inverse),
        RadialRule.moved(
            c, n.outputs().getFirst(), n.input(0), op.perm().getLast() == op.perm().size() - 1));
  }

  private static int[] ints(List<Integer> l) {
    int[] r = new int[l.size()];
    for (int i = 0; i < r.length; i++) {
      r[i] = l.get(i);
    }
    return r;
  }

  static void expand(Context c, Node n) {
    c.set(n.outputs().getFirst(), c.field(n.input(0)).expand(c.shape(n.outputs().getFirst())));
  }

  static void expandBackward(Context c, Node n) {
    c.pass(n.input(0), Broadcast.reduce(c.gradientOf(n, 0), c.shape(n.input(0))));
  }

  // ---- selections along axes ----

  static void slice(Context c, Node n, Op.Slice op) {
    Shape to = c.shape(n.outputs().getFirst());
    Field f = c.field(n.input(0));
    for (int i = 0; i < to.rank(); i++) {
      f =
          taken(
              f,
              i,
              positions(op.starts().get(i), op.steps().get(i), to.dim(i), f.dim(i)),
              to.dim(i));
    }
    c.set(n.outputs().getFirst(), f);
  }

  static void sliceBackward(Context c, Node n, Op.Slice op) {
    Shape from = c.shape(n.input(0));
    Field g = c.gradientOf(n, 0);
    for (int i = 0; i < from.rank(); i++) {
      g =
          placed(
              g,
              i,
              positions(op.starts().get(i), op.steps().get(i), g.dim(i), from.dim(i)),
              from.dim(i));
    }
    c.pass(n.input(0), g);
  }

  /// Positions that a slice reads, or null for the whole axis in order.
  private static long[] positions(long start, long step, long count, long of) {
    return count == of && step == 1 ? null : new long[] {start, step};
  }

  /// Keeps `count` positions of an axis, from `at[0]` in steps of `at[1]`.
  static Field taken(Field x, int axis, long[] at, long count) {
    if (at == null || x.dim(axis) == 1) {
      return x;
    }
    Field f = x.mergedAxis(axis);
    int a = f.first(axis);
    double[] p = f.profiles[a];
    double[] q = new double[p == null ? 0 : (int) count];
    double mean = 1;
    if (p != null) {
      mean = 0;
      for (int i = 0; i < q.length; i++) {
        q[i] = p[(int) (at[0] + i * at[1])];
        mean += q[i] / q.length;
      }
      for (int i = 0; i < q.length; i++) {
        q[i] = mean > 0 ? q[i] / mean : 1;
      }
    }
    f = f.withProfile(a, null).scaled(Math.log(mean));
    if (count == 1) {
      return f.collapsed(a, 1, 0, 1);
    }
    long[] atoms = f.atoms.clone();
    atoms[a] = count;
    Field r =
        new Field(atoms, f.runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels);
    return p == null ? r : r.withProfile(a, q);
  }

  /// A profile is as long as its axis, and a file may claim any.
  ///
  /// @throws Context.MissingRule when that is too long to be written out
  static int written(long extent) {
    if (extent > LONGEST) {
      throw new Context.MissingRule("an axis of " + extent + " elements");
    }
    return (int) extent;
  }

  /// The transpose of [#taken]: zeros elsewhere.
  static Field placed(Field g, int axis, long[] at, long of) {
    if (at == null || of == 1) {
      return g;
    }
    Field f = g.mergedAxis(axis);
    long count = f.dim(axis);
    double[] p = new double[written(of)];
    double[] old = f.runs[axis] == 0 ? null : f.profiles[f.first(axis)];
    for (int i = 0; i < count; i++) {
      p[(int) (at[0] + i * at[1])] = (old == null ? 1 : old[i]) * of / count;
    }
    double pairs = (double) count * (count - 1) / ((double) of * (of - 1));
    if (f.runs[axis] == 0) {
      f = f.inserted(f.first(axis), axis, of, false);
    }
    int a = f.first(axis);
    long[] atoms = f.atoms.clone();
    atoms[a] = of;
    double share = (double) count / of;
    Field wide =
        new Field(atoms, f.runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels);
    Field r =
        wide.mapped(m -> wide.k[m] * ((m >> a & 1) == 0 ? share : pairs), f.mean * share, f.ln);
    return r.withProfile(a, p);
  }

  // ---- split ----

  static void split(Context c, Node n, Op.Split op) {
    Field x = c.field(n.input(0));
    Field merged = x.dim(op.axis()) == 1 ? x : x.mergedAxis(op.axis());
    long start = 0;
    for (int i = 0; i < n.outputs().size(); i++) {
      c.set(n.outputs().get(i), taken(merged, op.axis(), new long[] {start, 1}, op.sizes().get(i)));
      start += op.sizes().get(i);
    }
  }

  /// The gradients of the parts side by side, 0 where a part has none.
  static void splitBackward(Context c, Node n, Op.Split op) {
    List<Field> parts = new ArrayList<>();
    for (int v : n.outputs()) {
      if (c.shape(v).count() > 0) {
        parts.add(c.gradient(v).orElseGet(() -> Field.zero(c.shape(v))));
      }
    }
    c.pass(
        n.input(0),
        parts.isEmpty() ? Field.zero(c.shape(n.input(0))) : ConcatRule.joined(parts, op.axis()));
  }

  // ---- pad, tile, gather ----

  static void pad(Context c, Node n, Op.Pad op) {
    Shape to = c.shape(n.outputs().getFirst());
    Field f = c.field(n.input(0));
    boolean zeros = op.mode() == Op.Pad.Mode.CONSTANT;
    if (zeros && op.value() != 0) {
      throw new Context.MissingRule("padding with " + op.value());
    }
    for (int i = 0; i < to.rank(); i++) {
      long b = op.begin().get(i);
      long e = op.end().get(i);
      if (b < 0 || e < 0) {
        f =
            taken(
                f, i, new long[] {Math.max(0, -b), 1}, f.dim(i) + Math.min(0, b) + Math.min(0, e));
      }
      if (b > 0 || e > 0) {
        f =
            zeros
                ? placed(f, i, new long[] {Math.max(0, b), 1}, to.dim(i))
                : resized(f, i, to.dim(i));
      }
    }
    c.set(n.outputs().getFirst(), f);
  }

  static void padBackward(Context c, Node n, Op.Pad op) {
    Shape from = c.shape(n.input(0));
    Field g = c.gradientOf(n, 0);
    for (int i = 0; i < from.rank(); i++) {
      long b = op.begin().get(i);
      long extent = g.dim(i);
      if (extent > from.dim(i)) {
        g = taken(g, i, new long[] {Math.max(0, b), 1}, from.dim(i));
      } else if (extent < from.dim(i)) {
        g = placed(g, i, new long[] {Math.max(0, -b), 1}, from.dim(i));
      }
    }
    c.pass(n.input(0), g);
  }

  /// Another extent along an axis, as if drawn from the same law.
  static Field resized(Field x, int axis, long extent) {
    if (x.dim(axis) == extent) {
      return x;
    }
    Field f = x.mergedAxis(axis);
    if (f.runs[axis] == 0) {
      return f.inserted(f.first(axis), axis, extent, true);
    }
    int a = f.first(axis);
    if (extent == 1) {
      return f.withProfile(a, null).collapsed(a, 1, 0, 1);
    }
    long[] atoms = f.atoms.clone();
    atoms[a] = extent;
    return new Field(atoms, f.runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels)
        .withProfile(a, null);
  }

  static void tile(Context c, Node n, Op.Tile op) {
    Shape to = c.shape(n.outputs().getFirst());
    Field f = c.field(n.input(0));
    for (int i = 0; i < to.rank(); i++) {
      if (op.repeats().get(i) > 1) {
        f = f.inserted(f.first(i), i, op.repeats().get(i), true);
      }
    }
    c.set(n.outputs().getFirst(), f.reshape(to));
  }

  static void tileBackward(Context c, Node n, Op.Tile op) {
    Shape from = c.shape(n.input(0));
    Field g = c.gradientOf(n, 0);
    long[] dims = new long[2 * from.rank()];
    for (int i = 0; i < from.rank(); i++) {
      dims[2 * i] = op.repeats().get(i);
      dims[2 * i + 1] = from.dim(i);
    }
    g = g.reshape(Shape.of(dims));
    for (int i = from.rank() - 1; i >= 0; i--) {
      g = g.sumOver(2 * i).dropAxis(2 * i);
    }
    c.pass(n.input(0), g);
  }
}
