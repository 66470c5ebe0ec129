package org.fanin.judge;

import java.util.List;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.ParameterForecast;

/// NaN or infinite weights.
record NonFiniteRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    List<ParameterForecast> found =
        c.forecast.parameters().stream().filter(p -> p.nonFinite() > 0).toList();
    if (found.isEmpty()) {
      return List.of();
    }
    ParameterForecast worst = found.getFirst();
    long total = found.stream().mapToLong(ParameterForecast::nonFinite).sum();
    String because =
        total == 1
            ? "1 weight is NaN or infinite: every output that depends on it is too"
            : total
                + " weights in "
                + found.size()
                + " tensors are NaN or infinite: every output that depends on them is too";
    return List.of(
        new Verdict(
            "non-finite",
            Level.FAIL,
            c.zeros.parameter(worst).name(),
            total,
            0,
            because,
            "write fresh weights for these tensors",
            "IEEE 754"));
  }
}
