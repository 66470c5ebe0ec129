package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Picks, cuts, joins and writes by index.
final class IndexOps {
  private IndexOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Slice" -> IndexOps::slice;
      case "Split" -> IndexOps::split;
      case "Concat" -> IndexOps::concat;
      case "Pad" -> IndexOps::pad;
      case "Gather" -> IndexOps::gather;
      case "GatherElements" -> IndexOps::gatherElements;
      case "GatherND" -> IndexOps::gatherNd;
      case "ScatterElements", "ScatterND", "Scatter" -> IndexOps::scatter;
      case "TensorScatter" -> IndexOps::cache;
      case "Where" -> IndexOps::where;
      case "Trilu" -> IndexOps::trilu;
      case "CumSum" -> IndexOps::cumSum;
      case "TopK" -> IndexOps::topK;
      case "ReverseSequence" -> IndexOps::reverse;
      default -> null;
    };
  }

  // ---- slices ----

  private static Lowered slice(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] starts = required(s, "starts", 1);
    long[] ends = required(s, "ends", 2);
    long[] axes = s.longsOf("axes", 3);
    long[] steps = s.has(4) ? s.longs(4, "steps") : null;
    if (ends.length != starts.length
        || axes != null && axes.length != starts.length
        || steps != null && steps.length != starts.length
        || starts.length > in.rank()) {
      throw s.fault(
          starts.length + " starts and " + ends.length + " ends", "lists of the same length");
    }
    if (axes != null) {
      s.axes(axes, in.rank());
    }
    Long[] from = new Long[in.rank()];
    Long[] by = new Long[in.rank()];
    Arrays.fill(from, 0L);
    Arrays.fill(by, 1L);
    long[] d = in.toArray();
    for (int i = 0; i < starts.length; i++) {
      int a = axes == null ? i : s.axis(axes[i], in.rank());
      long step = Math.clamp(steps == null ? 1 : steps[i], -(1L << 62), 1L << 62);
      if (step == 0) {
        throw s.fault("step 0", "another step");
      }
      from[a] = clamp(starts[i], d[a], 0, step > 0 ? d[a] : d[a] - 1);
      long end = clamp(ends[i], d[a], step > 0 ? 0 : -1, step > 0 ? d[a] : d[a] - 1);
      by[a] = step;
      long span = step > 0 ? end - from[a] : from[a] - end;
      d[a] = span <= 0 || d[a] == 0 ? 0 : (span - 1) / Math.abs(step) + 1;
    }
    return s.to(new Op.Slice(List.of(from), List.of(by)), s.shapeOf(d))
        .withInputs(List.of(s.id(0)));
  }

  private static long clamp(long i, long extent, long lo, long hi) {
    return Math.max(lo, Math.min(i < 0 ? i + extent : i, hi));
  }

  private static long[] required(Site s, String what, int input) throws ModelFormatException {
    long[] v = s.longsOf(what, input);
    if (v == null) {
      throw s.fault("no " + what, "an input or attribute '" + what + "'");
    }
    return v;
  }

  private static Lowered split(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    int axis = s.axis(s.integer("axis", 0), in.rank());
    long extent = in.dim(axis);
    int parts = s.outputs();
    long[] sizes = s.longsOf("split", 1);
    if (sizes == null) {
      sizes = new long[parts];
      long each = (extent + parts - 1) / parts;
      for (int i = 0; i < parts; i++) {
        sizes[i] = Math.max(0, Math.min(each, extent - i * each));
      }
    }
    if (sizes.length != parts
        || Arrays.stream(sizes).anyMatch(v -> v < 0 || v > extent)
        || Arrays.stream(sizes).sum() != extent) {
      throw s.fault(
          "parts " + Arrays.toString(sizes) + " for " + parts + " outputs",
          "parts that sum to " + extent);
    }
    Out[] outs = new Out[parts];
    for (int i = 0; i < parts; i++) {
      outs[i] = Out.of(s.dtype(0), Shapes.with(in, axis, sizes[i]));
    }
    return s.to(new Op.Split(axis, Arrays.stream(sizes).boxed().toList()), outs)
        .withInputs(List.of(s.id(0)));
  }

  private static Lowered concat(Site s) throws ModelFormatException {
    Shape first = s.shape(0);
    int axis = s.axis(s.integer("axis", 1), first.rank());
    long[] d = first.toArray();
    for (int i = 1; i < s.inputs.size(); i++) {
      Shape next = s.shape(i);
      boolean fits = next.rank() == d.length;
      for (int a = 0; fits && a < d.length; a++) {
        fits = a == axis || next.dim(a) == d[a];
      }
      if (!fits) {
        throw s.fault("shapes " + first + " and " + next, "equal extents but on axis " + axis);
      }
      d[axis] = Math.addExact(d[axis], next.dim(axis));
    }
    return s.to(new Op.Concat(axis), s.shapeOf(d));
  }

  private static Lowered pad(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] pads = s.longsOf(s.hasAttr("paddings") ? "paddings" : "pads", 1);
    List<Integer> axes = Shapes.range(0, in.rank());
    if (s.has(3)) {
      axes = new ArrayList<>();
      for (long a : s.longs(3, "axes")) {
        axes.add(s.axis(a, in.rank()));
      }
    }
    if (pads == null || pads.length != 2 * axes.size()) {
      throw s.fault(
          pads == null ? "no pads" : pads.length + " pads", "two for each of " + axes.size());
    }
    Long[] begin = new Long[in.rank()];
    Long[] end = new Long[in.rank()];
    Arrays.fill(begin, 0L);
    Arrays.fill(end, 0L);
    long[] d = in.toArray();
    for (int i = 0; i < axes.size(); i++) {
      int a = axes.get(i);
      begin[a] = pads[i];
      end[a] = pads[i + axes.size()];
      d[a] = Math.addExact(d[a], Math.addExact(begin[a], end[a]));
    }
    double value =
        s.has(2) && s.dtype(0).floating() ? s.scalar(2, "fill value") : s.real("value", 0);
    var mode =
        switch (s.text("mode", "constant")) {
          case "constant" -> Op.Pad.Mode.CONSTANT;
          case "reflect" -> Op.Pad.Mode.REFLECT;
          case "edge" -> Op.Pad.Mode.EDGE;
          case "wrap" -> Op.Pad.Mode.WRAP;
          case String other -> throw s.fault("mode " + other, "constant, reflect, edge or wrap");
        };
    return s.to(new Op.Pad(mode, List.of(begin), List.of(end), value), s.shapeOf(d))
        .withInputs(List.of(s.id(0)));
  }

  // ---- by index ----

  private static Lowered gather(Site s) throws ModelFormatException {
    Shape data = s.shape(0);
    Shape indices = s.shape(1);
    int axis = s.axis(s.integer("axis", 0), data.rank());
    long[] d = new long[data.rank() - 1 + indices.rank()];
    for (int i = 0; i < axis; i++) {
      d[i] = data.dim(i);
    }
    for (int i = 0; i < indices.rank(); i++) {
      d[axis + i] = indices.dim(i);
    }
    for (int i = axis + 1; i < data.rank(); i++) {
      d[indices.rank() + i - 1] = data.dim(i);
    }
    return s.to(new Op.Gather(axis), s.shapeOf(d));
  }

  private static Lowered gatherElements(Site s) throws ModelFormatException {
    int axis = s.axis(s.integer("axis", 0), s.rank(0));
    return s.to(new Op.GatherItems("GatherElements", axis, 0), s.shape(1));
  }

  private static Lowered gatherNd(Site s) throws ModelFormatException {
    Shape data = s.shape(0);
    Shape indices = s.shape(1);
    int batch = Math.clamp(s.integer("batch_dims", 0), 0, Site.MAX_RANK);
    long depth = indices.rank() == 0 ? 0 : indices.dim(-1);
    if (indices.rank() == 0 || depth < 1 || batch + depth > data.rank()) {
      throw s.fault("indices " + indices + " into " + data, "index tuples that fit the data");
    }
    int tail = data.rank() - batch - (int) depth;
    long[] d = Arrays.copyOf(indices.toArray(), indices.rank() - 1 + tail);
    for (int i = 0; i < tail; i++) {
      d[indices.rank() - 1 + i] = data.dim(batch + (int) depth + i);
    }
    return s.to(new Op.GatherItems("GatherND", batch, (int) depth), s.shapeOf(d));
  }

  private static Lowered scatter(Site s) throws ModelFormatException {
    String reduction = s.text("reduction", "none");
    s.value(1);
    s.value(2);
    int axis = s.axis(s.integer("axis", 0), Math.max(1, s.rank(0)));
    String kind = s.raw.op().equals("Scatter") ? "ScatterElements" : s.raw.op();
    Op.Scatter op = new Op.Scatter(kind, axis, reduction.equals("add"));
    return switch (reduction) {
      case "none", "add" -> s.to(op, s.shape(0));
      case "mul", "max", "min" -> s.to(new Op.ScatterReduce(op, reduction), s.shape(0));
      default -> throw s.fault("reduction " + reduction, "none, add, mul, max or min");
    };
  }

  private static Lowered cache(Site s) throws ModelFormatException {
    Shape cache = s.shape(0);
    Shape update = s.shape(1);
    int axis = s.axis(s.integer("axis", -2), cache.rank());
    String mode = s.text("mode", "linear");
    if (!mode.equals("linear") && !mode.equals("circular")) {
      throw s.fault("mode " + mode, "linear or circular");
    }
    boolean fits =
        axis > 0
            && update.rank() == cache.rank()
            && update.dim(axis) <= cache.dim(axis)
            && Shapes.with(update, axis, cache.dim(axis)).equals(cache)
            && (!s.has(2) || s.shape(2).equals(s.shapeOf(cache.dim(0))));
    if (!fits) {
      throw s.fault("update " + update + " on axis " + axis + " of " + cache, "a part of it");
    }
    return s.to(new Op.TensorScatter(axis, mode.equals("circular")), cache);
  }

  private static Lowered reverse(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long batch = s.integer("batch_axis", 1);
    long time = s.integer("time_axis", 0);
    if (in.rank() < 2 || batch != 1 - time || time != 0 && time != 1) {
      throw s.fault("batch_axis " + batch + " and time_axis " + time, "0 and 1, or 1 and 0");
    }
    if (!s.shape(1).equals(s.shapeOf(in.dim((int) batch)))) {
      throw s.fault("lengths of shape " + s.shape(1) + " for " + in, "one for each of the batch");
    }
    return s.to(new Op.ReverseSequence((int) batch, (int) time), in);
  }

  private static Lowered where(Site s) throws ModelFormatException {
    Shape out = s.broadcast(s.broadcast(s.shape(0), s.shape(1)), s.shape(2));
    return s.to(new Op.Where(), s.dtype(1), out);
  }

  private static Lowered trilu(Site s) throws ModelFormatException {
    if (s.rank(0) < 2) {
      throw s.fault("shape " + s.shape(0), "a matrix");
    }
    long k = s.has(1) ? s.longs(1, "diagonal")[0] : 0;
    return s.to(new Op.Trilu(s.flag("upper", true), k), s.shape(0)).withInputs(List.of(s.id(0)));
  }

  private static Lowered cumSum(Site s) throws ModelFormatException {
    long[] axis = s.longs(1, "axis");
    if (axis.length != 1) {
      throw s.fault(axis.length + " axes", "one");
    }
    int a = s.axis(axis[0], s.rank(0));
    var op = new Op.CumSum(a, s.flag("exclusive", false), s.flag("reverse", false));
    return s.to(op, s.shape(0)).withInputs(List.of(s.id(0)));
  }

  private static Lowered topK(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    int axis = s.axis(s.integer("axis", -1), in.rank());
    long k = s.has(1) ? s.longs(1, "k")[0] : s.integer("k", 0);
    if (k < 0 || k > in.dim(axis)) {
      throw s.fault("k " + k, "at most the extent " + in.dim(axis));
    }
    Shape out = Shapes.with(in, axis, k);
    return s.to(
            new Op.TopK(axis, s.flag("largest", true)),
            Out.of(s.dtype(0), out),
            Out.of(DType.I64, out))
        .withInputs(List.of(s.id(0)));
  }
}
