package org.fanin.predict;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.predict.Signal.Known;

/// Lets a [LawChooser] look at each node's output before it decides.
final class Choosing implements LawChooser.Levels {
  private final Context c;
  private final LawChooser chooser;
  private final Map<Integer, Integer> byValue = new HashMap<>();

  Choosing(Context c, LawChooser chooser) {
    this.c = c;
    this.chooser = chooser;
    for (int i = 0; i < c.graph.parameters().size(); i++) {
      byValue.put(c.graph.parameters().get(i).value(), i);
    }
  }

  void before(Node n) {
    if (isView(n)) {
      return;
    }
    for (int in : n.inputs()) {
      Integer p = in < 0 ? null : byValue.get(c.graph.value(in).origin());
      if (p != null) {
        chooser.probe(n, p).ifPresent(law -> decide(n, in, p, law));
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
