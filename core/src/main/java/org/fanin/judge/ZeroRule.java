package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Node;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.ParameterForecast;

/// Exact zeros: by design where a zero weight gets a gradient and opens at the first step; a
/// failure where nothing can ever move.
record ZeroRule() implements Rule {
  private static final String SOURCE =
      "Goyal et al. 2017 (zero-γ); Bachlechner et al. 2020 (ReZero); theory.md 10";

  @Override
  public List<Verdict> apply(Case c) {
    List<Verdict> found = new ArrayList<>();
    if (!c.zeros.stuck.isEmpty()) {
      found.add(stuck(c, c.zeros.stuck));
    }
    if (!c.zeros.starved.isEmpty()) {
      found.add(starved(c, c.zeros.starved));
    }
    if (!c.zeros.gates.isEmpty()) {
      found.add(byDesign(c));
    }
    return found;
  }

  private static Verdict stuck(Case c, List<ParameterForecast> list) {
    return new Verdict(
        "symmetric",
        Level.FAIL,
        name(c, list),
        list.size(),
        0,
        count(list) + " zero and so is the gradient: it can never move",
        "start one of the factors of this path away from zero",
        SOURCE);
  }

  private static Verdict starved(Case c, List<ParameterForecast> list) {
    boolean quantised =
        c.graph.nodes().stream().map(Node::onnxOp).anyMatch(op -> op.endsWith("QuantizeLinear"));
    return new Verdict(
        "zero",
        Level.FAIL,
        name(c, list),
        list.size(),
        0,
        count(list)
            + " not zero but the gradient is exactly zero, and no zero weight further on explains"
            + " it",
        quantised
            ? "check the network as it was before quantisation: no gradient passes the integers that"
                + " QuantizeLinear makes"
            : "look for an activation that is off everywhere, or a part whose result is not used",
        "theory.md 10");
  }

  private static Verdict byDesign(Case c) {
    List<ParameterForecast> gates = c.zeros.gates;
    String shut =
        c.zeros.shutOff.isEmpty()
            ? ""
            : "; "
                + c.zeros.shutOff.size()
                + " weights that lead to it get their gradient from the second step on";
    return new Verdict(
        "by-design",
        Level.BY_DESIGN,
        name(c, gates),
        gates.size(),
        Double.NaN,
        count(gates)
            + " zero with a gradient that is not, so the path opens at the first step"
            + shut,
        "nothing: the path that is open was judged",
        SOURCE);
  }

  private static String name(Case c, List<ParameterForecast> list) {
    return c.zeros.parameter(list.getFirst()).name();
  }

  private static String count(List<ParameterForecast> list) {
    return list.size() == 1 ? "this weight is" : list.size() + " weights like this one are";
  }
}
