package org.fanin.judge;

import java.util.List;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.Observation;

/// Share of units on the flat part of a saturating activation.
record SaturationRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    double limit = c.limits.get("saturated.warn");
    List<Observation> over =
        c.forecast.observations().stream()
            .filter(o -> o.kind() == Observation.Kind.SATURATED_SHARE && o.value() > limit)
            .toList();
    if (over.isEmpty()) {
      return List.of();
    }
    Observation worst =
        over.stream().max(java.util.Comparator.comparingDouble(Observation::value)).orElseThrow();
    String because =
        "%s of the units sit where the activation's slope is below a tenth of its largest (%d layers over the limit)"
            .formatted(Numbers.of(worst.value()), over.size());
    return List.of(
        new Verdict(
            "saturated",
            Level.WARN,
            c.layer(worst.node()),
            worst.value(),
            limit,
            because,
            "lower the variance of the weights that feed it",
            "Glorot & Bengio 2010; theory.md 10"));
  }
}
