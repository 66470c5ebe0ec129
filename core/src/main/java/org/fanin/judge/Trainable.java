package org.fanin.judge;

/// Will it train?
///
/// @param score 0 (will not) to 1 (will); calibrated on networks that were really trained
public record Trainable(Answer answer, double score, String because) {
  public enum Answer {
    YES,
    NO,
    DOUBTFUL
  }
}
