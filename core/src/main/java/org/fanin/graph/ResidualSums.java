package org.fanin.graph;

import java.util.BitSet;

/// Which sums of a finished graph are residual: the operand that was computed from the other (or
/// from what the other is a projection of) is a branch, the other its skip path.
public final class ResidualSums {
  private ResidualSums() {}

  /// Value ids that residual branches add to their skip paths. Linear in nodes.
  public static BitSet branchEnds(Graph graph) {
    var residuals = new Residuals(new Links(graph.nodes(), graph.values(), graph.outputs()));
    BitSet ends = new BitSet();
    for (Value v : graph.values()) {
      if (residuals.isBranchEnd(v.id())) {
        ends.set(v.id());
      }
    }
    return ends;
  }
}
