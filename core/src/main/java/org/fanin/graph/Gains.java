package org.fanin.graph;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.fanin.tensor.Tensor;

/// Constants that data are multiplied by. What stands between a layer and its activation belongs to
/// the layer: sin(ω₀·(Wx + b)) is a layer of weights ω₀·W (Sitzmann et al. 2020, §3.2).
public final class Gains {
  private final Graph graph;
  private final Map<Integer, Parameter> parameters = new HashMap<>();

  public Gains(Graph graph) {
    this.graph = graph;
    graph.parameters().forEach(p -> parameters.put(p.value(), p));
  }

  /// Root mean square of the constant, the buffer or the single number, learned or not, that a node
  /// multiplies a value by; 0 where it does anything else.
  public double at(Node n, int value) {
    int slot = n.inputs().indexOf(value);
    double factor = slot < 0 ? Double.NaN : ConstantFactors.of(n, slot, this::known);
    return factor > 0 && factor < Double.POSITIVE_INFINITY ? factor : 0;
  }

  private Optional<Tensor> known(int value) {
    Value v = graph.value(value);
    Parameter p = parameters.get(v.origin());
    if (p == null) {
      return v.constant();
    }
    boolean number = p.data().count() == 1;
    return number || !p.isTrained() ? Optional.of(p.data()) : Optional.empty();
  }
}
