package org.fanin.predict;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.graph.WeightChains;
import org.fanin.predict.Signal.Known;

/// Lets a [LawChooser] look at each node's output before it decides.
final class Choosing implements LawChooser.Levels {
  private final Context c;
  private final LawChooser chooser;
  private final WeightChains chains;
  private final Map<Integer, Integer> byValue = new HashMap<>();

  Choosing(Context c, LawChooser chooser) {
    this.c = c;
    this.chooser = chooser;
    this.chains = new WeightChains(c.graph);
    for (int i = 0; i < c.graph.parameters().size(); i++) {
      byValue.put(c.graph.parameters().get(i).value(), i);
    }
  }

  void before(Node n) {
    // What is only moved on its way is decided where it arrives.
    if (isView(n) || chains.isInner(n)) {
      return;
    }
    for (int in : n.inputs()) {
      Integer p = in < 0 ? null : byValue.get(c.graph.value(in).origin());
      if (p != null) {
        chooser.probe(n, p).ifPresent(law -> decide(n, in, p, law));
      } else if (in >= 0) {
        chains.at(in).ifPresent(chain -> decide(n, chain));
      }
    }
  }

  /// A parameter in another shape is still the parameter.
  private boolean isView(Node n) {
    return n.outputs().stream()
        .allMatch(o -> o < 0 || c.graph.value(o).kind() != Value.Kind.ACTIVATION);
  }

  private void decide(Node n, int in, int p, PlannedLaw law) {
    plan(p, in, law);
    Predictor.forward(c, n, new ArrayList<>());
    int out = n.outputs().getFirst();
    plan(p, in, chooser.choose(n, p, lnMean(out), lnM2(out), this));
  }

  /// Weights that arrive together are probed together.
  private void decide(Node n, WeightChains.Chain chain) {
    Map<Integer, PlannedLaw> probes = new TreeMap<>();
    for (int view : chain.views()) {
      Integer p = byValue.get(c.graph.value(view).origin());
      if (p != null && !probes.containsKey(p)) {
        chooser.probe(n, p).ifPresent(law -> probes.put(p, law));
      }
    }
    if (probes.isEmpty()) {
      return;
    }
    probes.forEach((p, law) -> plan(p, chain, law));
    run(chain);
    Predictor.forward(c, n, new ArrayList<>());
    int out = n.outputs().getFirst();
    double lnMean = lnMean(out);
    double lnM2 = lnM2(out);
    probes.keySet().forEach(p -> plan(p, chain, chooser.choose(n, p, lnMean, lnM2, this)));
    run(chain);
  }

  private void plan(int p, WeightChains.Chain chain, PlannedLaw law) {
    int origin = c.graph.parameters().get(p).value();
    for (int view : chain.views()) {
      if (c.graph.value(view).origin() == origin) {
        plan(p, view, law);
      }
    }
  }

  private void run(WeightChains.Chain chain) {
    chain.nodes().forEach(m -> Predictor.forward(c, m, new ArrayList<>()));
  }

  private void plan(int p, int in, PlannedLaw law) {
    Parameter parameter = c.graph.parameters().get(p);
    c.laws.plan(parameter, in, law);
    c.forget(in);
    c.forget(parameter.value());
  }

  void after(Node n) {
    chooser.passed(n, this);
  }

  @Override
  public double lnMean(int value) {
    return value >= 0 && c.signal(value) instanceof Known k ? k.field().ln : Double.NaN;
  }

  @Override
  public double lnM2(int value) {
    return value >= 0 && c.signal(value) instanceof Known k
        ? k.field().ln - k.field().spread() / 2
        : Double.NaN;
  }
}
