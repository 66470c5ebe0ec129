package org.fanin.judge;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;

/// Which softmaxes are attention: their output is multiplied by values that are summed over the
/// axis that the softmax sums over, and that axis is one of the data's. Probabilities of classes,
/// gates, and routers, whose axis is the width of a layer, are no attention.
public final class AttentionWeights {
  /// Nodes between a softmax and the product, or between the logits and what they come from.
  private static final int FAR = 12;

  private final Graph graph;
  private final Names names;
  private final Map<Integer, List<Integer>> readers = new HashMap<>();

  public AttentionWeights(Graph graph) {
    this.graph = graph;
    names = new Names(graph);
    for (Node n : graph.nodes()) {
      n.inputs().stream()
          .filter(i -> i >= 0)
          .distinct()
          .forEach(
              i -> readers.computeIfAbsent(i, _ -> new java.util.ArrayList<>()).add(n.index()));
    }
  }

  public boolean isAttention(Node n) {
    return switch (n.op()) {
      case Op.Attention _ -> true;
      case Op.Softmax s -> !s.log() && !alongUnits(n, s.axis()) && summed(n, s.axis());
      case Op _ -> false;
    };
  }

  private record At(int value, int axis, int steps) {}

  /// Whether values are summed with the weights along their axis, here or behind moves.
  private boolean summed(Node softmax, int axis) {
    Deque<At> open = new ArrayDeque<>();
    BitSet seen = new BitSet();
    open.add(new At(softmax.outputs().getFirst(), axis, 0));
    while (!open.isEmpty()) {
      At at = open.remove();
      if (seen.get(at.value()) || at.steps() > FAR) {
        continue;
      }
      seen.set(at.value());
      for (int r : readers.getOrDefault(at.value(), List.of())) {
        Node n = graph.nodes().get(r);
        if (sums(n, at)) {
          return true;
        }
        int on = moved(n, at);
        if (on >= 0) {
          open.add(new At(n.outputs().getFirst(), on, at.steps() + 1));
        }
      }
    }
    return false;
  }

  private boolean sums(Node n, At at) {
    return switch (n.op()) {
      case Op.Contract k -> {
        boolean first = n.input(0) == at.value();
        List<Integer> own = first ? k.a() : k.b();
        List<Integer> others = first ? k.b() : k.a();
        boolean data = names.parameterAt(n.input(first ? 1 : 0)) == null;
        yield data
            && at.axis() < own.size()
            && !k.out().contains(own.get(at.axis()))
            && others.contains(own.get(at.axis()));
      }
      case Op.Reduce r ->
          at.steps() > 0 && r.kind() == Op.Reduce.Kind.SUM && r.axes().contains(at.axis());
      case Op _ -> false;
    };
  }

  /// Where the axis is in a node's output; −1 where it cannot be followed.
  private int moved(Node n, At at) {
    return switch (n.op()) {
      case Op.Transpose t -> t.perm().indexOf(at.axis());
      case Op.Reshape _ -> reshaped(at, n.outputs().getFirst());
      case Op.Dropout _, Op.Pointwise _, Op.Where _, Op.Expand _ ->
          fromEnd(at, n.outputs().getFirst());
      case Op.Arithmetic a when a.kind() == Op.Arithmetic.Kind.MUL ->
          fromEnd(at, n.outputs().getFirst());
      case Op _ -> -1;
    };
  }

  private int rank(int value) {
    return graph.value(value).shape().map(s -> s.rank()).orElse(-1);
  }

  private int fromEnd(At at, int out) {
    int on = at.axis() + rank(out) - rank(at.value());
    return rank(out) < 0 || rank(at.value()) < 0 ? -1 : on;
  }

  /// An axis stays where as many elements lie behind it as before, and its extent is the same.
  private int reshaped(At at, int out) {
    if (rank(at.value()) < 0 || rank(out) < 0) {
      return -1;
    }
    var from = graph.value(at.value()).shape().orElseThrow();
    var to = graph.value(out).shape().orElseThrow();
    long behind = 1;
    for (int i = at.axis() + 1; i < from.rank(); i++) {
      behind *= from.dim(i);
    }
    long seen = 1;
    for (int i = to.rank() - 1; i >= 0; i--) {
      if (seen == behind && to.dim(i) == from.dim(at.axis())) {
        return i;
      }
      seen *= to.dim(i);
    }
    return -1;
  }

  /// Whether the axis is the width of a layer: logits of classes, experts or gates.
  private boolean alongUnits(Node softmax, int axis) {
    int value = softmax.input(0);
    int fromEnd = rank(value) - axis;
    for (int hop = 0; hop < FAR && value >= 0 && graph.value(value).producer() >= 0; hop++) {
      Node n = graph.nodes().get(graph.value(value).producer());
      if (n.op() instanceof Op.Contract k) {
        int at = k.out().size() - fromEnd;
        return at >= 0 && ofWeights(n, k, k.out().get(at));
      }
      if (!(n.op() instanceof Op.Arithmetic
          || n.op() instanceof Op.Pointwise
          || n.op() instanceof Op.Where)) {
        return false;
      }
      value = data(n);
    }
    return false;
  }

  private boolean ofWeights(Node n, Op.Contract k, int label) {
    boolean first = names.parameterAt(n.input(0)) != null;
    boolean second = names.parameterAt(n.input(1)) != null;
    if (first == second) {
      return false;
    }
    return (first ? k.a() : k.b()).contains(label) && !(first ? k.b() : k.a()).contains(label);
  }

  private int data(Node n) {
    for (int v : n.inputs()) {
      boolean floats = v >= 0 && graph.value(v).dtype().floating();
      if (floats && names.parameterAt(v) == null && graph.value(v).constant().isEmpty()) {
        return v;
      }
    }
    return -1;
  }
}
