package org.fanin.judge;

/// One finding.
///
/// @param rule short stable name: vanishing, exploding, angle-collapse, dead, saturated,
///   attention-collapse, precision, lottery, norm-explosion, symmetric, zero, non-finite, by-design
///   …
/// @param at tensor, parameter or node name
/// @param value the number found; NaN when the rule has none
/// @param threshold the limit it was held against; NaN when the rule has none
/// @param because the reason in one sentence, with numbers
/// @param doThis what to do about it
/// @param source paper and equation, or section of docs
public record Verdict(
    String rule,
    Level level,
    String at,
    double value,
    double threshold,
    String because,
    String doThis,
    String source) {
  public enum Level {
    OK,
    WARN,
    FAIL,
    BY_DESIGN,
    /// Worth knowing, and nothing against the network.
    NOTE
  }
}
