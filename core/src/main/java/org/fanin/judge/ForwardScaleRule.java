package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The signal's second moment across depth, between one setting of the scale and the next.
record ForwardScaleRule() implements Rule {
  private static final String SOURCE = "He et al. 2015, after eq. 9; theory.md 1";

  @Override
  public List<Verdict> apply(Case c) {
    Run vanishing = null;
    Run exploding = null;
    for (List<Point> segment : c.spine.hidden().segments()) {
      Point first = segment.getFirst();
      for (int i = 1; i < segment.size(); i++) {
        Run r = new Run(first, segment.get(i), i);
        vanishing = vanishing == null || r.decades() < vanishing.decades() ? r : vanishing;
        exploding = exploding == null || r.decades() > exploding.decades() ? r : exploding;
      }
    }
    List<Verdict> found = new ArrayList<>();
    if (vanishing != null) {
      addIfBeyond(c, found, "vanishing", vanishing, -vanishing.decades());
      addIfBeyond(c, found, "exploding", exploding, exploding.decades());
    }
    return found;
  }

  private record Run(Point from, Point to, int steps) {
    double ln() {
      return to.lnM2() - from.lnM2();
    }

    double decades() {
      return Numbers.decades(ln());
    }
  }

  private static void addIfBeyond(
      Case c, List<Verdict> found, String rule, Run run, double decades) {
    Grade g = Grade.above(c.limits, rule, decades);
    if (g.level() == Verdict.Level.OK) {
      return;
    }
    String because =
        String.format(
            Locale.ROOT,
            "the signal's second moment goes from %s at %s to %s at %s: ×%s per layer over %d layers",
            Numbers.ofLn(run.from().lnM2()),
            run.from().layer(),
            Numbers.ofLn(run.to().lnM2()),
            run.to().layer(),
            Numbers.ofLn(run.ln() / run.steps()),
            run.steps());
    found.add(
        new Verdict(
            rule, g.level(), run.to().layer(), decades, g.limit(), because, remedy(run), SOURCE));
  }

  /// A factor per layer where layers are maps; where they are sums, branches are what grows.
  private static String remedy(Run run) {
    if (!run.to().linear() && run.ln() > 0) {
      return String.format(
          Locale.ROOT,
          "scale the %d residual branches down, by 1/√depth or from 0 on (zero last layer, ReZero)",
          run.steps());
    }
    return String.format(
        Locale.ROOT,
        "multiply the weight variance of these layers by %s each, %s in all (for a ReLU layer:"
            + " Var(w) = 2/fan_in)",
        Numbers.ofLn(-run.ln() / run.steps()),
        Numbers.ofLn(-run.ln()));
  }
}
