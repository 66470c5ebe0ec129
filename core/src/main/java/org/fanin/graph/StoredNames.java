package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawFunction;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.tensor.Tensor;

/// The tensors that a file stores, in its graph, in bodies of If, Loop and Scan, and in functions:
/// a writer finds them by name alone.
final class StoredNames {
  private final Map<String, Integer> count = new HashMap<>();
  private final Set<String> sparse = new HashSet<>();
  private final List<Graph.Unfollowed> inBodies = new ArrayList<>();
  private final ArrayDeque<RawGraph> bodies = new ArrayDeque<>();

  StoredNames(RawModel model) {
    graph(model.graph(), false);
    while (!bodies.isEmpty()) {
      graph(bodies.poll(), true);
    }
    for (RawFunction f : model.functions().values()) {
      f.nodes().forEach(n -> node(n, false));
      while (!bodies.isEmpty()) {
        graph(bodies.poll(), true);
      }
    }
  }

  private void graph(RawGraph g, boolean body) {
    g.initializers().forEach((name, t) -> stored(name, t, body));
    sparse.addAll(g.sparse());
    g.nodes().forEach(n -> node(n, body));
  }

  private void node(RawNode n, boolean body) {
    n.attributes().forEach((key, a) -> attribute(n, key, a, body));
    if (n.op().equals("ConstantOfShape") && !n.outputs().isEmpty()) {
      count.merge(n.outputs().getFirst(), 1, Integer::sum);
    }
  }

  private void attribute(RawNode n, String key, Attr a, boolean body) {
    switch (a) {
      case Attr.Body(RawGraph inner) -> bodies.add(inner);
      case Attr.Value(Tensor t) when n.op().equals("Constant") && !n.outputs().isEmpty() -> {
        stored(n.outputs().getFirst(), t, body);
        if (key.equals("sparse_value")) {
          sparse.add(n.outputs().getFirst());
        }
      }
      case Attr _ -> {}
    }
  }

  private void stored(String name, Tensor t, boolean body) {
    count.merge(name, 1, Integer::sum);
    if (body && t.dtype().floating() && t.count() > 1) {
      inBodies.add(new Graph.Unfollowed(name, t.shape(), t.dtype()));
    }
  }

  /// Whether a name stands for more than one tensor.
  boolean isAmbiguous(String name) {
    return count.getOrDefault(name, 0) > 1;
  }

  boolean isSparse(String name) {
    return sparse.contains(name);
  }

  /// Float tensors in bodies that are no values of the graph.
  ///
  /// @param values names of the graph's values
  List<Graph.Unfollowed> unfollowed(Set<String> values) {
    Set<String> seen = new HashSet<>(values);
    return inBodies.stream().filter(u -> seen.add(u.name())).toList();
  }
}
