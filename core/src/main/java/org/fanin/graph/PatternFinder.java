package org.fanin.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.fanin.graph.Graph.Pattern;

/// Finds well-known functions that exporters write as many small nodes. Every node is looked at
/// once as the possible end of a pattern, and every look back is bounded: linear in nodes.
final class PatternFinder {
  private PatternFinder() {}

  static List<Pattern> find(Links links) {
    List<Pattern> found = new ArrayList<>();
    var norms = new NormPatterns(links);
    var curves = new CurvePatterns(links);
    var attention = new AttentionPatterns(links);
    for (Node n : links.nodes) {
      switch (n.op()) {
        case Op.Arithmetic(Op.Arithmetic.Kind kind) -> {
          switch (kind) {
            case MUL -> {
              Optional<Pattern> p = norms.endingAt(n).or(() -> curves.endingAt(n));
              p.or(() -> norms.batchNormScale(n)).ifPresent(found::add);
            }
            case DIV -> norms.endingAt(n).ifPresent(found::add);
            case ADD -> attention.rope(n).ifPresent(found::add);
            case SUB, POW, MIN, MAX, MEAN -> {}
          }
        }
        case Op.Concat _ -> attention.interleavedRope(n).ifPresent(found::add);
        case Op.Softmax s when !s.log() -> attention.around(n, s).ifPresent(found::add);
        case Op _ -> {}
      }
    }
    curves.gatedUnits(found);
    found.sort(Comparator.comparingInt(p -> p.nodes().getLast()));
    return found;
  }

  /// @param nodes any order, repeats allowed
  static Pattern pattern(Pattern.Kind kind, int root, int result, List<Node> nodes) {
    TreeSet<Integer> all = new TreeSet<>();
    for (Node n : nodes) {
      all.add(n.index());
    }
    return new Pattern(kind, root, result, List.copyOf(all));
  }
}
