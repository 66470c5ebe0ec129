package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.fanin.plan.InitPlan;
import org.fanin.plan.Recipes;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;

/// Which recipe the tensors are held against.
final class RecipeChoice {
  /// Share of the weight tensors that a guessed recipe must explain, and one that the names speak
  /// for: half of GPT-2's matrices are residual projections, and those may all be wrong.
  private static final double ENOUGH = 0.6;

  private static final double ENOUGH_IF_NAMED_SO = 0.45;

  /// More tensors are held against the commonest recipes only.
  private static final int MANY = 4000;

  private static final List<String> COMMON =
      List.of(
          "pytorch-default",
          "gpt2",
          "llama",
          "bert",
          "resnet",
          "he-normal",
          "glorot-uniform",
          "lecun-normal");

  /// Tensor names that belong to one library's model, and the recipe it was published with.
  private static final Map<Pattern, String> HINTS =
      Map.of(
          Pattern.compile(".*\\bh\\.\\d+\\.attn\\.c_attn\\.weight"), "gpt2",
          Pattern.compile(".*\\bencoder\\.layer\\.\\d+\\.attention\\.self\\.query\\.weight"),
              "bert");

  private RecipeChoice() {}

  /// All that may be meant, the ones that the names speak for first.
  static List<Audit.Recipe> candidates(List<TensorSpec> specs) {
    Set<String> names = new LinkedHashSet<>(COMMON);
    if (specs.size() <= MANY) {
      names.addAll(Recipes.known());
    }
    Optional<String> hint = hint(specs);
    hint.ifPresent(names::add);
    Map<String, InitPlan> plans = Recipes.plans(names, specs);
    List<Audit.Recipe> all = new ArrayList<>();
    hint.filter(plans::containsKey)
        .map(h -> new Audit.Recipe(h, "the tensors are named as in " + h, plans.get(h), true))
        .ifPresent(all::add);
    plans.forEach((name, plan) -> all.add(new Audit.Recipe(name, "fits best", plan, false)));
    return all;
  }

  private static Optional<String> hint(List<TensorSpec> specs) {
    return specs.stream()
        .flatMap(
            s ->
                HINTS.entrySet().stream()
                    .filter(h -> h.getKey().matcher(s.name()).matches())
                    .map(Map.Entry::getValue))
        .findFirst();
  }

  static Optional<Audit.Recipe> choose(List<Audit.Recipe> recipes, List<Examined> seen) {
    if (recipes.size() == 1 && recipes.getFirst().named()) {
      return Optional.of(recipes.getFirst());
    }
    Audit.Recipe best = null;
    double most = 0;
    for (Audit.Recipe r : recipes) {
      double share = share(r, seen);
      if (r.named() && share >= ENOUGH_IF_NAMED_SO) {
        return Optional.of(r);
      }
      if (share >= ENOUGH && share > most) {
        best = r;
        most = share;
      }
    }
    double share = most;
    return Optional.ofNullable(best)
        .map(
            r ->
                new Audit.Recipe(
                    r.name(),
                    r.because() + ": explains " + Numbers.percent(share) + " of the matrices",
                    r.plan(),
                    r.named()));
  }

  static Map<String, TensorPlan> byName(Audit.Recipe r) {
    Map<String, TensorPlan> plans = new HashMap<>();
    r.plan().tensors().forEach(t -> plans.put(t.name(), t));
    return plans;
  }

  /// Share of the matrices whose second moment is the recipe's; what is constant by recipe counts a
  /// little.
  private static double share(Audit.Recipe r, List<Examined> seen) {
    Map<String, TensorPlan> plans = byName(r);
    double fit = 0;
    double all = 0;
    for (Examined e : seen) {
      TensorPlan p = plans.get(e.name());
      if (p != null) {
        double weight = e.site().isMatrix() ? 1 : 0.05;
        all += weight;
        fit += Ratios.is(e, p.variance()) ? weight : 0;
      }
    }
    return all == 0 ? 0 : fit / all;
  }
}
