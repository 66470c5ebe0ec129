package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.plan.TensorSpec;

/// The fans of the layer a bias belongs to: biases are often drawn with their weight's.
public final class LayerFans {
  private static final int HOPS = 3;
  private static final int MOST_OPERANDS = 8;

  private LayerFans() {}

  /// By the graph: the weight that meets the same data as the bias.
  ///
  /// @return by tensor name, for biases whose layer is found
  public static Map<String, Fan> of(Graph graph) {
    Map<Integer, Parameter> byValue = new HashMap<>();
    graph.parameters().forEach(p -> byValue.put(p.value(), p));
    Map<String, Fan> fans = new HashMap<>();
    for (Parameter p : graph.parameters()) {
      if (p.role() == Role.BIAS || p.role() == Role.LSTM_BIAS) {
        beside(graph, byValue, p).ifPresent(f -> fans.put(p.name(), f));
      }
    }
    return fans;
  }

  /// The nearest weight wins: a bias and its weight meet in one node or in neighbouring ones, and
  /// behind the data lies the layer before.
  private static Optional<Fan> beside(Graph graph, Map<Integer, Parameter> all, Parameter bias) {
    for (int use : bias.uses()) {
      List<Integer> at = graph.nodes().get(use).inputs();
      for (int hop = 0; hop <= HOPS; hop++) {
        List<Integer> next = new ArrayList<>();
        // A sum of very many operands is no layer.
        for (int v : at.subList(0, Math.min(MOST_OPERANDS, at.size()))) {
          Optional<Fan> f = v < 0 ? Optional.empty() : fanOf(graph, all, v, bias);
          if (f.isPresent()) {
            return f;
          }
          int producer = v < 0 ? -1 : graph.value(v).producer();
          if (producer >= 0) {
            next.addAll(graph.nodes().get(producer).inputs());
          }
        }
        at = next;
      }
    }
    return Optional.empty();
  }

  private static Optional<Fan> fanOf(
      Graph graph, Map<Integer, Parameter> all, int value, Parameter bias) {
    Parameter q = all.get(graph.value(value).origin());
    return q == null || q.value() == bias.value() ? Optional.empty() : q.fan();
  }

  /// By the names: `fc1.bias` goes with `fc1.weight`, `bias_hh_l0` with `weight_hh_l0`.
  static Map<String, Fan> byName(List<TensorSpec> specs) {
    Map<String, TensorSpec> named = new HashMap<>();
    specs.forEach(s -> named.put(s.name(), s));
    Map<String, Fan> fans = new HashMap<>();
    for (TensorSpec s : specs) {
      int at = s.name().lastIndexOf("bias");
      if (at < 0 || s.shape().rank() > 2) {
        continue;
      }
      String head = s.name().substring(0, at);
      String tail = s.name().substring(at + 4);
      for (String word : new String[] {"weight", "kernel"}) {
        TensorSpec w = named.get(head + word + tail);
        if (w != null && w.fan().isPresent()) {
          fans.putIfAbsent(s.name(), w.fan().get());
        }
      }
    }
    return fans;
  }
}
