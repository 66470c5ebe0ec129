package org.fanin.judge;

import java.util.List;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.ParameterForecast;

/// Identical rows, columns, blocks or layers: gradients are identical too, so training never tells
/// them apart.
record SymmetryRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    List<ParameterForecast> found =
        c.forecast.parameters().stream()
            .filter(p -> !p.symmetric().isEmpty() && p.m2() > 0)
            .toList();
    if (found.isEmpty()) {
      return List.of();
    }
    ParameterForecast first = found.getFirst();
    String others = found.size() == 1 ? "" : " (and " + (found.size() - 1) + " more tensors)";
    return List.of(
        new Verdict(
            "symmetric",
            Level.FAIL,
            c.zeros.parameter(first).name(),
            found.size(),
            1,
            first.symmetric()
                + others
                + ": what is identical gets identical gradients and stays identical",
            "draw these weights independently",
            "Goodfellow et al. 2016, section 8.4; theory.md 10"));
  }
}
