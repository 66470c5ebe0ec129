package org.fanin.graph;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Which ids an integer input may hold: it indexes the rows of tables.
public final class Vocabulary {
  private static final int HOPS = 8;

  private Vocabulary() {}

  /// An id that no table has.
  ///
  /// @param at flat index in the input
  /// @param extent rows of the table
  public record Beyond(String input, long at, long id, long extent, String table) {}

  private record Table(long extent, String name) {}

  /// The extent of the shortest table that these ids index; empty when they index none (masks).
  public static OptionalLong of(Graph g, int value) {
    Optional<Table> t = table(g, value, 0);
    return t.isPresent() ? OptionalLong.of(t.get().extent()) : OptionalLong.empty();
  }

  /// The first id outside of the table that its input indexes. Negative ids count from a table's
  /// end, as in ONNX.
  ///
  /// @param arrays samples by name of the input, or `in_NAME`
  public static Optional<Beyond> beyond(Graph g, Map<String, Tensor> arrays) {
    for (int input : g.inputs()) {
      Value v = g.value(input);
      Tensor t = arrays.getOrDefault("in_" + v.name(), arrays.get(v.name()));
      Optional<Table> table = v.dtype().floating() ? Optional.empty() : table(g, input, 0);
      if (t == null || table.isEmpty()) {
        continue;
      }
      long n = table.get().extent();
      for (long i = 0; i < t.count(); i++) {
        long id = t.longAt(i);
        if (id >= n || id < -n) {
          return Optional.of(new Beyond(v.name(), i, id, n, table.get().name()));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Table> table(Graph g, int value, int hops) {
    Table least = null;
    for (Node n : g.nodes()) {
      if (!n.inputs().contains(value) || hops > HOPS) {
        continue;
      }
      if (n.op() instanceof Op.Gather op && n.input(1) == value) {
        Value data = g.value(n.input(0));
        Optional<Shape> shape = data.shape();
        least =
            shape.isPresent()
                ? lesser(least, new Table(shape.get().dim(op.axis()), data.name()))
                : least;
      } else if (n.op() instanceof Op.Discrete(String name, _, List<Long> settings)
          && name.equals("OneHot")
          && n.input(0) == value) {
        Value hot = g.value(n.outputs().getFirst());
        int axis = Math.toIntExact(settings.getFirst());
        least =
            hot.shape().isPresent()
                ? lesser(least, new Table(hot.shape().get().dim(axis), hot.name()))
                : least;
      } else if (n.op() instanceof Op.Discrete d && movesIds(d)) {
        for (int out : n.outputs()) {
          least = out < 0 ? least : lesser(least, table(g, out, hops + 1).orElse(null));
        }
      }
    }
    return Optional.ofNullable(least);
  }

  private static Table lesser(Table a, Table b) {
    return a == null || b != null && b.extent() < a.extent() ? b : a;
  }

  private static boolean movesIds(Op.Discrete d) {
    return d.name().equals("Cast")
        || d.of().isPresent() && !(d.of().get() instanceof Op.Arithmetic);
  }
}
