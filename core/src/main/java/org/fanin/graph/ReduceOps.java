package org.fanin.graph;

import java.util.List;
import java.util.Map;
import org.fanin.graph.Op.Reduce.Kind;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Reductions, global pooling (a reduction over the spatial axes), ArgMax.
final class ReduceOps {
  private ReduceOps() {}

  static void register(Map<String, Rule> rules) {
    rules.put("ReduceMean", s -> reduce(s, Kind.MEAN));
    rules.put("ReduceSum", s -> reduce(s, Kind.SUM));
    rules.put("ReduceMax", s -> reduce(s, Kind.MAX));
    rules.put("ReduceMin", s -> reduce(s, Kind.MIN));
    rules.put("ReduceProd", s -> reduce(s, Kind.PROD));
    rules.put("ReduceL1", s -> reduce(s, Kind.L1));
    rules.put("ReduceL2", s -> reduce(s, Kind.L2));
    rules.put("ReduceSumSquare", s -> reduce(s, Kind.SUM_SQUARE));
    rules.put("ReduceLogSum", s -> reduce(s, Kind.LOG_SUM));
    rules.put("ReduceLogSumExp", s -> reduce(s, Kind.LOG_SUM_EXP));
    rules.put("GlobalAveragePool", s -> global(s, Kind.MEAN));
    rules.put("GlobalMaxPool", s -> global(s, Kind.MAX));
    rules.put("GlobalLpPool", ReduceOps::globalLp);
    rules.put("ArgMax", ReduceOps::argument);
    rules.put("ArgMin", ReduceOps::argument);
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
    long p = s.integer("p", 2);
    return p == 2
        ? global(s, Kind.L2)
        : p == 1 ? global(s, Kind.L1) : s.foreign("no rule for Lp pooling with p = " + p);
  }

  private static Lowered argument(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    List<Integer> axes = List.of(s.axis(s.integer("axis", 0), in.rank()));
    Shape out = Shapes.reduced(in, axes, s.flag("keepdims", true));
    return s.to(new Op.Discrete(s.raw.op()), DType.I64, out);
  }
}
