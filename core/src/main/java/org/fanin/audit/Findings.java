package org.fanin.audit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.model.Checkpoint;
import org.fanin.plan.TensorPlan;

/// Puts together what is said of each tensor and of the file.
final class Findings {
  private final List<Examined> seen;
  private final List<Recognition> drawn;
  private final Optional<Audit.Recipe> recipe;
  private final List<List<Finding>> found = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();
  private final TrainedEvidence trained;

  Findings(List<Examined> seen, List<Recognition> drawn, Optional<Audit.Recipe> recipe) {
    this.seen = seen;
    this.drawn = drawn;
    this.recipe = recipe;
    Map<String, Examined> byName = new java.util.HashMap<>();
    seen.forEach(e -> byName.put(e.name(), e));
    this.trained = TrainedEvidence.of(seen, drawn);
    for (int i = 0; i < seen.size(); i++) {
      List<Finding> own = new ArrayList<>(UnitFindings.of(seen.get(i), drawn.get(i), byName));
      own.addAll(Garbage.of(seen.get(i), trained.trained()));
      own.addAll(DrawFindings.of(seen.get(i), drawn.get(i), byName));
      StoredBuffers.note(seen.get(i)).ifPresent(own::add);
      found.add(own);
    }
    new SiblingFindings(seen, found, verdicts).find();
    new SameSeed(seen, found, verdicts).find();
    if (trained.trained()) {
      soften();
    } else {
      new ScaleFindings(seen, drawn, found).find();
      new StructureFindings(seen, drawn, found, verdicts).find();
      recipe.ifPresent(r -> new RecipeFindings(seen, r, found, verdicts).find());
    }
  }

  /// What is wrong whether weights were drawn or trained.
  private static final Set<String> IN_ANY_STATE = Set.of("non-finite", "garbage");

  /// What is a defect only of a draw is worth a note in weights that were trained.
  private void soften() {
    found.forEach(own -> own.replaceAll(Findings::softened));
    verdicts.replaceAll(v -> new Verdict(softened(v.finding()), v.tensors()));
    String says = "these weights look trained: " + String.join("; ", trained.because());
    TrainedEvidence.Sign first = trained.signs().getFirst();
    verdicts.add(
        new Verdict(
            Finding.note(
                "trained",
                says,
                "what would be a defect of a draw is noted only; schemes and recipes are not held"
                    + " against them",
                first.count(),
                0),
            List.of()));
  }

  private static Finding softened(Finding f) {
    return IN_ANY_STATE.contains(f.kind())
        ? f
        : Finding.note(f.kind(), f.says(), f.effect(), f.value(), f.wanted());
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
        bytes,
        trained);
  }
}
