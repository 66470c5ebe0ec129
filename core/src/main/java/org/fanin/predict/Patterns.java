package org.fanin.predict;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Graph.Pattern;
import org.fanin.graph.Node;

/// Looks up the decomposed normalisations of a graph by node: their inner nodes are predicted one
/// by one, but what leaves the pattern (its result forward, the gradient at its root backward)
/// follows the rule of the whole, where the factors are not independent.
final class Patterns {
  private final Map<Integer, Pattern> byResult = new HashMap<>();
  private final Map<Integer, Pattern> byNode = new HashMap<>();

  Patterns(Graph graph) {
    for (Pattern p : graph.patterns()) {
      boolean norm =
          switch (p.kind()) {
            case LAYER_NORM, RMS_NORM, L2_NORM -> true;
            case GELU_ERF,
                GELU_TANH,
                SILU,
                MISH,
                HARD_SWISH,
                ATTENTION,
                ROPE,
                GATED_UNIT,
                BATCH_NORM_SCALE ->
                false;
          };
      if (norm) {
        byResult.put(p.result(), p);
        p.nodes().forEach(n -> byNode.put(n, p));
      }
    }
  }

  Optional<Pattern> endingAt(int value) {
    return Optional.ofNullable(byResult.get(value));
  }

  /// True when this node is inside a normalisation and reads its root: that path is part of the
  /// whole's rule.
  boolean swallows(Node node, int input) {
    Pattern p = byNode.get(node.index());
    return p != null && p.root() == input;
  }
}
