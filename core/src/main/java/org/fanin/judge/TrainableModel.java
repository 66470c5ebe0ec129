package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;

/// Will plain SGD, at the best of learning rates 0.001 to 1, train it within a few hundred steps?
///
/// A logistic in four penalties, each zero over a healthy range; the coefficients were fitted to
/// networks that were really trained (docs/verdicts.md).
final class TrainableModel {
  private static final double BIAS = 4;
  private static final double BROKEN = 8;
  private static final double YES = .6;
  private static final double NO = .4;

  private TrainableModel() {}

  /// One reason against, in logits and in words.
  private record Penalty(double logits, String because) {}

  static Trainable decide(Case c) {
    Features f = Features.of(c);
    List<Penalty> against = penalties(f);
    double logit = BIAS - against.stream().mapToDouble(Penalty::logits).sum();
    double score = 1 / (1 + Math.exp(-logit));
    Trainable.Answer answer =
        score >= YES
            ? Trainable.Answer.YES
            : score < NO ? Trainable.Answer.NO : Trainable.Answer.DOUBTFUL;
    return new Trainable(answer, score, because(answer, against));
  }

  private static List<Penalty> penalties(Features f) {
    List<Penalty> p = new ArrayList<>();
    if (f.broken()) {
      p.add(new Penalty(BROKEN, "weights are identical, stuck at zero or not finite"));
    }
    add(
        p,
        .7 * Math.max(0, -f.level() - 3),
        "what tells inputs apart reaches the output at second moment 1e%.1f",
        f.level());
    add(
        p,
        .9 * Math.max(0, f.growth() - 4),
        "the signal grows to second moment 1e%.1f",
        f.growth());
    add(
        p,
        .5 * Math.max(0, Math.abs(f.gradient()) - 3),
        "the gradient changes by 1e%.1f across depth",
        f.gradient());
    return p;
  }

  private static void add(List<Penalty> list, double logits, String format, double value) {
    if (logits > 0) {
      list.add(new Penalty(logits, String.format(java.util.Locale.ROOT, format, value)));
    }
  }

  private static String because(Trainable.Answer answer, List<Penalty> against) {
    return against.stream()
        .max(java.util.Comparator.comparingDouble(Penalty::logits))
        .map(p -> (answer == Trainable.Answer.YES ? "in spite of this: " : "") + p.because())
        .orElse("signal, gradient and the difference between inputs all reach the far end");
  }
}
