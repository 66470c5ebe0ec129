package org.fanin.judge;

import java.util.List;

/// Will it train?
///
/// @param score 0 (will not) to 1 (will); calibrated on networks that were really trained
/// @param contradicted where a measurement contradicts the forecast that the score is made of,
///   largest first; the answer is not YES then
/// @param conditions without which it will not, whatever the answer says
public record Trainable(
    Answer answer,
    double score,
    String because,
    List<Contradiction> contradicted,
    List<Condition> conditions) {
  public enum Answer {
    YES,
    NO,
    DOUBTFUL
  }

  public Trainable {
    contradicted = List.copyOf(contradicted);
    conditions = List.copyOf(conditions);
  }

  /// Of a forecast that nothing was measured beside.
  public Trainable(Answer answer, double score, String because) {
    this(answer, score, because, List.of(), List.of());
  }

  /// Of a measurement that contradicts it.
  public Trainable(Answer answer, double score, String because, List<Contradiction> contradicted) {
    this(answer, score, because, contradicted, List.of());
  }

  Trainable under(List<Condition> found) {
    return new Trainable(answer, score, because, contradicted, found);
  }
}
