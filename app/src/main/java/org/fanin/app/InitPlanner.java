package org.fanin.app;

import java.io.IOException;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.judge.Evenness;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.Recipes;
import org.fanin.predict.Forecast;
import org.fanin.predict.PlanForecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.solve.Auto;
import org.fanin.solve.Solution;
import org.fanin.solve.Target;

/// Turns a source and a recipe's name into a plan, and says what the plan does to the network where
/// there is a graph.
record InitPlanner(InitSource source, PlanOptions options, PredictSettings settings) {
  static final String AUTO = "auto";

  /// @param before with the file's own weights; empty without a graph
  /// @param after with the plan's
  record Planned(InitPlan plan, Optional<Effect> before, Optional<Effect> after) {
    String text() {
      return "";
    }

    String hash() {
      return "0000000000000000";
    }
  }

  /// How a network fares with some weights.
  record Effect(Judgement judgement, Evenness evenness) {
    static Effect of(Forecast forecast) {
      Judgement j = Judge.judge(forecast, Thresholds.standard());
      return new Effect(j, Evenness.of(forecast, j.spine()));
    }
  }

  Planned plan(String recipe, Target target, long seed) throws ModelFormatException, IOException {
    if (recipe.equals(AUTO)) {
      return solved(target, seed);
    }
    InitPlan plan = Recipes.named(recipe).plan(source.specs(), seed, options);
    if (source.graph().isEmpty()) {
      return new Planned(plan, Optional.empty(), Optional.empty());
    }
    Graph graph = source.graph().get();
    return new Planned(
        plan,
        Optional.of(Effect.of(Predictor.predict(graph, settings))),
        Optional.of(Effect.of(PlanForecast.predict(graph, plan, settings))));
  }

  private Planned solved(Target target, long seed) {
    Graph graph =
        source
            .graph()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--recipe auto solves from a graph, which "
                            + source.file()
                            + " has not; give an ONNX model or name a recipe"));
    Solution s = Auto.solve(graph, target, seed, settings);
    return new Planned(
        s.plan(), Optional.of(Effect.of(s.before())), Optional.of(Effect.of(s.after())));
  }
}
