package org.fanin.judge;

import java.util.BitSet;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.predict.Forecast;

/// A forecast by value id, and which nodes belong to decomposed patterns.
final class Moments {
  private final Forecast.TensorForecast[] byValue;
  private final BitSet inside = new BitSet();
  private final BitSet normResults = new BitSet();

  Moments(Forecast forecast) {
    Graph graph = forecast.graph();
    byValue = new Forecast.TensorForecast[graph.values().size()];
    forecast.tensors().forEach(t -> byValue[t.value()] = t);
    for (Graph.Pattern p : graph.patterns()) {
      if (isOneFunction(p.kind())) {
        p.nodes().forEach(inside::set);
      }
      if (isNorm(p.kind())) {
        normResults.set(graph.value(p.result()).producer());
      }
    }
  }

  /// Patterns whose inner nodes are no layers of their own.
  static boolean isOneFunction(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case GELU_ERF, GELU_TANH, SILU, MISH, HARD_SWISH, LAYER_NORM, RMS_NORM, L2_NORM, ROPE -> true;
      case ATTENTION, GATED_UNIT, BATCH_NORM_SCALE -> false;
    };
  }

  static boolean isNorm(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case LAYER_NORM, RMS_NORM, L2_NORM -> true;
      case GELU_ERF,
          GELU_TANH,
          SILU,
          MISH,
          HARD_SWISH,
          ROPE,
          ATTENTION,
          GATED_UNIT,
          BATCH_NORM_SCALE ->
          false;
    };
  }

  boolean insidePattern(Node n) {
    return inside.get(n.index());
  }

  boolean normResult(Node n) {
    return normResults.get(n.index());
  }

  Forecast.Forward forward(int value) {
    Forecast.TensorForecast t = value < 0 ? null : byValue[value];
    return t == null ? new Forecast.Forward.Unknown("not forecast") : t.forward();
  }

  Forecast.Backward backward(int value) {
    Forecast.TensorForecast t = value < 0 ? null : byValue[value];
    return t == null ? new Forecast.Backward.Unknown("not forecast") : t.backward();
  }
}
