package org.fanin.compare;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.tensor.Shape;

/// What a forward pass costs, from shapes alone.
///
/// @param multiplyAdds of dense, convolutional, recurrent and attention layers
/// @param grouped those of them that are convolutions in groups, which run slowly
/// @param elements of all activations together
/// @param parameters elements of all parameters
/// @param widest elements of the largest activation or parameter
public record Workload(
    double multiplyAdds, double grouped, double elements, double parameters, double widest) {
  public static Workload of(Graph g) {
    double work = 0;
    double grouped = 0;
    double elements = 0;
    double widest = g.parameters().stream().mapToDouble(p -> p.data().count()).max().orElse(0);
    for (Node n : g.nodes()) {
      double own = multiplyAdds(g, n);
      work += own;
      grouped += inGroups(n.op()) ? own : 0;
      for (int out : n.outputs()) {
        elements += out < 0 ? 0 : count(g, out);
        widest = Math.max(widest, out < 0 ? 0 : count(g, out));
      }
    }
    double parameters = g.parameters().stream().mapToDouble(p -> p.data().count()).sum();
    return new Workload(work, grouped, elements, parameters, widest);
  }

  private static boolean inGroups(Op op) {
    return switch (op) {
      case Op.Conv c -> c.group() > 1;
      case Op.ConvTranspose c -> c.group() > 1;
      case Op _ -> false;
    };
  }

  private static double count(Graph g, int value) {
    return shape(g, value).map(s -> (double) s.count()).orElse(0.0);
  }

  private static Optional<Shape> shape(Graph g, int value) {
    return value < 0 ? Optional.empty() : Optional.of(g.value(value)).flatMap(Value::shape);
  }

  private static double multiplyAdds(Graph g, Node n) {
    Optional<Shape> a = shape(g, n.input(0));
    Optional<Shape> b = shape(g, n.input(1));
    if (a.isEmpty() || b.isEmpty() || n.outputs().isEmpty()) {
      return 0;
    }
    double out = count(g, n.outputs().getFirst());
    return switch (n.op()) {
      case Op.Contract c -> contraction(c, a.get(), b.get());
      case Op.Conv _ -> out * b.get().count() / Math.max(1, b.get().dim(0));
      case Op.ConvTranspose _ -> (double) a.get().count() * b.get().count() / b.get().dim(0);
      case Op.Recurrent _ ->
          (double) a.get().dim(0) * a.get().dim(1) * (b.get().count() + count(g, n.input(2)));
      case Op.Attention _ -> 2.0 * a.get().count() * b.get().dim(b.get().rank() - 2);
      case Op _ -> 0;
    };
  }

  /// The product of the extents of all labels.
  private static double contraction(Op.Contract c, Shape a, Shape b) {
    Map<Integer, Long> extent = new HashMap<>();
    widest(extent, c.a(), a);
    widest(extent, c.b(), b);
    return new HashSet<>(extent.keySet())
        .stream().mapToDouble(extent::get).reduce(1, (x, y) -> x * y);
  }

  private static void widest(Map<Integer, Long> extent, List<Integer> labels, Shape s) {
    for (int i = 0; i < Math.min(labels.size(), s.rank()); i++) {
      extent.merge(labels.get(i), s.dim(i), Math::max);
    }
  }
}
