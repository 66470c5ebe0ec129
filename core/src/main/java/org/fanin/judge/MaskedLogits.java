package org.fanin.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Op.Arithmetic.Kind;
import org.fanin.graph.Value;
import org.fanin.tensor.Tensor;

/// Values that hold −∞ on purpose: constants that are added to, or put in place of, what a softmax
/// or a maximum reads, and what comes of them up to there. Linear in nodes and in the elements of
/// such constants.
final class MaskedLogits {
  private final Graph graph;
  private final BitSet masked = new BitSet();

  MaskedLogits(Graph graph) {
    this.graph = graph;
    BitSet read = readBySoftmax();
    graph.values().stream().filter(v -> read.get(v.id()) && isMask(v)).forEach(this::mark);
    for (Node n : graph.nodes()) {
      carry(n, read);
    }
  }

  /// Whether infinite elements of a value are what it is for.
  boolean contains(int value) {
    return masked.get(value);
  }

  private void mark(Value v) {
    masked.set(v.id());
    masked.set(v.origin());
  }

  private void carry(Node n, BitSet read) {
    for (int o : n.outputs()) {
      if (o < 0 || !read.get(o)) {
        continue;
      }
      if (!reads(n) && n.inputs().stream().anyMatch(i -> i >= 0 && masked.get(i))) {
        mark(graph.value(o));
      }
    }
  }

  /// Values that reach a softmax or a maximum element by element, added or chosen.
  private BitSet readBySoftmax() {
    BitSet read = new BitSet();
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node n = graph.nodes().get(i);
      boolean passes = passes(n) && n.outputs().stream().anyMatch(o -> o >= 0 && read.get(o));
      if (reads(n) || passes) {
        inputs(n).forEach(read::set);
      }
    }
    return read;
  }

  private static List<Integer> inputs(Node n) {
    List<Integer> all = new ArrayList<>();
    int first = n.op() instanceof Op.Attention ? 3 : 0;
    for (int i = first; i < n.inputs().size(); i++) {
      if (n.input(i) >= 0) {
        all.add(n.input(i));
      }
    }
    return all;
  }

  private static boolean reads(Node n) {
    return switch (n.op()) {
      case Op.Softmax _, Op.Attention _ -> true;
      case Op.Arithmetic a -> a.kind() == Kind.MAX || a.kind() == Kind.MIN;
      case Op _ -> false;
    };
  }

  private static boolean passes(Node n) {
    return switch (n.op()) {
      case Op.Arithmetic a -> a.kind() == Kind.ADD || a.kind() == Kind.SUB || a.kind() == Kind.MUL;
      case Op.Where _,
          Op.Pointwise _,
          Op.Reshape _,
          Op.Transpose _,
          Op.Expand _,
          Op.Slice _,
          Op.Split _,
          Op.Concat _,
          Op.Pad _,
          Op.Tile _,
          Op.Trilu _,
          Op.GatherItems _,
          Op.Folded _ ->
          true;
      case Op _ -> false;
    };
  }

  private static boolean isMask(Value v) {
    Optional<Tensor> t = v.dtype().floating() ? v.constant() : Optional.empty();
    boolean any = false;
    for (long i = 0; t.isPresent() && i < t.get().count(); i++) {
      double x = t.get().at(i);
      if (Double.isNaN(x)) {
        return false;
      }
      any |= Double.isInfinite(x);
    }
    return any;
  }
}
