package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Forecast.Forward;

/// How far apart two inputs are, as 1 − cosine. Dropout draws another mask for each sample and so
/// makes samples differ that a network had already made alike: behind it, no more counts than what
/// was left in front.
final class Angles {
  private record Bound(int node, double apart) {}

  private final List<Bound> bounds = new ArrayList<>();

  /// @param training whether dropout acts
  Angles(Graph graph, MainPath path, Moments moments, boolean training) {
    double apart = Double.POSITIVE_INFINITY;
    for (int i = path.cutNodes.nextSetBit(0); i >= 0; i = path.cutNodes.nextSetBit(i + 1)) {
      Node n = graph.nodes().get(i);
      if (n.op() instanceof Op.Dropout d
          && (training || d.trainingMode())
          && moments.forward(n.input(0)) instanceof Forward.Known f
          && 1 - f.cos() < apart) {
        apart = 1 - f.cos();
        bounds.add(new Bound(i, apart));
      }
    }
  }

  /// 1 − cosine at a node's output, or what the inputs' difference was before noise was added.
  double apart(int node, double cos) {
    double own = 1 - cos;
    for (Bound b : bounds.reversed()) {
      if (b.node() < node) {
        return Math.min(own, b.apart());
      }
    }
    return own;
  }
}
