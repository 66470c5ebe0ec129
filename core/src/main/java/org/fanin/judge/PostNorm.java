package org.fanin.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.ResidualSums;
import org.fanin.predict.Forecast.Backward;

/// Transformers that normalise after the residual sum, on the trunk itself. A norm is behind such a
/// sum when nothing else reads the sum: in a pre-LN block the skip path goes round the norm.
///
/// @param norms values behind those norms, in order of depth
/// @param lnG ln of the typical gradient there, in the same order; NaN when not known
record PostNorm(List<Integer> norms, List<Double> lnG) {
  /// Norms of four blocks. Xiong et al. 2020 needed warm-up from six blocks on.
  private static final int DEEP = 8;

  static PostNorm of(Case c) {
    BitSet ends = ResidualSums.branchEnds(c.graph);
    BitSet sums = new BitSet();
    Map<Integer, BitSet> readers = new HashMap<>();
    boolean attention = false;
    for (Node n : c.graph.nodes()) {
      attention |= n.op() instanceof Op.Softmax || n.op() instanceof Op.Attention;
      boolean residual =
          n.op().isArithmetic(Op.Arithmetic.Kind.ADD)
              && n.inputs().stream().anyMatch(i -> i >= 0 && ends.get(i));
      if (residual) {
        sums.set(n.outputs().getFirst());
      }
      for (int in : n.inputs()) {
        if (in >= 0 && sums.get(in)) {
          readers.computeIfAbsent(in, _ -> new BitSet()).set(n.index());
        }
      }
    }
    List<Integer> found = new ArrayList<>();
    if (attention) {
      norms(c, sums, readers, found);
    }
    found.sort(null);
    boolean most = 2 * found.size() > sums.cardinality();
    List<Integer> kept = most ? found : List.of();
    return new PostNorm(List.copyOf(kept), kept.stream().map(v -> lnG(c, v)).toList());
  }

  private static void norms(
      Case c, BitSet sums, Map<Integer, BitSet> readers, List<Integer> found) {
    for (Graph.Pattern p : c.graph.patterns()) {
      boolean own = Moments.isNorm(p.kind()) && sums.get(p.root());
      BitSet outside = own ? (BitSet) readers.get(p.root()).clone() : new BitSet();
      p.nodes().forEach(outside::clear);
      if (own && outside.isEmpty()) {
        found.add(p.result());
      }
    }
    for (Node n : c.graph.nodes()) {
      boolean own = n.op() instanceof Op.Norm && sums.get(n.input(0));
      if (own && readers.get(n.input(0)).cardinality() == 1) {
        found.add(n.outputs().getFirst());
      }
    }
  }

  private static double lnG(Case c, int value) {
    return c.moments.backward(value) instanceof Backward.Known b ? b.lnGm2Typical() : Double.NaN;
  }

  boolean isDeep() {
    return norms.size() >= DEEP;
  }
}
