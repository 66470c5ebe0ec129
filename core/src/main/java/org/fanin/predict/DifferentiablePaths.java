package org.fanin.predict;

import java.util.BitSet;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;

/// Which values an output depends on only through operators that pass no gradient (ArgMax,
/// comparisons, casts to integers, Sign, Round): no gradient of theirs is 0, there is none. One
/// walk back; linear in nodes.
final class DifferentiablePaths {
  private static final double[] ANYWHERE = {-40.3, -1.7, -.3, .2, 1.6, 40.4};

  private final Graph graph;
  private final BitSet smooth = new BitSet();
  private final String[] blockedBy;

  DifferentiablePaths(Graph graph) {
    this.graph = graph;
    blockedBy = new String[graph.values().size()];
    BitSet read = new BitSet();
    for (int o : graph.outputs()) {
      read.set(o);
      smooth.set(o, graph.value(o).dtype().floating());
    }
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      visit(graph.nodes().get(i), read);
    }
  }

  /// The operator that no gradient passes, where all paths from a value to the outputs run through
  /// such; empty where there is a differentiable one, or none at all.
  Optional<String> blockedBy(int value) {
    return smooth.get(value) ? Optional.empty() : Optional.ofNullable(blockedBy[value]);
  }

  private void visit(Node n, BitSet read) {
    boolean used = false;
    boolean open = false;
    String behind = null;
    for (int o : n.outputs()) {
      if (o >= 0 && read.get(o)) {
        used = true;
        open |= smooth.get(o) && graph.value(o).dtype().floating();
        behind = behind == null ? blockedBy[o] : behind;
      }
    }
    if (!used) {
      return;
    }
    boolean passes = open && !blocks(n.op());
    String name = open || behind == null ? n.onnxOp() : behind;
    for (int in : n.inputs()) {
      if (in >= 0) {
        read.set(in);
        pass(in, passes, name);
        pass(graph.value(in).origin(), passes, name);
      }
    }
  }

  private void pass(int value, boolean passes, String name) {
    if (passes) {
      smooth.set(value);
    } else if (blockedBy[value] == null) {
      blockedBy[value] = name;
    }
  }

  private static boolean blocks(Op op) {
    return switch (op) {
      case Op.Discrete _ -> true;
      case Op.Pointwise p -> isStep(p.fn());
      case Op _ -> false;
    };
  }

  /// Flat wherever it is smooth, and not one number.
  private static boolean isStep(Fn f) {
    boolean one = true;
    for (double x : ANYWHERE) {
      if (f.slopeAt(x) != 0) {
        return false;
      }
      one &= f.at(x) == f.at(ANYWHERE[0]);
    }
    return !one;
  }
}
