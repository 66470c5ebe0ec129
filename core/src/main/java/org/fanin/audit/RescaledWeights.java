package org.fanin.audit;

import java.util.HashSet;
import java.util.Set;
import org.fanin.graph.Graph;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;

/// Weights that the network itself brings to another scale before it uses them: multiplied by a
/// computed number, divided by their length or largest singular value. Their stored scale says
/// nothing. A constant on the way (equalised learning rate) is known: [Parameter#arrival].
public final class RescaledWeights {
  private RescaledWeights() {}

  /// @return names of the parameters that arithmetic or a reduction reads before any layer does
  public static Set<String> of(Graph graph) {
    Set<String> names = new HashSet<>();
    for (Parameter p : graph.parameters()) {
      boolean changed =
          p.arrival().factor() == 1
              && p.uses().stream()
                  .map(use -> graph.nodes().get(use).op())
                  .anyMatch(op -> op instanceof Op.Arithmetic || op instanceof Op.Reduce);
      if (changed) {
        names.add(p.name());
      }
    }
    return names;
  }
}
