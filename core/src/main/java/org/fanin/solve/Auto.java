package org.fanin.solve;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.plan.InitPlan;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.Forecast;
import org.fanin.predict.PlannedLaw;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;

/// The recipe `auto`: the variance of every tensor solved so that the predicted signal is level
/// forward and the gradient level backward (docs/auto.md).
public final class Auto {
  /// Passes after which what still moves is left: a bound, hardly ever reached.
  private static final int MOST_PASSES = 4;

  private Auto() {}

  /// @param seed of the randomness the plan will be drawn with; it decides no variance
  /// @param settings mode, inputs and cotangents the forecasts assume; their laws and scheme are
  ///   not used
  public static InitPlan plan(Graph graph, Target target, long seed, PredictSettings settings) {
    return solve(graph, target, seed, settings).plan();
  }

  /// As [#plan], with the forecasts before and after.
  public static Solution solve(Graph graph, Target target, long seed, PredictSettings settings) {
    Forecast before = Predictor.predict(graph, settings);
    Wiring wiring = new Wiring(graph);
    Onward onward = new Onward(wiring);
    Streams streams = new Streams(wiring, onward);
    Solver solver =
        new Solver(wiring, new Aims(wiring, onward, streams, target, before), new Logits(wiring));
    Fixed fixed = new Fixed(wiring, onward, streams, before);
    Map<Integer, Choice> choices = new HashMap<>();
    Map<Integer, String> kept = new HashMap<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Optional<Fixed.Decided> d = fixed.of(i);
      if (d.isEmpty()) {
        solver.open(i);
      } else if (d.get().choice() == null) {
        kept.put(i, d.get().because());
      } else {
        choices.put(i, d.get().choice());
      }
    }
    int passes = run(graph, settings, solver, choices);
    Restraint.Tried held =
        new Restraint(wiring, onward, settings, before, target).hold(choices, solver.chosen());
    return new Solution(
        write(graph, target, seed, held.choices(), kept),
        before,
        held.after(),
        passes,
        held.step());
  }

  private static int run(
      Graph graph, PredictSettings settings, Solver solver, Map<Integer, Choice> fixed) {
    PredictSettings start = settings.withLaws(laws(fixed));
    int passes = 0;
    do {
      solver.startPass();
      Predictor.choose(graph, start, solver);
      passes++;
    } while (passes < MOST_PASSES && solver.unsettled());
    return passes;
  }

  private static Map<Integer, PlannedLaw> laws(Map<Integer, Choice> choices) {
    Map<Integer, PlannedLaw> laws = new HashMap<>();
    choices.forEach((i, c) -> laws.put(i, c.law()));
    return laws;
  }

  private static InitPlan write(
      Graph graph,
      Target target,
      long seed,
      Map<Integer, Choice> choices,
      Map<Integer, String> kept) {
    List<TensorPlan> plans = new ArrayList<>();
    List<InitPlan.Kept> left = new ArrayList<>();
    List<TensorSpec> specs = Specs.of(graph);
    for (int i = 0; i < graph.parameters().size(); i++) {
      Choice c = choices.get(i);
      if (c != null) {
        plans.add(
            new TensorPlan(
                specs.get(i), c.draw(), false, c.scheme(), c.variance(), c.because(), c.source()));
      } else {
        String because = kept.getOrDefault(i, "no node that the solver knows reads it");
        left.add(InitPlan.Kept.of(specs.get(i), specs.get(i).dtype(), because));
      }
    }
    return new InitPlan("auto(target=" + target.word() + ")", seed, plans, left);
  }
}
