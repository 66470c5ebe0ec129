package org.fanin.audit;

import java.util.List;
import java.util.Optional;

/// All that an audit found.
///
/// @param source the file as the user named it
/// @param format "safetensors", "onnx", "npz" or "pt"
/// @param recipe what the tensors were compared with; empty when with nothing
/// @param recipeBecause how it was chosen
/// @param tensors in file order
/// @param skipped tensors that hold no floating-point numbers
/// @param verdicts worst first
/// @param bytes read
/// @param trained what speaks for trained weights, and whether it suffices
public record AuditReport(
    String source,
    String format,
    Optional<String> recipe,
    String recipeBecause,
    List<TensorAudit> tensors,
    List<String> skipped,
    List<Verdict> verdicts,
    long bytes,
    TrainedEvidence trained) {
  public AuditReport {
    tensors = List.copyOf(tensors);
    skipped = List.copyOf(skipped);
    verdicts = List.copyOf(verdicts);
  }

  /// No finding of level FAIL.
  public boolean healthy() {
    return tensors.stream().noneMatch(t -> failed(t.findings()))
        && verdicts.stream().noneMatch(v -> v.finding().level() == Finding.Level.FAIL);
  }

  private static boolean failed(List<Finding> findings) {
    return findings.stream().anyMatch(f -> f.level() == Finding.Level.FAIL);
  }
}
