package org.fanin.audit;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.plan.TensorPlan;

/// Which recipe the tensors are held against.
final class RecipeChoice {
  /// Share of the weight tensors that a guessed recipe must explain.
  private static final double ENOUGH = 0.5;

  private static final double LIMIT = 5;

  private RecipeChoice() {}

  static Optional<Audit.Recipe> choose(List<Audit.Recipe> recipes, List<Examined> seen) {
    if (recipes.size() == 1 && recipes.getFirst().named()) {
      return Optional.of(recipes.getFirst());
    }
    return recipes.stream()
        .filter(r -> share(r, seen) >= ENOUGH)
        .max(Comparator.comparingDouble(r -> share(r, seen)));
  }

  static Map<String, TensorPlan> byName(Audit.Recipe r) {
    Map<String, TensorPlan> plans = new HashMap<>();
    r.plan().tensors().forEach(t -> plans.put(t.name(), t));
    return plans;
  }

  /// Share of the matrices whose second moment is the recipe's.
  private static double share(Audit.Recipe r, List<Examined> seen) {
    Map<String, TensorPlan> plans = byName(r);
    long fit = 0;
    long all = 0;
    for (Examined e : seen) {
      TensorPlan p = plans.get(e.name());
      if (p != null && e.site().isMatrix()) {
        all++;
        fit += fits(e, p.variance()) ? 1 : 0;
      }
    }
    return all == 0 ? 0 : (double) fit / all;
  }

  static boolean fits(Examined e, double variance) {
    return variance == 0 || e.m2() == 0 ? variance == e.m2() : Math.abs(e.z(variance)) < LIMIT;
  }
}
