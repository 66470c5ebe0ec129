package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Finds what the axes of a stored weight are from what the axes of an operand are, walking back
/// through the views between them.
final class AxisTrace {
  enum Kind {
    ROW,
    COLUMN,
    TAP,
    BATCH
  }

  private AxisTrace() {}

  /// The axes of an operand.
  ///
  /// @return null for operands whose axes have no meaning that is kept track of
  static Marked start(Node n, int slot, Links links) {
    Kind[] kinds = operand(n, slot, links);
    if (kinds == null) {
      return null;
    }
    Marked m = Marked.operand(kinds);
    return n.op() instanceof Op.Recurrent r ? Gates.labelled(r, m, shape(n, slot, links)) : m;
  }

  private static Shape shape(Node n, int slot, Links links) {
    return links.value(n.input(slot)).shape().orElseThrow();
  }

  /// The axes of a stored weight.
  ///
  /// @param fused equal parts that its outputs are cut into, 1 for none
  static Axes of(Marked m, Node use, int fused, Shape stored) {
    int groups =
        switch (use.op()) {
          case Op.Conv c -> c.group();
          case Op.ConvTranspose c -> c.group();
          case Op _ -> 1;
        };
    boolean gates = use.op() instanceof Op.Recurrent;
    return axes(gates || fused < 2 ? m : cutRows(m, fused, stored), groups);
  }

  private static Kind[] operand(Node n, int slot, Links links) {
    int rank = links.value(n.input(slot)).shape().map(Shape::rank).orElse(-1);
    Kind[] k = new Kind[Math.max(0, rank)];
    switch (n.op()) {
      case Op.Contract c when slot < 2 -> {
        for (int i = 0; i < k.length; i++) {
          k[i] = Fans.axisOf(c, n, slot, i);
        }
      }
      case Op.Conv _ when slot == 1 && rank >= 2 -> {
        Arrays.fill(k, Kind.TAP);
        k[0] = Kind.ROW;
        k[1] = Kind.COLUMN;
      }
      case Op.ConvTranspose _ when slot == 1 && rank >= 2 -> {
        Arrays.fill(k, Kind.TAP);
        k[0] = Kind.COLUMN;
        k[1] = Kind.ROW;
      }
      case Op.Recurrent _ when rank == 3 && slot < 3 -> {
        k[0] = Kind.BATCH;
        k[1] = Kind.ROW;
        k[2] = Kind.COLUMN;
      }
      case Op.Recurrent _ when rank == 2 && slot == 3 -> {
        k[0] = Kind.BATCH;
        k[1] = Kind.ROW;
      }
      case Op.Gather g when slot == 0 && rank > g.axis() -> {
        Arrays.fill(k, Kind.ROW);
        k[g.axis()] = Kind.COLUMN;
      }
      case Op _ -> {
        return null;
      }
    }
    return k;
  }

  /// What the axes of an input are, from those of a node's output.
  ///
  /// @return null when an axis mixes outputs with inputs, or the node does more than move elements
  ///   and multiply them by constants
  static Marked before(Node n, int slot, int value, Marked m, Links links) {
    Shape out = links.value(value).shape().orElse(null);
    Shape in = n.input(slot) < 0 ? null : links.value(n.input(slot)).shape().orElse(null);
    if (out == null || in == null) {
      return null;
    }
    return switch (n.op()) {
      case Op.Transpose(List<Integer> perm) -> turned(perm, m);
      case Op.Folded(_, List<Integer> perm) ->
          !perm.isEmpty()
              ? turned(perm, m)
              : links.isParameter(value) ? regrouped(in, out, m) : null;
      case Op.Reshape _ -> regrouped(in, out, m);
      case Op.Slice s -> sliced(in, out, s, m);
      case Op.Split s -> split(in, out, s, n.outputs().indexOf(value), m);
      case Op.Gather g -> picked(in, out, g.axis(), links.value(n.input(1)).constant(), m);
      case Op.Concat c -> joined(n, slot, c.axis(), in, out, m, links);
      case Op.Dropout _ -> in.equals(out) ? m : null;
      case Op.Pointwise _, Op.Arithmetic _ ->
          in.equals(out) ? m.times(ConstantFactors.of(n, slot, links)) : null;
      case Op _ -> null;
    };
  }

  private static Marked turned(List<Integer> perm, Marked m) {
    Kind[] k = new Kind[m.kinds().length];
    for (int i = 0; i < k.length; i++) {
      k[perm.get(i)] = m.kinds()[i];
    }
    return m.withKinds(
        k,
        m.partAxis() < 0 ? -1 : perm.get(m.partAxis()),
        m.labelAxis() < 0 ? -1 : perm.get(m.labelAxis()));
  }

  // ---- parts ----

  private static Marked sliced(Shape in, Shape out, Op.Slice s, Marked m) {
    if (!m.isLabelled()) {
      return part(in, out, m);
    }
    int a = m.labelAxis();
    long[] from = new long[Math.toIntExact(out.dim(a))];
    Arrays.setAll(from, i -> s.starts().get(a) + i * s.steps().get(a));
    return m.taken(in.dim(a), from);
  }

  private static Marked split(Shape in, Shape out, Op.Split s, int output, Marked m) {
    if (!m.isLabelled() || m.labelAxis() != s.axis()) {
      return m.isLabelled() ? m : part(in, out, m);
    }
    long before = s.sizes().stream().limit(output).mapToLong(x -> x).sum();
    long[] from = new long[Math.toIntExact(out.dim(s.axis()))];
    Arrays.setAll(from, i -> before + i);
    return m.taken(in.dim(s.axis()), from);
  }

  private static Marked part(Shape in, Shape out, Marked m) {
    Marked r = m;
    for (int a = 0; a < in.rank(); a++) {
      if (in.dim(a) != out.dim(a)) {
        boolean even = out.dim(a) > 0 && in.dim(a) % out.dim(a) == 0;
        if (!even || r.partAxis() >= 0 || in.dim(a) / out.dim(a) > 1 << 20) {
          return null;
        }
        r = r.cut(a, (int) (in.dim(a) / out.dim(a)));
      }
    }
    return r;
  }

  /// One matrix of a stack, picked by a single index, or entries of an axis in another order.
  private static Marked picked(Shape in, Shape out, int axis, Optional<Tensor> indices, Marked m) {
    if (m.isLabelled() && out.rank() == in.rank() && indices.isPresent()) {
      return m.labelAxis() == axis ? taken(in, axis, indices.get(), m) : m;
    }
    if (out.rank() == in.rank() && out.dim(axis) == 1) {
      Kind[] k = m.kinds().clone();
      k[axis] = Kind.BATCH;
      return m.withKinds(k, m.partAxis(), m.labelAxis());
    }
    if (out.rank() == in.rank()) {
      return part(in, out, m);
    }
    if (out.rank() != in.rank() - 1) {
      return null;
    }
    List<Kind> k = new ArrayList<>(Arrays.asList(m.kinds()));
    k.add(axis, Kind.BATCH);
    return m.withKinds(
        k.toArray(Kind[]::new), behind(m.partAxis(), axis), behind(m.labelAxis(), axis));
  }

  private static int behind(int axis, int added) {
    return axis >= added ? axis + 1 : axis;
  }

  private static Marked taken(Shape in, int axis, Tensor indices, Marked m) {
    long extent = in.dim(axis);
    long[] from = new long[Math.toIntExact(indices.count())];
    for (int i = 0; i < from.length; i++) {
      long at = indices.longAt(i);
      from[i] = at < 0 ? at + extent : at;
      if (from[i] < 0 || from[i] >= extent) {
        return null;
      }
    }
    return m.taken(extent, from);
  }

  private static Marked joined(
      Node n, int slot, int axis, Shape in, Shape out, Marked m, Links links) {
    if (m.partAxis() == axis || out.dim(axis) == 0) {
      return null;
    }
    Marked r = m.share(m.kinds()[axis], (double) in.dim(axis) / out.dim(axis));
    if (m.labelAxis() != axis) {
      return r;
    }
    long before = 0;
    for (int i = 0; i < slot; i++) {
      before += links.value(n.input(i)).shape().orElseThrow().dim(axis);
    }
    int from = Math.toIntExact(before);
    return r.labelled(
        axis, Arrays.copyOfRange(m.labels(), from, from + Math.toIntExact(in.dim(axis))));
  }

  // ---- reshapes ----

  /// Matches runs of axes with equal products.
  private static Marked regrouped(Shape in, Shape out, Marked m) {
    Kind[] k = new Kind[in.rank()];
    int partAxis = -1;
    int parts = 1;
    int labelAxis = -1;
    int i = 0;
    int j = 0;
    while (i < in.rank() || j < out.rank()) {
      int i0 = i;
      int j0 = j;
      long pi = i < in.rank() ? in.dim(i++) : 1;
      long pj = j < out.rank() ? out.dim(j++) : 1;
      while (pi != pj) {
        if (pi < pj && i < in.rank()) {
          pi *= in.dim(i++);
        } else if (pi > pj && j < out.rank()) {
          pj *= out.dim(j++);
        } else {
          return null;
        }
      }
      Run run = run(in, i0, i, out, j0, j, m);
      if (run == null || run.parts > 1 && parts > 1) {
        return null;
      }
      Arrays.fill(k, i0, i, run.kind);
      if (run.parts > 1) {
        partAxis = run.axis;
        parts = run.parts;
      }
      if (m.labelAxis() >= j0 && m.labelAxis() < j) {
        labelAxis = alone(in, i0, i, out.dim(m.labelAxis()));
      }
    }
    Marked r = m.withKinds(k, -1, labelAxis);
    return parts > 1 ? r.cut(partAxis, parts) : r;
  }

  /// The axis of a run that is all of an axis of the output, −1 when it is split or merged.
  private static int alone(Shape in, int i0, int i1, long extent) {
    int found = -1;
    for (int a = i0; a < i1; a++) {
      if (in.dim(a) == extent) {
        found = a;
      } else if (in.dim(a) != 1) {
        return -1;
      }
    }
    return found;
  }

  /// @param axis of the input, where `parts` > 1
  private record Run(Kind kind, int axis, int parts) {}

  private static Run run(Shape in, int i0, int i1, Shape out, int j0, int j1, Marked m) {
    Set<Kind> seen = EnumSet.noneOf(Kind.class);
    int first = -1;
    long leading = 1;
    Kind last = Kind.ROW;
    for (int j = j0; j < j1; j++) {
      if (out.dim(j) > 1) {
        first = first < 0 ? j : first;
        leading *= m.kinds()[j] == Kind.BATCH && seen.size() <= 1 ? out.dim(j) : 1;
        seen.add(m.kinds()[j]);
      }
      last = out.dim(j) > 1 || first < 0 ? m.kinds()[j] : last;
    }
    int wide = -1;
    int count = 0;
    for (int i = i1 - 1; i >= i0; i--) {
      wide = in.dim(i) > 1 ? i : wide;
      count += in.dim(i) > 1 ? 1 : 0;
    }
    if (m.partAxis() >= j0 && m.partAxis() < j1) {
      boolean kept = seen.size() == 1 && m.partAxis() == first && in.dim(wide) % m.parts() == 0;
      return kept ? new Run(last, wide, m.parts()) : null;
    }
    if (seen.size() <= 1) {
      return new Run(last, -1, 1);
    }
    // Stacked matrices laid end to end along one axis.
    boolean stacked =
        count == 1
            && seen.size() == 2
            && m.kinds()[first] == Kind.BATCH
            && last != Kind.BATCH
            && leading <= 1 << 20;
    return stacked ? new Run(last, wide, (int) leading) : null;
  }

  private static Marked cutRows(Marked m, int parts, Shape stored) {
    for (int a = 0; a < m.kinds().length && m.partAxis() < 0; a++) {
      if (m.kinds()[a] == Kind.ROW && stored.dim(a) > 1) {
        return stored.dim(a) % parts == 0 ? m.cut(a, parts) : m;
      }
    }
    return m;
  }

  private static Axes axes(Marked m, int groups) {
    List<List<Integer>> by = new ArrayList<>();
    for (Kind k : Kind.values()) {
      List<Integer> own = new ArrayList<>();
      for (int a = 0; a < m.kinds().length; a++) {
        if (m.kinds()[a] == k) {
          own.add(a);
        }
      }
      by.add(own);
    }
    return new Axes(
        by.get(Kind.ROW.ordinal()),
        by.get(Kind.COLUMN.ordinal()),
        by.get(Kind.TAP.ordinal()),
        by.get(Kind.BATCH.ordinal()),
        m.parts() > 1 ? m.partAxis() : -1,
        m.parts(),
        groups);
  }
}
