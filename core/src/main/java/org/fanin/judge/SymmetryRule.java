package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.Likeness;

/// Identical rows, columns or blocks: gradients are identical too, so training never tells them
/// apart. Layers that are copies of one another see different inputs and part while training: a
/// warning, as independent ones would have begun apart.
record SymmetryRule() implements Rule {
  private static final String SOURCE = "Goodfellow et al. 2016, section 8.4; theory.md 10";

  @Override
  public List<Verdict> apply(Case c) {
    List<Verdict> found = new ArrayList<>();
    verdict(c, Level.FAIL, true, "what is identical gets identical gradients and stays identical")
        .ifPresent(found::add);
    verdict(
            c,
            Level.WARN,
            false,
            "layers that begin as copies give the network one direction where it has several; their"
                + " inputs differ, so training parts them")
        .ifPresent(found::add);
    return found;
  }

  /// Whether units of this weight are identical, which training does not mend.
  static boolean isForGood(ParameterForecast p) {
    return p.m2() > 0 && p.likeness().map(Likeness::isForGood).orElse(false);
  }

  private static Optional<Verdict> verdict(Case c, Level level, boolean forGood, String because) {
    List<ParameterForecast> found =
        c.forecast.parameters().stream()
            .filter(p -> p.m2() > 0 && p.likeness().isPresent() && isForGood(p) == forGood)
            .toList();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    ParameterForecast first = found.getFirst();
    String others = found.size() == 1 ? "" : " (and " + (found.size() - 1) + " more tensors)";
    return Optional.of(
        new Verdict(
            "symmetric",
            level,
            c.zeros.parameter(first).name(),
            found.size(),
            1,
            first.likeness().get().text() + others + ": " + because,
            "draw these weights independently",
            SOURCE));
  }
}
