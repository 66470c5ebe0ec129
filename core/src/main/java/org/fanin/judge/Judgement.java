package org.fanin.judge;

import java.util.List;
import org.fanin.graph.Opening;

/// All findings about one network, worst first, and the path they were found on.
///
/// @param limits that the findings were held against
/// @param openings by parameter, in the graph's order: when it first gets a gradient
public record Judgement(
    List<Verdict> verdicts,
    Trainable trainable,
    Spine spine,
    Thresholds limits,
    List<Opening> openings) {
  public Judgement {
    verdicts = List.copyOf(verdicts);
    openings = List.copyOf(openings);
  }

  /// False when something failed or the network will not train.
  public boolean healthy() {
    return trainable.answer() != Trainable.Answer.NO
        && verdicts.stream().noneMatch(v -> v.level() == Verdict.Level.FAIL);
  }
}
