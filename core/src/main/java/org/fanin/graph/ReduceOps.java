package org.fanin.graph;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Op.Reduce.Kind;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Reductions, global pooling (a reduction over the spatial axes), ArgMax.
final class ReduceOps {
  private ReduceOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "ReduceMean" -> s -> reduce(s, Kind.MEAN);
      case "ReduceSum" -> s -> reduce(s, Kind.SUM);
      case "ReduceMax" -> s -> reduce(s, Kind.MAX);
      case "ReduceMin" -> s -> reduce(s, Kind.MIN);
      case "ReduceProd" -> s -> reduce(s, Kind.PROD);
      case "ReduceL1" -> s -> reduce(s, Kind.L1);
      case "ReduceL2" -> s -> reduce(s, Kind.L2);
      case "ReduceSumSquare" -> s -> reduce(s, Kind.SUM_SQUARE);
      case "ReduceLogSum" -> s -> reduce(s, Kind.LOG_SUM);
      case "ReduceLogSumExp" -> s -> reduce(s, Kind.LOG_SUM_EXP);
      case "GlobalAveragePool" -> s -> global(s, Kind.MEAN);
      case "GlobalMaxPool" -> s -> global(s, Kind.MAX);
      case "GlobalLpPool" -> ReduceOps::globalLp;
      case "ArgMax" -> ReduceOps::argument;
      case "ArgMin" -> ReduceOps::argument;
      default -> null;
    };
  }

  private static Lowered reduce(Site s, Kind kind) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] given = s.longsOf("axes", 1);
    boolean none = given == null || given.length == 0;
    boolean keep = s.flag("keepdims", true);
    if (none && s.flag("noop_with_empty_axes", false)) {
      return s.to(new Op.Reshape(), in).withInputs(List.of(s.id(0)));
    }
    List<Integer> axes = none ? Shapes.range(0, in.rank()) : s.axes(given, in.rank());
    return s.to(new Op.Reduce(kind, axes, keep), Shapes.reduced(in, axes, keep))
        .withInputs(List.of(s.id(0)));
  }

  private static Lowered global(Site s, Kind kind) throws ModelFormatException {
    Shape in = s.shape(0);
    if (in.rank() < 3) {
      throw s.fault("input of shape " + in, "[N, C, spatial…]");
    }
    List<Integer> axes = Shapes.range(2, in.rank());
    return s.to(new Op.Reduce(kind, axes, true), Shapes.reduced(in, axes, true));
  }

  private static Lowered globalLp(Site s) throws ModelFormatException {
    int p = ConvOps.exponent(s);
    if (p <= 2) {
      return global(s, p == 2 ? Kind.L2 : Kind.L1);
    }
    return s.to(new Op.GlobalLpPool(p), global(s, Kind.SUM).outs().getFirst());
  }

  private static Lowered argument(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    int axis = s.axis(s.integer("axis", 0), in.rank());
    Shape out = Shapes.reduced(in, List.of(axis), s.flag("keepdims", true));
    Op op = new Op.Discrete(s.raw.op(), Optional.empty(), List.of((long) axis));
    return s.to(op, DType.I64, out);
  }
}
