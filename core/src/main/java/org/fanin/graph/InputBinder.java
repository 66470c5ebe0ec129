package org.fanin.graph;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Gives every input a concrete shape: what the caller says, else what the file says, else a usual
/// extent.
final class InputBinder {
  private static final long TOKENS = 32;
  private static final long PIXELS = 224;
  private static final long SAMPLES = 1024;
  private static final long OTHER = 16;

  private final Assembly assembly;
  private final RawGraph graph;
  private final Bindings wishes;
  private final Map<String, Long> symbols = new HashMap<>();
  private final Map<String, RawNode> firstUse = new HashMap<>();

  InputBinder(Assembly assembly, RawGraph graph, Bindings wishes) {
    this.assembly = assembly;
    this.graph = graph;
    this.wishes = wishes;
    Set<String> names = new HashSet<>();
    inputs().forEach(v -> names.add(v.name()));
    for (RawNode n : graph.nodes()) {
      for (String in : n.inputs()) {
        if (names.contains(in)) {
          firstUse.putIfAbsent(in, n);
        }
      }
    }
  }

  /// @return shapes by input name; no entry where the rank is unknown
  Map<String, Shape> bind() throws ModelFormatException {
    Map<String, Shape> r = new HashMap<>();
    for (RawValue v : inputs()) {
      Shape wish = wishes.inputShapes().get(v.name());
      if (wish != null) {
        r.put(v.name(), given(v, wish));
      }
    }
    for (RawValue v : inputs()) {
      if (!r.containsKey(v.name())) {
        open(v).ifPresent(s -> r.put(v.name(), s));
      }
    }
    return r;
  }

  List<RawValue> inputs() {
    return graph.inputs().stream()
        .filter(v -> !graph.initializers().containsKey(v.name()))
        .toList();
  }

  private Shape given(RawValue v, Shape wish) throws ModelFormatException {
    if (v.dims() == null) {
      return wish;
    }
    if (v.dims().size() != wish.rank()) {
      throw new ModelFormatException(
          assembly.source() + ", input " + v.name(),
          v.dims().size() + " axes",
          "the rank of the given shape " + wish);
    }
    for (int i = 0; i < wish.rank(); i++) {
      if (v.dims().get(i) < 0) {
        record(v, i, wish.dim(i));
      }
    }
    return wish;
  }

  private void record(RawValue v, int axis, long extent) {
    String symbol = symbol(v, axis);
    if (!symbol.isEmpty()) {
      symbols.put(symbol, extent);
    }
    assembly.bindings.put(label(v, axis), extent);
  }

  /// How messages, reports and [Bindings#extents] name an open dimension.
  private static String label(RawValue v, int axis) {
    String symbol = symbol(v, axis);
    return !symbol.isEmpty() ? symbol : axis == 0 ? "batch" : v.name() + "[" + axis + "]";
  }

  private static String symbol(RawValue v, int axis) {
    String s = v.symbols() == null || axis >= v.symbols().size() ? "" : v.symbols().get(axis);
    return s == null ? "" : s;
  }

  private Optional<Shape> open(RawValue v) throws ModelFormatException {
    List<Long> dims = v.dims();
    if (dims == null) {
      int rank = rankByUse(v);
      if (rank == 0) {
        return Optional.empty();
      }
      dims = java.util.Collections.nCopies(rank, -1L);
    }
    if (dims.size() > Site.MAX_RANK) {
      throw new ModelFormatException(
          assembly.source() + ", input " + v.name(),
          "rank " + dims.size(),
          "rank " + Site.MAX_RANK + " at most");
    }
    long[] d = new long[dims.size()];
    for (int i = 0; i < d.length; i++) {
      d[i] = dims.get(i);
      if (d[i] < 0) {
        d[i] = extent(v, i, d.length);
        record(v, i, d[i]);
      }
    }
    try {
      return Optional.of(Shape.of(d));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          assembly.source() + ", input " + v.name(), e.getMessage(), "a shape that can exist", e);
    }
  }

  private long extent(RawValue v, int axis, int rank) {
    String symbol = symbol(v, axis);
    Long known = symbols.get(symbol);
    if (known != null) {
      return known;
    }
    Long wish = wishes.extents().get(label(v, axis));
    if (wish != null) {
      return wish;
    }
    long sum = sum(symbol);
    if (sum > 0) {
      return sum;
    }
    String s = symbol.toLowerCase(Locale.ROOT);
    if (axis == 0 || s.contains("batch")) {
      return wishes.batch();
    }
    if (s.matches(".*(seq|token|length|time|text|words).*")) {
      return TOKENS;
    }
    long weight = byUse(v, axis, rank);
    return weight > 0
        ? weight
        : s.matches("h|w|.*(height|width|image|pixel).*") ? PIXELS : usual(v);
  }

  private static long usual(RawValue v) {
    return v.dtype() != null && v.dtype() != DType.OTHER && !v.dtype().floating() ? TOKENS : OTHER;
  }

  /// As in "past_sequence_length + 1".
  private long sum(String symbol) {
    long total = 0;
    String[] terms = symbol.split("\\+");
    if (terms.length < 2) {
      return 0;
    }
    for (String t : terms) {
      String term = t.strip();
      Long known = symbols.get(term);
      if (known != null) {
        total += known;
      } else if (term.matches("\\d{1,9}")) {
        total += Long.parseLong(term);
      } else {
        return 0;
      }
    }
    return total;
  }

  // ---- what the first reader needs ----

  private Optional<Shape> weightOfUse(RawValue v) {
    RawNode n = firstUse.get(v.name());
    if (n == null || n.inputs().size() < 2 || !n.inputs().getFirst().equals(v.name())) {
      return Optional.empty();
    }
    return Optional.ofNullable(graph.initializers().get(n.inputs().get(1))).map(Tensor::shape);
  }

  private int rankByUse(RawValue v) {
    Optional<Shape> w = weightOfUse(v);
    if (w.isEmpty()) {
      return 0;
    }
    return switch (firstUse.get(v.name()).op()) {
      case "Conv", "ConvTranspose" -> w.get().rank();
      case "Gemm", "MatMul" -> 2;
      default -> 0;
    };
  }

  /// @return 0 when the use does not tell
  private long byUse(RawValue v, int axis, int rank) {
    RawNode n = firstUse.get(v.name());
    Optional<Shape> w = weightOfUse(v).filter(s -> s.rank() >= 2);
    if (n == null || w.isEmpty()) {
      return rank == 4 && axis == 1 ? 3 : rank == 4 ? PIXELS : 0;
    }
    return switch (n.op()) {
      case "Conv", "ConvTranspose" ->
          axis == 1 ? channels(n, w.get()) : rank == 4 ? PIXELS : rank == 3 ? SAMPLES : OTHER;
      case "Gemm" -> axis == 1 ? w.get().dim(transposed(n) ? 1 : 0) : 0;
      case "MatMul" -> axis == rank - 1 ? w.get().dim(-2) : 0;
      default -> 0;
    };
  }

  private static boolean transposed(RawNode n) {
    return n.attributes().get("transB") instanceof org.fanin.model.RawModel.Attr.Int(long v)
        && v != 0;
  }

  private static long channels(RawNode n, Shape w) {
    long group =
        n.attributes().get("group") instanceof org.fanin.model.RawModel.Attr.Int(long g)
            ? Math.clamp(g, 1, 1 << 20)
            : 1;
    return n.op().equals("Conv") ? w.dim(1) * group : w.dim(0);
  }
}
