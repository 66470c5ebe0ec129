package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.tensor.Shape;

/// Finds what the axes of a stored weight are from what the axes of an operand are, walking back
/// through the views between them.
final class AxisTrace {
  private static final int REACH = 64;

  enum Kind {
    ROW,
    COLUMN,
    TAP,
    BATCH
  }

  /// @param partAxis see [Axes]; −1 when none
  private record Marked(Kind[] kinds, int partAxis, int parts) {}

  private AxisTrace() {}

  /// @param use where the weight meets data
  /// @param origin value id of the stored weight
  /// @param fused equal parts that its outputs are cut into, 1 for none
  /// @return empty when an axis on the way mixes outputs with inputs, or the way is not views alone
  static Optional<Axes> of(ParameterFinder.Use use, int origin, int fused, Links links) {
    Kind[] kinds = operand(use.node(), use.slot(), links);
    if (kinds == null) {
      return Optional.empty();
    }
    boolean gates = use.node().op() instanceof Op.Recurrent;
    Marked m =
        use.node().op() instanceof Op.Recurrent r && RecurrentOps.gates(r.kind()) > 1
            ? new Marked(kinds, 1, RecurrentOps.gates(r.kind()))
            : new Marked(kinds, -1, 1);
    int v = use.value();
    for (int step = 0; step < REACH && v != origin && m != null; step++) {
      Node n = links.maker(v);
      if (n == null) {
        return Optional.empty();
      }
      m = before(n, v, m, links);
      v = n.input(0);
    }
    if (m == null || v != origin) {
      return Optional.empty();
    }
    int groups =
        switch (use.node().op()) {
          case Op.Conv c -> c.group();
          case Op.ConvTranspose c -> c.group();
          case Op _ -> 1;
        };
    Shape stored = links.value(origin).shape().orElseThrow();
    return Optional.of(axes(gates || fused < 2 ? m : cutRows(m, fused, stored), groups));
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
      case Op.Recurrent _ when rank == 3 -> {
        k[0] = Kind.BATCH;
        k[1] = Kind.ROW;
        k[2] = Kind.COLUMN;
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

  /// What the axes of a view's input are, from those of its output.
  private static Marked before(Node n, int value, Marked m, Links links) {
    Shape out = links.value(value).shape().orElse(null);
    Shape in = n.input(0) < 0 ? null : links.value(n.input(0)).shape().orElse(null);
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
      case Op.Slice _, Op.Split _ -> sliced(in, out, m);
      case Op.Gather g -> picked(in, out, g.axis(), m);
      case Op.Dropout _, Op.Pointwise _, Op.Arithmetic _ -> in.equals(out) ? m : null;
      case Op _ -> null;
    };
  }

  private static Marked turned(List<Integer> perm, Marked m) {
    Kind[] k = new Kind[m.kinds.length];
    for (int i = 0; i < k.length; i++) {
      k[perm.get(i)] = m.kinds[i];
    }
    return new Marked(k, m.partAxis < 0 ? -1 : perm.get(m.partAxis), m.parts);
  }

  private static Marked sliced(Shape in, Shape out, Marked m) {
    Marked r = m;
    for (int a = 0; a < in.rank(); a++) {
      if (in.dim(a) != out.dim(a)) {
        boolean even = out.dim(a) > 0 && in.dim(a) % out.dim(a) == 0;
        if (!even || r.partAxis >= 0 || in.dim(a) / out.dim(a) > 1 << 20) {
          return null;
        }
        r = new Marked(r.kinds, a, (int) (in.dim(a) / out.dim(a)));
      }
    }
    return r;
  }

  /// One matrix of a stack, picked by a single index.
  private static Marked picked(Shape in, Shape out, int axis, Marked m) {
    if (out.rank() == in.rank() && out.dim(axis) == 1) {
      Kind[] k = m.kinds.clone();
      k[axis] = Kind.BATCH;
      return new Marked(k, m.partAxis, m.parts);
    }
    if (out.rank() != in.rank() - 1) {
      return null;
    }
    List<Kind> k = new ArrayList<>(Arrays.asList(m.kinds));
    k.add(axis, Kind.BATCH);
    return new Marked(
        k.toArray(Kind[]::new), m.partAxis >= axis ? m.partAxis + 1 : m.partAxis, m.parts);
  }

  // ---- reshapes ----

  /// Matches runs of axes with equal products.
  private static Marked regrouped(Shape in, Shape out, Marked m) {
    Kind[] k = new Kind[in.rank()];
    int partAxis = -1;
    int parts = 1;
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
    }
    return new Marked(k, partAxis, parts);
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
        leading *= m.kinds[j] == Kind.BATCH && seen.size() <= 1 ? out.dim(j) : 1;
        seen.add(m.kinds[j]);
      }
      last = out.dim(j) > 1 || first < 0 ? m.kinds[j] : last;
    }
    int wide = -1;
    int count = 0;
    for (int i = i1 - 1; i >= i0; i--) {
      wide = in.dim(i) > 1 ? i : wide;
      count += in.dim(i) > 1 ? 1 : 0;
    }
    if (m.partAxis >= j0 && m.partAxis < j1) {
      boolean kept = seen.size() == 1 && m.partAxis == first && in.dim(wide) % m.parts == 0;
      return kept ? new Run(last, wide, m.parts) : null;
    }
    if (seen.size() <= 1) {
      return new Run(last, -1, 1);
    }
    // Stacked matrices laid end to end along one axis.
    boolean stacked =
        count == 1
            && seen.size() == 2
            && m.kinds[first] == Kind.BATCH
            && last != Kind.BATCH
            && leading <= 1 << 20;
    return stacked ? new Run(last, wide, (int) leading) : null;
  }

  private static Marked cutRows(Marked m, int parts, Shape stored) {
    for (int a = 0; a < m.kinds.length && m.partAxis < 0; a++) {
      if (m.kinds[a] == Kind.ROW && stored.dim(a) > 1) {
        return stored.dim(a) % parts == 0 ? new Marked(m.kinds, a, parts) : m;
      }
    }
    return m;
  }

  private static Axes axes(Marked m, int groups) {
    List<List<Integer>> by = new ArrayList<>();
    for (Kind k : Kind.values()) {
      List<Integer> own = new ArrayList<>();
      for (int a = 0; a < m.kinds.length; a++) {
        if (m.kinds[a] == k) {
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
        m.partAxis,
        m.parts,
        groups);
  }
}
