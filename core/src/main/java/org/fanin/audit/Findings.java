package org.fanin.audit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.model.Checkpoint;
import org.fanin.plan.TensorPlan;

/// Puts together what is said of each tensor and of the file.
final class Findings {
  private static final double MOSTLY = 0.5;
  private static final int SOME = 4;

  private final List<Examined> seen;
  private final List<Recognition> drawn;
  private final Optional<Audit.Recipe> recipe;
  private final List<List<Finding>> found = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();

  Findings(List<Examined> seen, List<Recognition> drawn, Optional<Audit.Recipe> recipe) {
    this.seen = seen;
    this.drawn = drawn;
    this.recipe = recipe;
    Map<String, Examined> byName = new java.util.HashMap<>();
    seen.forEach(e -> byName.put(e.name(), e));
    boolean trained = looksTrained();
    for (int i = 0; i < seen.size(); i++) {
      List<Finding> own = new ArrayList<>(UnitFindings.of(seen.get(i), drawn.get(i)));
      own.addAll(Garbage.of(seen.get(i), trained));
      own.addAll(DrawFindings.of(seen.get(i), drawn.get(i), byName));
      found.add(own);
    }
    new SiblingFindings(seen, found, verdicts).find();
    new SameSeed(seen, found, verdicts).find();
    if (!trained) {
      new ScaleFindings(seen, drawn, found).find();
      new StructureFindings(seen, drawn, found, verdicts).find();
      recipe.ifPresent(r -> new RecipeFindings(seen, r, found, verdicts).find());
    }
  }

  /// Most matrices have no form that weights are drawn in.
  private boolean looksTrained() {
    List<Examined> large =
        seen.stream().filter(e -> e.site().isMatrix() && e.facts().all().finite() > 1000).toList();
    long other = large.stream().filter(e -> e.law().kind() == ShapeLaw.Kind.OTHER).count();
    boolean trained = large.size() >= SOME && other > MOSTLY * large.size();
    if (trained) {
      String says =
          other
              + " of "
              + large.size()
              + " matrices have no form that weights are drawn in: they look trained";
      verdicts.add(
          new Verdict(
              Finding.note(
                  "trained", says, "schemes and recipes are not held against them", other, 0),
              List.of()));
    }
    return trained;
  }

  AuditReport report(Checkpoint file, List<String> skipped, long bytes) {
    Map<String, TensorPlan> plans = recipe.map(RecipeChoice::byName).orElse(Map.of());
    List<Optional<Effect>> effects = new Effects(seen).all();
    Comparator<Finding> worst = Comparator.comparing(Finding::level).reversed();
    List<TensorAudit> tensors = new ArrayList<>();
    for (int i = 0; i < seen.size(); i++) {
      Examined e = seen.get(i);
      found.get(i).sort(worst);
      tensors.add(
          new TensorAudit(
              e.site().spec(),
              e.facts().all(),
              e.facts().parts(),
              e.facts().rows(),
              e.facts().columns(),
              e.facts().spectrum(),
              drawn.get(i),
              RecipeFindings.expected(e, plans),
              effects.get(i),
              found.get(i)));
    }
    verdicts.sort(Comparator.comparing((Verdict v) -> v.finding().level()).reversed());
    return new AuditReport(
        file.source(),
        file.format(),
        recipe.map(Audit.Recipe::name),
        recipe.map(Audit.Recipe::because).orElse(""),
        tensors,
        skipped,
        verdicts,
        bytes);
  }
}
