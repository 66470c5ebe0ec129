package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// data.take(indices, axis): embeddings (two tokens with the same id read the same row), position
/// tables, selections of one entry.
final class GatherRule {
  private GatherRule() {}

  static void forward(Context c, Node n, Op.Gather op) {
    Field data = c.field(n.input(0)).mergedAxis(op.axis());
    Shape indices = c.shape(n.input(1));
    Shape out = c.shape(n.outputs().getFirst());
    Optional<Tensor> fixed = c.graph.value(n.input(1)).constant();
    if (indices.count() == 1) {
      long at = fixed.map(t -> wrapped(t.longAt(0), data.dim(op.axis()))).orElse(0L);
      c.set(
          n.outputs().getFirst(),
          ShapeRule.taken(data, op.axis(), new long[] {at, 1}, 1).reshape(out));
      return;
    }
    c.set(
        n.outputs().getFirst(),
        spread(data, op.axis(), indices, collisions(c, n, op, fixed)).reshape(out));
  }

  private static long wrapped(long i, long extent) {
    return Math.clamp(i < 0 ? i + extent : i, 0, extent - 1);
  }

  /// Probability that two index entries agree.
  private static double collisions(Context c, Node n, Op.Gather op, Optional<Tensor> fixed) {
    long extent = c.shape(n.input(0)).dim(op.axis());
    if (fixed.isPresent()) {
      return TokenLaw.collisions(fixed.get());
    }
    return c.settings.tokenCollisions(c.graph, n.input(1)).orElse(1.0 / extent);
  }

  private static Field spread(Field data, int axis, Shape indices, double collisions) {
    Field f = data;
    int a = f.first(axis);
    if (f.runs[axis] == 0) {
      f = f.inserted(a, axis, 2, true);
    }
    f = f.withProfile(a, null);
    long[] atoms = f.atoms.clone();
    atoms[a] = indices.count();
    Field src = f;
    // Two different index positions read the same row with probability `collisions`.
    double[] k = new double[src.k.length];
    for (int m = 0; m < k.length; m++) {
      int same = m & ~(1 << a);
      k[m] = (m >> a & 1) == 0 ? src.k[m] : collisions * src.k[same] + (1 - collisions) * src.k[m];
    }
    return new Field(
        atoms, src.runs, src.ln, src.mean, k, src.profiles, src.base, src.overlap, src.channels);
  }

  static void backward(Context c, Node n, Op.Gather op) {
    Shape from = c.shape(n.input(0));
    Shape indices = c.shape(n.input(1));
    Field g = c.gradientOf(n, 0);
    Optional<Tensor> fixed = c.graph.value(n.input(1)).constant();
    long[] flat = from.toArray();
    flat[op.axis()] = indices.count();
    g = g.reshape(Shape.of(flat));
    if (indices.count() == 1) {
      long at = fixed.map(t -> wrapped(t.longAt(0), from.dim(op.axis()))).orElse(0L);
      c.pass(n.input(0), ShapeRule.placed(g, op.axis(), new long[] {at, 1}, from.dim(op.axis())));
      return;
    }
    double p = collisions(c, n, op, fixed);
    c.pass(
        n.input(0), collected(g, op.axis(), from.dim(op.axis()), indices.count(), p).reshape(from));
  }

  /// Every row collects the gradients of the positions that read it.
  ///
  /// @param rows extent of the axis that was read from
  /// @param readers positions that read it
  /// @param p probability that two of them read the same row
  static Field collected(Field g, int axis, long rows, double readers, double p) {
    Field f = g.mergedAxis(axis);
    if (f.runs[axis] == 0) {
      f = f.inserted(f.first(axis), axis, 2, false);
    }
    int a = f.first(axis);
    long[] atoms = f.atoms.clone();
    double[] k = new double[f.k.length];
    for (int m = 0; m < k.length; m++) {
      int same = m & ~(1 << a);
      k[m] =
          (m >> a & 1) == 0
              ? readers / rows * (f.k[same] + (readers - 1) * p * f.k[same | 1 << a])
              : 0;
    }
    atoms[a] = Math.max(2, rows);
    return new Field(atoms, f.runs, f.ln, 0, f.k, f.profiles, f.base, f.overlap, f.channels)
        .withProfile(a, null)
        .rescaled(k, 0, f.ln);
  }

  // ---- items picked one by one ----

  static void items(Context c, Node n, Op.GatherItems op) {
    Field x = c.field(n.input(0));
    Shape to = c.shape(n.outputs().getFirst());
    if (op.depth() == 0) {
      // One index per element: a sample of the elements, and axes still correspond.
      for (int i = 0; i < to.rank(); i++) {
        x = ShapeRule.resized(x, i, to.dim(i));
      }
      c.set(n.outputs().getFirst(), x);
      return;
    }
    Shape table = table(c, n, op);
    long tuples = tuples(c, n, op);
    Field rows = x.reshape(table).mergedAxis(op.axis());
    Field y =
        tuples == 1
            ? ShapeRule.resized(rows, op.axis(), 1)
            : spread(rows, op.axis(), Shape.of(tuples), tupleCollisions(c, n, op));
    c.set(n.outputs().getFirst(), y.reshape(to));
  }

  /// The data with all axes that an index tuple addresses as one.
  private static Shape table(Context c, Node n, Op.GatherItems op) {
    Shape from = c.shape(n.input(0));
    long[] d = new long[from.rank() - op.depth() + 1];
    for (int i = 0, at = 0; i < d.length; i++) {
      d[i] = 1;
      for (int j = 0; j < (i == op.axis() ? op.depth() : 1); j++) {
        d[i] *= from.dim(at++);
      }
    }
    return Shape.of(d);
  }

  private static long tuples(Context c, Node n, Op.GatherItems op) {
    Shape indices = c.shape(n.input(1));
    long count = 1;
    for (int i = op.axis(); i < indices.rank() - 1; i++) {
      count *= indices.dim(i);
    }
    return count;
  }

  /// Tuples that the file holds are taken as different; those of the run as random.
  private static double tupleCollisions(Context c, Node n, Op.GatherItems op) {
    boolean fixed = c.graph.value(n.input(1)).constant().isPresent();
    return fixed ? 0 : 1.0 / Math.max(1, table(c, n, op).dim(op.axis()));
  }

  static void itemsBackward(Context c, Node n, Op.GatherItems op) {
    Shape from = c.shape(n.input(0));
    Field g = c.gradientOf(n, 0);
    if (op.depth() == 0) {
      double share = (double) c.shape(n.outputs().getFirst()).count() / from.count();
      for (int i = 0; i < from.rank(); i++) {
        g = ShapeRule.resized(g, i, from.dim(i));
      }
      c.pass(n.input(0), g.scaled(Math.log(share)));
      return;
    }
    Shape table = table(c, n, op);
    long tuples = tuples(c, n, op);
    long[] flat = table.toArray();
    flat[op.axis()] = tuples;
    c.pass(
        n.input(0),
        collected(
                g.reshape(Shape.of(flat)),
                op.axis(),
                table.dim(op.axis()),
                tuples,
                tupleCollisions(c, n, op))
            .reshape(from));
  }
}
