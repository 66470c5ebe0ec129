package org.fanin.judge;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// Finite width: β, the variance over initialisations of the logarithm of a second moment. Beyond
/// about 1 the seed decides more than the recipe.
record LotteryRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    Point worst =
        c.spine.hidden().points().stream()
            .filter(p -> Double.isFinite(p.spread()))
            .max(Comparator.comparingDouble(Point::spread))
            .orElse(null);
    if (worst == null) {
      return List.of();
    }
    double beta = worst.spread() * worst.spread();
    Grade g = Grade.above(c.limits, "lottery", beta);
    if (g.level() == Verdict.Level.OK) {
      return List.of();
    }
    String because =
        String.format(
            Locale.ROOT,
            "at this width and depth ln of a second moment varies by ±%s from seed to seed (β = %s): one draw may be %s times the typical one",
            Numbers.of(worst.spread()),
            Numbers.of(beta),
            Numbers.ofLn(2 * worst.spread()));
    return List.of(
        new Verdict(
            "lottery",
            g.level(),
            worst.layer(),
            beta,
            g.limit(),
            because,
            "widen the narrowest layers, use orthogonal weights or residual connections, and judge"
                + " by several seeds",
            "Hanin & Nica 2018; theory.md 9"));
  }
}
