package org.fanin.graph;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/// Finds residual joins: additions where one operand was computed from the other (or from what the
/// other is a projection of). Every search is bounded, so the whole is linear in nodes.
final class Residuals {
  /// Nodes looked at per addition; the longest block of a common network, a decomposed transformer
  /// block with mask arithmetic, has about 100.
  private static final int WINDOW = 512;

  /// A projection on the skip: convolution, normalisation, pooling, reshape.
  private static final int PROJECTION = 6;

  private final Links links;
  private final BitSet ends = new BitSet();

  Residuals(Links links) {
    this.links = links;
    int[] depth = depths();
    for (Node n : links.nodes) {
      if (n.op().isArithmetic(Op.Arithmetic.Kind.ADD) && n.inputs().size() == 2) {
        int a = n.input(0);
        int b = n.input(1);
        if (links.isActivation(a) && links.isActivation(b) && a != b) {
          join(a, b, depth);
        }
      }
    }
  }

  /// Is this value what a residual branch adds to its skip path?
  boolean isBranchEnd(int value) {
    return ends.get(value);
  }

  private void join(int a, int b, int[] depth) {
    if (reaches(a, Set.of(b))) {
      ends.set(a);
    } else if (reaches(b, Set.of(a))) {
      ends.set(b);
    } else if (depth[a] != depth[b]) {
      int deep = depth[a] > depth[b] ? a : b;
      if (reaches(deep, projected(deep == a ? b : a))) {
        ends.set(deep);
      }
    }
  }

  /// The value, and the values it is a projection of.
  private Set<Integer> projected(int value) {
    Set<Integer> chain = new HashSet<>();
    int v = value;
    for (int step = 0; step < PROJECTION && links.isActivation(v); step++) {
      chain.add(v);
      Node n = links.maker(v);
      if (n == null) {
        break;
      }
      int first = n.input(0);
      v = links.isActivation(first) ? first : n.input(1);
    }
    return chain;
  }

  /// Is one of `targets` an ancestor of `from`? Walks back from the latest node, so it stops as
  /// soon as it is before all targets.
  private boolean reaches(int from, Set<Integer> targets) {
    int earliest = Integer.MAX_VALUE;
    for (int t : targets) {
      earliest = Math.min(earliest, links.value(t).producer());
    }
    var open = new PriorityQueue<Integer>((x, y) -> Integer.compare(y, x));
    Set<Integer> seen = new HashSet<>();
    int start = links.value(from).producer();
    if (start < 0) {
      return false;
    }
    open.add(start);
    int edges = 0;
    for (int step = 0; step < WINDOW && !open.isEmpty(); step++) {
      for (int in : links.nodes.get(open.poll()).inputs()) {
        if (targets.contains(in)) {
          return true;
        }
        if (++edges > 4 * WINDOW) {
          return false;
        }
        int p = links.isActivation(in) ? links.value(in).producer() : -1;
        if (p >= 0 && p > earliest && seen.add(p)) {
          open.add(p);
        }
      }
    }
    return false;
  }

  /// Linear layers on the longest path to each value.
  private int[] depths() {
    int[] depth = new int[links.values.size()];
    for (Node n : links.nodes) {
      int d = 0;
      for (int in : n.inputs()) {
        d = in < 0 ? d : Math.max(d, depth[in]);
      }
      boolean linear =
          n.op() instanceof Op.Contract
              || n.op() instanceof Op.Conv
              || n.op() instanceof Op.ConvTranspose;
      for (int out : n.outputs()) {
        if (out >= 0) {
          depth[out] = d + (linear ? 1 : 0);
        }
      }
    }
    return depth;
  }

  // ---- from a layer to its join ----

  /// Does the output of a linear layer reach a join through nothing but bias, dropout, scale, norm,
  /// activation and views?
  ///
  /// @param wholes nodes of decomposed norms and activations, which read their root more than once
  boolean endsBranch(int output, BitSet wholes) {
    int v = output;
    for (int step = 0; step < 16; step++) {
      if (isBranchEnd(v)) {
        return true;
      }
      List<Node> readers = links.readers(v);
      // It goes on from its last node.
      Node next = readers.isEmpty() ? null : readers.getLast();
      boolean whole = allIn(wholes, readers);
      if (readers.size() != 1 && !whole) {
        return false;
      }
      boolean passes =
          whole
              || switch (next.op()) {
                case Op.Reshape _,
                    Op.Transpose _,
                    Op.Dropout _,
                    Op.BatchNorm _,
                    Op.Norm _,
                    Op.Pointwise _ ->
                    true;
                case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
                    (kind == Op.Arithmetic.Kind.ADD || kind == Op.Arithmetic.Kind.MUL)
                        && fixedOther(next, v);
                case Op _ -> false;
              };
      if (!passes) {
        return false;
      }
      v = next.outputs().getFirst();
    }
    return false;
  }

  private static boolean allIn(BitSet wholes, List<Node> readers) {
    for (Node r : readers) {
      if (!wholes.get(r.index())) {
        return false;
      }
    }
    return !readers.isEmpty();
  }

  private boolean fixedOther(Node n, int value) {
    return n.inputs().size() == 2 && fixed(n.input(0), value) && fixed(n.input(1), value);
  }

  private boolean fixed(int input, int value) {
    return input == value || !links.isActivation(input);
  }
}
