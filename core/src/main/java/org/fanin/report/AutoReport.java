package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import org.fanin.judge.Evenness;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Trainable;
import org.fanin.judge.Verdict;
import org.fanin.solve.Solution;

/// A solved plan held against the verdict table: before, after, and what no choice of weights can
/// mend.
///
/// @param evenBefore how level signal and gradient were, in decades
/// @param remaining one sentence per verdict that is left: why variances cannot change it and what
///   would
public record AutoReport(
    Judgement before,
    Judgement after,
    Evenness evenBefore,
    Evenness evenAfter,
    List<String> remaining) {
  public AutoReport {
    remaining = List.copyOf(remaining);
  }

  public static AutoReport of(Solution s, Thresholds limits) {
    Judgement before = Judge.judge(s.before(), limits);
    Judgement after = Judge.judge(s.after(), limits);
    List<String> remaining = new ArrayList<>();
    for (Verdict v : after.verdicts()) {
      switch (v.level()) {
        case FAIL, WARN ->
            remaining.add(v.rule() + " at " + v.at() + ": " + v.because() + "; " + why(v));
        case OK, BY_DESIGN, NOTE -> {}
      }
    }
    if (after.trainable().answer() == Trainable.Answer.NO) {
      remaining.add("it will still not train: " + after.trainable().because());
    }
    return new AutoReport(
        before,
        after,
        Evenness.of(s.before(), before.spine()),
        Evenness.of(s.after(), after.spine()),
        remaining);
  }

  /// Whether the plan leaves the network without a failure.
  public boolean mended() {
    return after.healthy();
  }

  private static String why(Verdict v) {
    return switch (v.rule()) {
      case "angle-collapse" ->
          "each activation maps the angle between two inputs on its own, whatever the variance, and"
              + " depth repeats it: a residual connection around the layers, fewer layers, or an"
              + " activation nearer a line or with its mean nearer 0 would keep inputs apart";
      case "lottery" ->
          "the scatter between seeds is the sum of 1/width over the layers: wider layers, fewer of"
              + " them, or residual connections would lessen it";
      case "norm-explosion" ->
          "a normalisation undoes any variance before it, and its gradient grows by Eφ′²/Var φ per"
              + " layer: skip connections around the normalised layers would stop it";
      case "dead" ->
          "units that are off on every sample follow from the angle between samples: a leaky slope"
              + " or fewer layers would wake them";
      case "saturated" ->
          "this activation keeps a gradient only where most units are saturated: a rectifier, a"
              + " residual connection or fewer layers would do without";
      case "attention-collapse" ->
          "the logits are set by what the plan keeps (a temperature or a norm's scale): lower that";
      case "precision" -> "scales are O(1) now: a wider number format, or a loss scale, is wanted";
      case "coverage" -> "what Fanin has no rule for got the scheme of its fan-in";
      case "vanishing", "exploding", "vanishing-gradient", "exploding-gradient" ->
          "signal and gradient want different variances here, or what stands between layers is not"
              + " Fanin's to set: residual connections, a normalisation or another activation would"
              + " level it";
      default -> v.doThis();
    };
  }
}
