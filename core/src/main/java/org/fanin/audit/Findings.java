package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.model.Checkpoint;

/// Puts together what is said of each tensor and of the file.
final class Findings {
  private final List<Examined> seen;
  private final List<Recognition> drawn;
  private final Optional<Audit.Recipe> recipe;

  Findings(List<Examined> seen, List<Recognition> drawn, Optional<Audit.Recipe> recipe) {
    this.seen = seen;
    this.drawn = drawn;
    this.recipe = recipe;
  }

  AuditReport report(Checkpoint file, List<String> skipped, long bytes) {
    List<TensorAudit> tensors = new ArrayList<>();
    for (int i = 0; i < seen.size(); i++) {
      Examined e = seen.get(i);
      tensors.add(
          new TensorAudit(
              e.site().spec(),
              e.facts().all(),
              e.facts().parts(),
              e.facts().rows(),
              e.facts().columns(),
              e.facts().spectrum(),
              drawn.get(i),
              Optional.empty(),
              Optional.empty(),
              List.of()));
    }
    return new AuditReport(
        file.source(),
        file.format(),
        recipe.map(Audit.Recipe::name),
        recipe.map(Audit.Recipe::because).orElse(""),
        tensors,
        skipped,
        List.of(),
        bytes);
  }
}
