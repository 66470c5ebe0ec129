package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Draws as one line of YAML, both ways; numbers are the shortest that read back to the same bits.
final class DrawText {
  /// However a file repeats its parts.
  private static final int MOST_PARTS = 1 << 20;

  private static final int DEEPEST = 8;

  private DrawText() {}

  // ---- writing ----

  static String write(Draw d) {
    return switch (d) {
      case Draw.Constant(double v) -> "{constant: " + v + "}";
      case Draw.Uniform(double low, double high) -> "{uniform: [" + low + ", " + high + "]}";
      case Draw.Normal(double mean, double std) -> "{normal: [" + mean + ", " + std + "]}";
      case Draw.Truncated(double mean, double std, double cut) ->
          "{truncated: [" + mean + ", " + std + ", " + cut + "]}";
      case Draw.Orthogonal(double gain, Draw.Matrix m) ->
          "{orthogonal: {gain: " + gain + matrix(m) + "}}";
      case Draw.Aligned(
              double factor,
              String partner,
              long number,
              boolean turned,
              double std,
              Draw.Matrix m) ->
          "{aligned: {factor: "
              + factor
              + ", partner: "
              + PlanText.quoted(partner)
              + ", number: "
              + number
              + ", turned: "
              + turned
              + ", std: "
              + std
              + matrix(m)
              + "}}";
      case Draw.DeltaOrthogonal(double gain, Draw.Matrix m, List<Integer> taps) ->
          "{delta-orthogonal: {gain: " + gain + matrix(m) + ", taps: " + taps + "}}";
      case Draw.Identity(double gain, Draw.Matrix m, List<Integer> taps, int groups) ->
          "{identity: {gain: "
              + gain
              + matrix(m)
              + ", taps: "
              + taps
              + ", groups: "
              + groups
              + "}}";
      case Draw.Sparse(long nonZero, double std, Draw.Matrix m) ->
          "{sparse: {nonzero: " + nonZero + ", std: " + std + matrix(m) + "}}";
      case Draw.Parts(int axis, List<Draw> parts) ->
          "{parts: {axis: " + axis + ", of: [" + runs(parts) + "]}}";
      case Draw.Slice(Draw rest, int axis, long index, double value) ->
          "{slice: {axis: "
              + axis
              + ", index: "
              + index
              + ", value: "
              + value
              + ", rest: "
              + write(rest)
              + "}}";
      case Draw.SoftplusInverse(double low, double high) ->
          "{softplus-inverse: [" + low + ", " + high + "]}";
      case Draw.LogRange(int axis) -> "{log-range: " + axis + "}";
      case Draw.Hadamard(Draw.Matrix m, List<Integer> taps) ->
          "{hadamard: {" + matrix(m).substring(2) + ", taps: " + taps + "}}";
    };
  }

  private static String matrix(Draw.Matrix m) {
    return ", rows: " + m.rows() + ", columns: " + m.columns() + ", batch: " + m.batch();
  }

  /// Equal neighbours once, with their number.
  private static String runs(List<Draw> parts) {
    List<String> runs = new ArrayList<>();
    for (int i = 0; i < parts.size(); ) {
      int n = 1;
      while (i + n < parts.size() && parts.get(i + n).equals(parts.get(i))) {
        n++;
      }
      runs.add("{times: " + n + ", draw: " + write(parts.get(i)) + "}");
      i += n;
    }
    return runs.stream().collect(Collectors.joining(", "));
  }

  // ---- reading ----

  static Draw read(PlanNode node) {
    return read(node, 0);
  }

  private static Draw read(PlanNode node, int depth) {
    PlanNode.Mapping all = node.mapping();
    if (all.entries().size() != 1 || depth > DEEPEST) {
      throw node.fault("found " + all.entries().keySet() + ", wanted one draw, not nested deeply");
    }
    Map.Entry<String, PlanNode> e = all.entries().entrySet().iterator().next();
    PlanNode v = e.getValue();
    return switch (e.getKey()) {
      case "constant" -> new Draw.Constant(v.number());
      case "uniform" -> new Draw.Uniform(at(v, 0, 2), at(v, 1, 2));
      case "normal" -> new Draw.Normal(at(v, 0, 2), positive(v, at(v, 1, 2)));
      case "truncated" ->
          new Draw.Truncated(at(v, 0, 3), positive(v, at(v, 1, 3)), positive(v, at(v, 2, 3)));
      case "softplus-inverse" ->
          new Draw.SoftplusInverse(positive(v, at(v, 0, 2)), positive(v, at(v, 1, 2)));
      case "log-range" -> new Draw.LogRange(v.small());
      case "orthogonal" -> {
        PlanNode.Mapping m = fields(v, "gain");
        yield new Draw.Orthogonal(m.get("gain").number(), matrix(m));
      }
      case "aligned" -> aligned(v);
      case "delta-orthogonal" -> {
        PlanNode.Mapping m = fields(v, "gain", "taps");
        yield new Draw.DeltaOrthogonal(m.get("gain").number(), matrix(m), axes(m, "taps"));
      }
      case "identity" -> {
        PlanNode.Mapping m = fields(v, "gain", "taps", "groups");
        int groups = m.get("groups").small();
        yield new Draw.Identity(m.get("gain").number(), matrix(m), axes(m, "taps"), groups);
      }
      case "sparse" -> {
        PlanNode.Mapping m = fields(v, "nonzero", "std");
        yield new Draw.Sparse(m.get("nonzero").whole(), m.get("std").number(), matrix(m));
      }
      case "hadamard" -> {
        PlanNode.Mapping m = fields(v, "taps");
        yield new Draw.Hadamard(matrix(m), axes(m, "taps"));
      }
      case "parts" -> parts(v.mapping(), depth);
      case "slice" -> {
        PlanNode.Mapping m = v.mapping();
        m.only(List.of("axis", "index", "value", "rest"));
        yield new Draw.Slice(
            read(m.get("rest"), depth + 1),
            m.get("axis").small(),
            m.get("index").whole(),
            m.get("value").number());
      }
      default -> throw v.fault("unknown draw \"" + e.getKey() + "\"");
    };
  }

  private static Draw aligned(PlanNode v) {
    PlanNode.Mapping m = fields(v, "factor", "partner", "number", "turned", "std");
    try {
      return new Draw.Aligned(
          m.get("factor").number(),
          m.get("partner").text(),
          m.get("number").whole(),
          m.get("turned").flag(),
          m.get("std").number(),
          matrix(m));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(v.fault(e.getMessage()).getMessage(), e);
    }
  }

  private static Draw parts(PlanNode.Mapping m, int depth) {
    m.only(List.of("axis", "of"));
    List<Draw> parts = new ArrayList<>();
    for (PlanNode run : m.get("of").list()) {
      run.mapping().only(List.of("times", "draw"));
      int times = run.mapping().get("times").small();
      if (times < 1 || times > MOST_PARTS - parts.size()) {
        throw run.fault("found " + times + " times, wanted 1 to " + MOST_PARTS + " in all");
      }
      parts.addAll(
          java.util.Collections.nCopies(times, read(run.mapping().get("draw"), depth + 1)));
    }
    return new Draw.Parts(m.get("axis").small(), parts);
  }

  private static PlanNode.Mapping fields(PlanNode v, String... own) {
    List<String> known = new ArrayList<>(List.of("rows", "columns", "batch"));
    known.addAll(List.of(own));
    v.mapping().only(known);
    return v.mapping();
  }

  private static Draw.Matrix matrix(PlanNode.Mapping m) {
    return new Draw.Matrix(axes(m, "rows"), axes(m, "columns"), axes(m, "batch"));
  }

  private static List<Integer> axes(PlanNode.Mapping m, String key) {
    return m.get(key).list().stream().map(PlanNode::small).toList();
  }

  private static double at(PlanNode v, int i, int wanted) {
    if (v.list().size() != wanted) {
      throw v.fault("found " + v.list().size() + " numbers, wanted " + wanted);
    }
    return v.list().get(i).number();
  }

  private static double positive(PlanNode v, double x) {
    if (!(x > 0)) {
      throw v.fault("found " + x + ", wanted more than 0");
    }
    return x;
  }
}
