package org.fanin.judge;

import java.util.List;

/// All findings about one network, worst first, and the path they were found on.
///
/// @param limits that the findings were held against
public record Judgement(
    List<Verdict> verdicts, Trainable trainable, Spine spine, Thresholds limits) {
  public Judgement {
    verdicts = List.copyOf(verdicts);
  }

  /// False when something failed or the network will not train.
  public boolean healthy() {
    return trainable.answer() != Trainable.Answer.NO
        && verdicts.stream().noneMatch(v -> v.level() == Verdict.Level.FAIL);
  }
}
