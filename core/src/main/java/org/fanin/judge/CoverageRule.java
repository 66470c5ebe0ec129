package org.fanin.judge;

import java.util.List;
import java.util.Locale;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast;

/// What was not understood limits every other verdict.
record CoverageRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    Forecast.Coverage cover = c.forecast.coverage();
    if (cover.foreign().isEmpty()) {
      return List.of();
    }
    double share = cover.nodes() == 0 ? 1 : (double) cover.understood() / cover.nodes();
    double limit = c.limits.get("coverage.warn");
    Forecast.Coverage.ForeignNode first = cover.foreign().getFirst();
    String because =
        String.format(
            Locale.ROOT,
            "%d of %d nodes have a rule; %s (%s): %s",
            cover.understood(),
            cover.nodes(),
            first.node(),
            first.op(),
            first.because());
    return List.of(
        new Verdict(
            "coverage",
            share < limit || c.spine.points().isEmpty() ? Level.WARN : Level.OK,
            first.node(),
            share,
            limit,
            because,
            "read the other verdicts as covering the rest of the network only",
            "design.md, invariant 1"));
  }
}
