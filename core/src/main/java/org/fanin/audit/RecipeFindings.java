package org.fanin.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.fanin.plan.Draw;
import org.fanin.plan.TensorPlan;

/// Where tensors are not what the recipe wants of them, and by which mistake.
final class RecipeFindings {
  private static final double KEPT_AT_TWO = 0.7737;

  /// What is a known mistake whichever recipe was meant; else a guessed recipe proves little.
  private static final Set<String> TELLING =
      Set.of("residual-unscaled", "wrong-matrix-scaled", "shard-fans", "uncorrected-truncation");

  /// What a recipe that wants the tensor as it is speaks against.
  private static final Set<String> EXPLAINED =
      Set.of("std-off", "shard-fans", "depthwise-fan", "scale");

  private final List<Examined> seen;
  private final Audit.Recipe recipe;
  private final Map<String, TensorPlan> plans;
  private final List<List<Finding>> found;
  private final Shards shards;
  private final boolean offsetNorms;
  private final List<Verdict> verdicts;
  private final Map<String, List<Integer>> byKind = new LinkedHashMap<>();

  RecipeFindings(
      List<Examined> seen, Audit.Recipe recipe, List<List<Finding>> found, List<Verdict> verdicts) {
    this.seen = seen;
    this.recipe = recipe;
    this.plans = RecipeChoice.byName(recipe);
    this.found = found;
    this.shards = new Shards(seen);
    this.offsetNorms = OffsetNorms.in(seen);
    this.verdicts = verdicts;
  }

  static Optional<Expectation> expected(Examined e, Map<String, TensorPlan> plans) {
    TensorPlan p = plans.get(e.name());
    if (p == null) {
      return Optional.empty();
    }
    double z = p.variance() > 0 && e.m2() > 0 ? e.z(p.variance()) : Double.NaN;
    return Optional.of(new Expectation(p.scheme(), p.variance(), z, p.because()));
  }

  void find() {
    for (int i = 0; i < seen.size(); i++) {
      TensorPlan p = plans.get(seen.get(i).name());
      if (p != null) {
        compare(i, p);
      }
    }
    verdicts.replaceAll(this::withoutExplained);
    verdicts.removeIf(v -> EXPLAINED.contains(v.finding().kind()) && v.tensors().isEmpty());
    byKind.forEach(this::verdict);
  }

  /// A verdict about fewer tensors when the recipe explains some.
  private Verdict withoutExplained(Verdict v) {
    if (!EXPLAINED.contains(v.finding().kind())) {
      return v;
    }
    String kind = v.finding().kind();
    Set<String> left = new java.util.HashSet<>();
    for (int i = 0; i < seen.size(); i++) {
      if (found.get(i).stream().anyMatch(f -> f.kind().equals(kind))) {
        left.add(seen.get(i).name());
      }
    }
    return new Verdict(v.finding(), v.tensors().stream().filter(left::contains).toList());
  }

  private void verdict(String kind, List<Integer> at) {
    // The recipe knows better than the comparison without one.
    verdicts.removeIf(
        v -> v.finding().kind().equals(kind) && v.finding().level() == Finding.Level.NOTE);
    if (at.size() < 2) {
      return;
    }
    List<Finding> same = new ArrayList<>();
    for (int i : at) {
      found.get(i).stream().filter(f -> f.kind().equals(kind)).findFirst().ifPresent(same::add);
    }
    List<String> names = at.stream().map(i -> seen.get(i).name()).toList();
    verdicts.add(new Verdict(Finding.together(same), names));
  }

  private void add(int i, String kind, String says, String effect, double value, double wanted) {
    boolean known =
        found.get(i).stream()
            .anyMatch(f -> f.kind().equals(kind) && f.level() == Finding.Level.FAIL);
    if (known) {
      return;
    }
    found.get(i).removeIf(f -> f.kind().equals(kind));
    found
        .get(i)
        .add(
            recipe.named()
                ? Finding.fail(kind, says, effect, value, wanted)
                : TELLING.contains(kind)
                    ? Finding.warn(kind, says, effect, value, wanted)
                    : Finding.note(kind, says, effect, value, wanted));
    byKind.computeIfAbsent(kind, _ -> new ArrayList<>()).add(i);
  }

  private void compare(int i, TensorPlan p) {
    Examined e = seen.get(i);
    if (e.facts().all().finite() == 0) {
      return;
    }
    if (p.draw() instanceof Draw.Parts(int _, List<Draw> parts)
        && parts.size() == e.facts().parts().size()) {
      parts(i, parts);
      return;
    }
    if (p.draw() instanceof Draw.Slice(Draw _, int axis, long index, double value)
        && axis == 0
        && value == 0
        && e.facts().rows().dead() == 0
        && e.facts().rows().looked()) {
      add(
          i,
          "padding-row",
          "the padding row " + index + " is not 0",
          "padding adds a direction of its own",
          1,
          0);
      return;
    }
    if (p.draw() instanceof Draw.Constant(double value)) {
      constant(i, value);
    } else if (!Ratios.is(e, p.variance())) {
      scale(i, p);
    } else {
      // Unlike its siblings or the usual, but as it should be.
      found.get(i).removeIf(f -> EXPLAINED.contains(f.kind()));
    }
  }

  private void constant(int i, double value) {
    Moments m = seen.get(i).facts().all();
    if (value == 1 && m.m2() == 0 && offsetNorms && OffsetNorms.isScale(seen.get(i))) {
      return;
    }
    boolean same =
        Math.abs(m.min() - value) <= 1e-3 * Math.abs(value)
            && Math.abs(m.max() - value) <= 1e-3 * Math.abs(value);
    if (!same) {
      String kind = value == 0 ? "not-zero" : "not-constant";
      String says =
          "not " + Numbers.of(value) + ": " + Numbers.of(m.min()) + " to " + Numbers.of(m.max());
      add(i, kind, says, "", m.mean(), value);
    }
  }

  private void parts(int i, List<Draw> parts) {
    List<Moments> m = seen.get(i).facts().parts();
    for (int k = 0; k < parts.size(); k++) {
      if (parts.get(k) instanceof Draw.Constant(double value)
          && Math.abs(m.get(k).mean() - value) > 1e-3 + 1e-3 * Math.abs(value)) {
        boolean forget = seen.get(i).site().isBias() && value != 0;
        add(
            i,
            forget ? "forget-bias" : "not-constant",
            "part "
                + k
                + " is "
                + Numbers.of(m.get(k).mean())
                + " on average, not "
                + Numbers.of(value),
            forget ? "the state halves every step at the start" : "",
            m.get(k).mean(),
            value);
        return;
      }
      Optional<Double> wanted = variance(parts.get(k));
      if (wanted.isPresent() && wanted.get() > 0) {
        double ratio = m.get(k).m2() / wanted.get();
        double se = Math.sqrt(Math.max(0.1, m.get(k).kurtosis() - 1) / m.get(k).count());
        if (!(Math.abs(Math.log(ratio)) < Math.max(0.03, 5 * se))) {
          add(
              i,
              "variance",
              "part " + k + ": E w² is " + Numbers.of(ratio) + "× the recipe's",
              "",
              m.get(k).m2(),
              wanted.get());
          return;
        }
      }
    }
  }

  private static Optional<Double> variance(Draw d) {
    return switch (d) {
      case Draw.Normal(double mean, double std) -> Optional.of(std * std + mean * mean);
      case Draw.Uniform(double low, double high) ->
          Optional.of((low * low + low * high + high * high) / 3);
      case Draw.Truncated(double mean, double std, double cut) when mean == 0 ->
          Optional.of(std * std * org.fanin.math.TruncatedNormal.variance(cut));
      default -> Optional.empty();
    };
  }

  private void scale(int i, TensorPlan p) {
    Examined e = seen.get(i);
    double ratio = e.m2() / p.variance();
    int layers = e.site().spec().layers();
    String is =
        "E w² is "
            + Numbers.of(ratio)
            + "× the recipe's "
            + Numbers.of(p.variance())
            + " ("
            + p.scheme()
            + ")";
    if (p.variance() == 0 || e.m2() == 0) {
      add(
          i,
          e.m2() == 0 ? "zero-weights" : "not-zero",
          e.m2() == 0 ? "all zeros, where the recipe wants " + p.scheme() : "not 0",
          "",
          e.m2(),
          p.variance());
    } else if (e.site().spec().residualEnd()
        && layers > 0
        && Ratios.is(e, p.variance() * 2 * layers)) {
      add(
          i,
          "residual-unscaled",
          "the residual projection was never scaled by 1/√" + 2 * layers,
          "each of the "
              + 2 * layers
              + " branches adds "
              + 2 * layers
              + "× the variance it is meant to",
          Math.sqrt(e.m2()),
          Math.sqrt(p.variance()));
    } else if (!e.site().spec().residualEnd()
        && layers > 0
        && Ratios.is(e, p.variance() / (2 * layers))) {
      add(
          i,
          "wrong-matrix-scaled",
          "scaled by 1/√" + 2 * layers + ", though it ends no residual branch",
          "",
          Math.sqrt(e.m2()),
          Math.sqrt(p.variance()));
    } else if (e.law().kind() == ShapeLaw.Kind.TRUNCATED
        && Ratios.isExactly(e, p.variance() * KEPT_AT_TWO)) {
      add(
          i,
          "uncorrected-truncation",
          "cut at ±2σ without making up for it: E w² is .774× the recipe's",
          "×.774 on the second moment",
          e.m2(),
          p.variance());
    } else {
      OptionalInt k = shard(i, p);
      add(
          i,
          k.isPresent() ? "shard-fans" : "variance",
          k.isPresent() ? is + ": a fan of 1/" + k.getAsInt() : is,
          "×" + Numbers.of(ratio) + " on the second moment",
          e.m2(),
          p.variance());
    }
  }

  private OptionalInt shard(int i, TensorPlan p) {
    return seen.get(i).site().isLinear()
        ? Named.scheme(p.scheme()).map(s -> shards.of(List.of(i), s)).orElse(OptionalInt.empty())
        : OptionalInt.empty();
  }
}
