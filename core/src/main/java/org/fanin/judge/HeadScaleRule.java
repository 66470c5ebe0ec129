package org.fanin.judge;

import java.util.List;
import java.util.Locale;
import org.fanin.graph.Parameter;
import org.fanin.judge.Verdict.Level;

/// Logits so wide at the start that the loss begins far above ln V: the softmax has chosen classes
/// before it has seen one, and the first steps unlearn that. The value is the excess over ln V in
/// units of ln V, or of 4 nats where that is more: a head that keeps a ReLU layer's second moment
/// of 2 costs one nat whatever V, which is no fault. At 1 the logits reach √(2 ln V), where one
/// class takes nearly all.
record HeadScaleRule() implements Rule {
  private static final double LEAST = 4;

  @Override
  public List<Verdict> apply(Case c) {
    if (c.loss.isEmpty()) {
      return List.of();
    }
    HeadLoss loss = c.loss.get();
    double unit = Math.max(LEAST, loss.lnClasses());
    double excess = (loss.crossEntropy() - loss.lnClasses()) / unit;
    Grade g = Grade.above(c.limits, "head-scale", excess);
    if (g.level() == Level.OK) {
      return List.of();
    }
    boolean assumed = loss.kind() == HeadLoss.Kind.ASSUMED;
    Parameter head = c.graph.parameters().get(loss.head());
    String because =
        String.format(
            Locale.ROOT,
            "%sthe logits of %s spread by a standard deviation of %s over %d classes: the first"
                + " cross-entropy is %s, where ln %d = %s",
            assumed ? "if this output is a classifier's logits: " : "",
            head.name(),
            Numbers.of(loss.logitStd()),
            loss.classes(),
            Numbers.of(loss.crossEntropy()),
            loss.classes(),
            Numbers.of(loss.lnClasses()));
    return List.of(
        new Verdict(
            "head-scale",
            assumed ? Level.WARN : g.level(),
            head.name(),
            excess,
            g.limit(),
            because,
            "draw "
                + head.name()
                + " "
                + Numbers.of(loss.logitStd())
                + " times smaller (logits of standard deviation 1), scale the logits by "
                + Numbers.of(1 / loss.logitStd())
                + ", or start the head at zero",
            "Derrida 1981; Karpathy 2019 (verify the loss at the start); docs/verdicts.md"));
  }
}
