package org.fanin.judge;

import java.util.List;
import java.util.Locale;
import org.fanin.graph.Node;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.Observation;
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
      return leaves(c);
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

  /// What the forecast knows to leave the numbers, first in the order of the graph.
  private static List<Verdict> leaves(Case c) {
    for (Observation o : c.forecast.observations()) {
      if (o.kind() == Observation.Kind.NON_FINITE) {
        Node n = c.node(o.node());
        return List.of(
            new Verdict(
                NAME,
                Level.FAIL,
                c.layer(n.index()),
                o.value(),
                0,
                String.format(
                    Locale.ROOT,
                    "about %s%% of the elements of %s are NaN or infinite, and so is what depends on"
                        + " them",
                    Numbers.of(100 * o.value()),
                    n.onnxOp()),
                IN_RANGE,
                "IEEE 754"));
      }
    }
    return List.of();
  }
}
