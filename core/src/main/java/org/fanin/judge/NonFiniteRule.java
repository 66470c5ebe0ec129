package org.fanin.judge;

import java.util.List;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.ParameterForecast;

/// NaN or infinite weights.
record NonFiniteRule() implements Rule {
  static final String NAME = "non-finite";

  static final String IN_RANGE =
      "keep what this operator reads in its range (Log and Sqrt of positive numbers, no division by"
          + " 0, no Exp of large ones); if your inputs do, check with them: --input FILE";

  @Override
  public List<Verdict> apply(Case c) {
    List<ParameterForecast> found =
        c.forecast.parameters().stream()
            .filter(p -> c.isBroken(p) && c.zeros.parameter(p).isTrained())
            .toList();
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
            NAME,
            Level.FAIL,
            c.zeros.parameter(worst).name(),
            total,
            0,
            because,
            "write fresh weights for these tensors",
            "IEEE 754"));
  }
}
