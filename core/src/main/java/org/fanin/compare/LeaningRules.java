package org.fanin.compare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.fanin.compare.Pair.Finding;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;

/// Operators whose nodes are off in one direction: no seed does that, so what looks like an unlucky
/// seed is a rule that is off.
///
/// A deviation travels: one unlucky layer moves all that follow. What is held against chance is
/// therefore each node's own change, ln(measured/predicted) behind it less that before it, which is
/// independent from node to node where weights are. Of at least [#FEW] nodes of one operator, their
/// mean is farther from 0 than [Pair#limit] of its standard errors (Student's t), and than
/// [#NOTABLE].
final class LeaningRules {
  /// Nodes of one operator from which on their mean is judged.
  private static final int FEW = 8;

  /// ln of a factor per node below which rules with approximations may lean.
  private static final double NOTABLE = .02;

  private final Graph graph;

  LeaningRules(Graph graph) {
    this.graph = graph;
  }

  /// Signals: the change from the first input that has a pair to the output.
  Map<Integer, Pair> signals(Map<Integer, Pair> pairs) {
    return judged(pairs, false);
  }

  /// Gradients: the change from the output to that input.
  Map<Integer, Pair> gradients(Map<Integer, Pair> pairs) {
    return judged(pairs, true);
  }

  private Map<Integer, Pair> judged(Map<Integer, Pair> pairs, boolean back) {
    if (pairs.values().stream().noneMatch(p -> p.finding() == Finding.UNLUCKY_SEED)) {
      return pairs;
    }
    Map<String, List<Node>> byOperator = new TreeMap<>();
    graph
        .nodes()
        .forEach(n -> byOperator.computeIfAbsent(n.onnxOp(), _ -> new ArrayList<>()).add(n));
    Set<Integer> leaning = new HashSet<>();
    for (List<Node> nodes : byOperator.values()) {
      List<Double> own = new ArrayList<>();
      List<Integer> values = new ArrayList<>();
      for (Node n : nodes) {
        int in = before(n, pairs);
        int out = n.outputs().isEmpty() ? -1 : n.outputs().getFirst();
        if (in >= 0 && isKnown(pairs.get(out))) {
          own.add((back ? -1 : 1) * (off(pairs.get(out)) - off(pairs.get(in))));
          values.add(back ? in : out);
        }
      }
      if (leans(own)) {
        leaning.addAll(values);
      }
    }
    return marked(pairs, leaning);
  }

  private static int before(Node n, Map<Integer, Pair> pairs) {
    for (int in : n.inputs()) {
      if (in >= 0 && isKnown(pairs.get(in))) {
        return in;
      }
    }
    return -1;
  }

  private static boolean isKnown(Pair p) {
    return p != null && Double.isFinite(p.lnPredicted()) && Double.isFinite(p.lnMeasured());
  }

  private static double off(Pair p) {
    return p.lnMeasured() - p.lnPredicted();
  }

  /// Whether the mean is no accident.
  static boolean leans(List<Double> own) {
    int n = own.size();
    if (n < FEW) {
      return false;
    }
    double mean = own.stream().mapToDouble(d -> d).sum() / n;
    double squares = own.stream().mapToDouble(d -> (d - mean) * (d - mean)).sum();
    double error = Math.sqrt(squares / (n - 1) / n);
    return Math.abs(mean) > NOTABLE && Math.abs(mean) > Pair.limit(n) * error;
  }

  private static Map<Integer, Pair> marked(Map<Integer, Pair> pairs, Set<Integer> leaning) {
    Map<Integer, Pair> all = new HashMap<>(pairs);
    for (int v : leaning) {
      all.computeIfPresent(v, (_, p) -> p.finding() == Finding.UNLUCKY_SEED ? p.ruleOff() : p);
    }
    return all;
  }
}
