package org.fanin.graph;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Rows looked up in a table in other ways than by Gather alone: ones and zeros times a matrix, and
/// a table of integers that is made floats after the rows are picked.
final class Lookups {
  /// Casts between a one-hot tensor and its product.
  private static final int CASTS = 4;

  private Lookups() {}

  /// The product of one-hot rows and a matrix, as the lookup that it is; empty for other products.
  static Optional<Lowered> product(Site s) throws ModelFormatException {
    if (s.inputs.size() != 2 || s.rank(1) != 2) {
      return Optional.empty();
    }
    int ids = hot(s.assembly, s.id(0));
    if (ids < 0) {
      return Optional.empty();
    }
    Shape rows = s.assembly.value(ids).shape().orElseThrow();
    long[] d = java.util.Arrays.copyOf(rows.toArray(), rows.rank() + 1);
    d[rows.rank()] = s.shape(1).dim(1);
    Lowered l = s.to(new Op.Gather(0), s.dtype(1), s.shapeOf(d));
    return Optional.of(l.withInputs(List.of(s.id(1), ids)));
  }

  /// The ids that a tensor has a one for along its last axis, zeros elsewhere; −1 when it is none.
  private static int hot(Assembly a, int value) {
    int at = value;
    for (int i = 0; i <= CASTS; i++) {
      Value v = a.value(at);
      if (v.producer() < 0 || v.shape().isEmpty()) {
        return -1;
      }
      Node n = a.nodes().get(v.producer());
      if (n.op() instanceof Op.Discrete(String name, _, List<Long> settings)
          && name.equals("OneHot")) {
        boolean last = settings.getFirst() == v.shape().get().rank() - 1;
        return last && isZeroOne(a.value(n.input(2))) ? shaped(a, n.input(0)) : -1;
      }
      if (!n.onnxOp().equals("Cast")) {
        return -1;
      }
      at = n.input(0);
    }
    return -1;
  }

  private static int shaped(Assembly a, int ids) {
    return a.value(ids).shape().isPresent() && !a.value(ids).dtype().floating() ? ids : -1;
  }

  private static boolean isZeroOne(Value values) {
    Optional<Tensor> t = values.constant();
    return t.isPresent() && t.get().count() == 2 && t.get().at(0) == 0 && t.get().at(1) == 1;
  }

  /// Rows picked from a table of integers and then made floats, as rows of the table of floats;
  /// empty when x is none or the scales differ along the axis that is picked from.
  ///
  /// @param axis of x along which scales differ, if they do
  static Optional<Lowered> dequantised(Site s, int axis) throws ModelFormatException {
    Value x = s.value(0);
    if (x.producer() < 0 || s.constant(1).isEmpty() || s.has(2) && s.constant(2).isEmpty()) {
      return Optional.empty();
    }
    Node pick = s.assembly.nodes().get(x.producer());
    if (!(pick.op() instanceof Op.Discrete(_, Optional<Op> of, _))
        || !(of.orElse(null) instanceof Op.Gather g)) {
      return Optional.empty();
    }
    Value table = s.assembly.value(pick.input(0));
    Value ids = s.assembly.value(pick.input(1));
    int along = axisOfTable(axis, g.axis(), ids.shape().orElseThrow().rank());
    boolean one = s.constant(1).get().count() == 1;
    if (table.constant().isEmpty()
        || !one && along < 0
        || !s.assembly.afford(table.constant().get().count())) {
      return Optional.empty();
    }
    Tensor floats =
        QuantOps.reals(
            table.constant().get(),
            s.constant(1).get(),
            s.constant(2).orElse(null),
            one ? 0 : along,
            s.dtype(1));
    int id = folded(s, pick.input(0), floats);
    return Optional.of(
        s.to(g, s.dtype(1), x.shape().orElseThrow()).withInputs(List.of(id, ids.id())));
  }

  private static int axisOfTable(int axis, int picked, int ids) {
    return axis < picked ? axis : axis >= picked + ids ? axis - ids + 1 : -1;
  }

  private static int folded(Site s, int table, Tensor floats) {
    Assembly a = s.assembly;
    String name = s.name + "/table";
    Out o = Out.of(floats);
    DType type = o.dtype();
    int id = a.add(name, Value.Kind.PARAMETER, type, o.shape(), o.constant(), -1, a.nodes().size());
    List<Integer> ins = List.of(table, s.id(1), s.id(2));
    a.addNode(a.unique(name, s.raw.op()), s.raw.op(), new Op.Folded(s.raw.op()), ins, List.of(id));
    return id;
  }
}
