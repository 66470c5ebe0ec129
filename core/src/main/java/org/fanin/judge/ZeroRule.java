package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.fanin.graph.Node;
import org.fanin.graph.Opening;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast.ParameterForecast;

/// Exact zeros: by design where a zero weight gets a gradient, at the first step or later, and
/// opens what it closed; a failure where nothing can ever move.
record ZeroRule() implements Rule {
  private static final String SOURCE =
      "Goyal et al. 2017 (zero-γ); Bachlechner et al. 2020 (ReZero); Hu et al. 2022 (LoRA);"
          + " theory.md 10";

  @Override
  public List<Verdict> apply(Case c) {
    List<Verdict> found = new ArrayList<>();
    if (!c.zeros.stuck.isEmpty()) {
      found.add(never(c, c.zeros.stuck, "start one of the factors of this path away from zero"));
    }
    if (!c.zeros.starved.isEmpty()) {
      found.add(never(c, c.zeros.starved, remedy(c)));
    }
    if (!c.zeros.gates.isEmpty() || !c.zeros.waiting.isEmpty()) {
      found.add(byDesign(c));
    }
    if (!c.zeros.pathless.isEmpty()) {
      found.add(pathless(c));
    }
    return found;
  }

  private static Verdict never(Case c, List<ParameterForecast> list, String remedy) {
    boolean zero = list.getFirst().m2() == 0;
    return new Verdict(
        "zero",
        Level.FAIL,
        name(c, list),
        list.size(),
        0,
        count(list)
            + (zero ? " zero and never moves: " : " not zero but never gets a gradient: ")
            + because(c, list.getFirst()),
        remedy,
        SOURCE);
  }

  private static String remedy(Case c) {
    boolean unread =
        c.zeros.starved.stream()
            .anyMatch(
                p ->
                    c.zeros.opening(p) instanceof Opening.Never n
                        && n.cause() == Opening.Cause.UNREAD);
    boolean behindStuck = !c.zeros.stuck.isEmpty();
    return unread
        ? "use the result of this part, or leave it out"
        : behindStuck
            ? "mend the zeros further on"
            : "look for an activation that is off everywhere, or a sum that is constant";
  }

  private static Verdict byDesign(Case c) {
    List<ParameterForecast> list = c.zeros.gates.isEmpty() ? c.zeros.waiting : c.zeros.gates;
    return new Verdict(
        "by-design",
        Level.BY_DESIGN,
        name(c, list),
        list.size(),
        Double.NaN,
        zeros(c) + later(c),
        "nothing: the path that is open was judged",
        SOURCE);
  }

  private static String zeros(Case c) {
    List<ParameterForecast> list = c.zeros.gates;
    return list.isEmpty()
        ? "some weights wait for others"
        : count(list)
            + " zero and "
            + (list.size() == 1 ? "opens" : "open")
            + steps(c, list)
            + ", by design";
  }

  private static String steps(Case c, List<ParameterForecast> list) {
    String all =
        list.stream()
            .map(p -> c.zeros.opening(p).first().orElseThrow())
            .distinct()
            .sorted()
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    return " at step " + all;
  }

  /// What waits, by the step at which it opens, zeros left out.
  private static String later(Case c) {
    Map<Integer, List<ParameterForecast>> byStep = new TreeMap<>();
    c.zeros.waiting.stream()
        .filter(p -> p.m2() != 0)
        .forEach(
            p ->
                byStep
                    .computeIfAbsent(
                        c.zeros.opening(p).first().orElseThrow(), _ -> new ArrayList<>())
                    .add(p));
    return byStep.entrySet().stream()
        .map(e -> "; " + waiting(c, e.getValue()) + " at step " + e.getKey() + ", by design")
        .collect(Collectors.joining());
  }

  private static String waiting(Case c, List<ParameterForecast> list) {
    String first = name(c, list);
    return list.size() == 1
        ? first + " waits for it and opens"
        : list.size() + " parameters (" + first + " …) wait for them and open";
  }

  private static Verdict pathless(Case c) {
    List<ParameterForecast> list = c.zeros.pathless;
    boolean quantised =
        c.graph.nodes().stream().map(Node::onnxOp).anyMatch(op -> op.endsWith("QuantizeLinear"));
    return new Verdict(
        "no-gradient",
        Level.BY_DESIGN,
        name(c, list),
        list.size(),
        Double.NaN,
        because(c, list.getFirst())
            + ": "
            + (list.size() == 1 ? "this weight has" : list.size() + " weights have")
            + " no gradient, and none is judged",
        quantised
            ? "check the network as it was before quantisation: no gradient passes the integers that"
                + " QuantizeLinear makes"
            : "to judge gradients, export the network without this operator, as it is trained",
        "docs/verdicts.md");
  }

  private static String because(Case c, ParameterForecast p) {
    return new OpeningText(c.graph).because(p.parameter(), c.zeros.opening(p));
  }

  private static String name(Case c, List<ParameterForecast> list) {
    return c.zeros.parameter(list.getFirst()).name();
  }

  private static String count(List<ParameterForecast> list) {
    return list.size() == 1 ? "this weight is" : list.size() + " weights like this one are";
  }
}
