package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.fanin.formats.RecipeYaml;
import org.fanin.graph.Graph;
import org.fanin.judge.Evenness;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Verdict;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanHash;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.PlanText;
import org.fanin.plan.Recipe;
import org.fanin.plan.RecipeFile;
import org.fanin.plan.Recipes;
import org.fanin.predict.Forecast;
import org.fanin.predict.PlanForecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.Engine;
import org.fanin.report.AutoReport;
import org.fanin.solve.Auto;
import org.fanin.solve.Lsuv;
import org.fanin.solve.Solution;
import org.fanin.solve.Target;

/// Turns a source and a recipe's name into a plan, and says what the plan does to the network where
/// there is a graph.
record InitPlanner(
    InitSource source, PlanOptions options, PredictSettings settings, InitProbe probe) {
  static final String AUTO = "auto";
  static final String LSUV = "lsuv";
  static final long DEFAULT_SEED = 0;

  /// @param before with the file's own weights; empty without a graph
  /// @param after with the plan's
  /// @param remaining what is still wrong with the plan, one sentence each with what would help
  /// @param lsuv what was measured on the way, with that recipe
  record Planned(
      InitPlan plan,
      Optional<Effect> before,
      Optional<Effect> after,
      List<String> remaining,
      Optional<Lsuv.Result> lsuv) {
    String text() {
      return PlanText.write(plan, Version.text());
    }

    String hash() {
      return PlanHash.of(plan);
    }
  }

  /// How a network fares with some weights.
  record Effect(Forecast forecast, Judgement judgement, Evenness evenness) {
    static Effect of(Forecast forecast) {
      Judgement j = Judge.judge(forecast, Thresholds.standard());
      return new Effect(forecast, j, Evenness.of(forecast, j.spine()));
    }
  }

  Planned plan(String recipe, Target target, OptionalLong seed)
      throws ModelFormatException, IOException {
    if (recipe.equals(AUTO)) {
      return solved(target, seed.orElse(DEFAULT_SEED));
    }
    if (recipe.equals(LSUV)) {
      return measured(seed.orElse(DEFAULT_SEED));
    }
    InitPlan plan = named(recipe, seed);
    if (source.graph().isEmpty()) {
      return new Planned(plan, Optional.empty(), Optional.empty(), List.of(), Optional.empty());
    }
    return compared(Predictor.predict(source.graph().get(), settings), plan);
  }

  private InitPlan named(String recipe, OptionalLong seed)
      throws ModelFormatException, IOException {
    if (!recipe.endsWith(".yaml") && !recipe.endsWith(".yml")) {
      return Recipes.named(recipe).plan(source.specs(), seed.orElse(DEFAULT_SEED), options);
    }
    return switch (RecipeYaml.read(Path.of(recipe))) {
      case RecipeYaml.Content.Custom(RecipeFile file, Recipe custom) ->
          custom.plan(source.specs(), seed.orElse(file.seed().orElse(DEFAULT_SEED)), options);
      case RecipeYaml.Content.Plan(InitPlan plan) -> {
        InitPlan again = PlanText.replay(plan, source.specs());
        long drawn = seed.orElse(again.seed());
        InitPlan seeded = new InitPlan(again.recipe(), drawn, again.tensors(), again.kept());
        yield options.equals(PlanOptions.none())
            ? seeded
            : Recipe.adjust(seeded, source.specs(), options);
      }
    };
  }

  private Planned solved(Target target, long seed) {
    Graph graph = graph("--recipe auto solves from");
    Solution s = Auto.solve(graph, target, seed, settings);
    Planned p = compared(s.before(), Recipe.adjust(s.plan(), source.specs(), options));
    return new Planned(
        p.plan(),
        p.before(),
        p.after(),
        AutoReport.of(s, Thresholds.standard()).remaining(),
        Optional.empty());
  }

  private Graph graph(String wish) {
    return source
        .graph()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    wish
                        + " a graph, which "
                        + source.file()
                        + " has not; give an ONNX model or name a recipe"));
  }

  /// What the options say of single tensors holds before anything is measured.
  private Planned measured(long seed) {
    Graph graph = graph("--recipe lsuv measures");
    InitPlan given = Recipe.adjust(new InitPlan(LSUV, seed, List.of()), source.specs(), options);
    Engine engine = probe.engine("--recipe lsuv");
    VectorModule.load(); // before the first class of fill
    try (MeasureProgress progress = probe.progress(2)) {
      Lsuv.Result r =
          Lsuv.solve(
              graph,
              source.inputs().data(),
              seed,
              settings,
              given.tensors(),
              engine,
              probe.threads(),
              progress);
      Planned p = compared(r.before(), Recipe.adjust(r.plan(), source.specs(), options));
      List<String> remaining = new ArrayList<>(LsuvText.failures(r));
      remaining.addAll(p.remaining());
      return new Planned(p.plan(), p.before(), p.after(), remaining, Optional.of(r));
    }
  }

  /// What is written is what is judged: the plan with overrides and all.
  private Planned compared(Forecast before, InitPlan plan) {
    Forecast after = PlanForecast.predict(source.graph().orElseThrow(), plan, settings);
    Effect effect = Effect.of(after);
    List<String> remaining =
        effect.judgement().verdicts().stream()
            .filter(v -> v.level() == Verdict.Level.FAIL)
            .map(v -> v.rule() + " at " + v.at() + ": " + v.because() + "; " + v.doThis())
            .toList();
    return new Planned(
        plan, Optional.of(Effect.of(before)), Optional.of(effect), remaining, Optional.empty());
  }
}
