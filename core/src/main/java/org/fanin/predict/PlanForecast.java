package org.fanin.predict;

import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;

/// What a network will do with the weights of a plan, without drawing them.
public final class PlanForecast {
  private PlanForecast() {}

  /// Parameters that the plan does not name keep the file's own elements.
  public static Forecast predict(Graph graph, InitPlan plan, PredictSettings settings) {
    return Predictor.predict(graph, settings.withLaws(laws(graph, plan)));
  }

  /// The plan's laws by index in [Graph#parameters].
  public static Map<Integer, PlannedLaw> laws(Graph graph, InitPlan plan) {
    Map<String, TensorPlan> byName = new HashMap<>();
    plan.tensors().forEach(t -> byName.put(t.name(), t));
    Map<Integer, PlannedLaw> laws = new HashMap<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Parameter p = graph.parameters().get(i);
      TensorPlan t = byName.get(p.name());
      if (t != null) {
        laws.put(i, PlannedLaw.of(t.draw(), p.data().shape(), t.scheme()));
      }
    }
    return laws;
  }
}
