package org.fanin.predict;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.graph.Value;
import org.fanin.plan.Scheme;
import org.fanin.plan.SchemeRecognizer;
import org.fanin.tensor.Tensor;

/// The law of every constant tensor: from its own elements, from the scheme they were evidently
/// drawn by, or from a scheme given in their place.
final class ParameterLaws {
  private final Graph graph;
  private final Optional<Scheme> scheme;
  private final Map<Integer, Parameter> byValue = new HashMap<>();

  /// By value id of the parameter.
  private final Map<Integer, PlannedLaw> planned = new HashMap<>();

  private final Map<Integer, Sample.Stats> stats = new HashMap<>();
  private final Map<Integer, Double> variance = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>();
  private final Map<Integer, Optional<Field>> fields = new HashMap<>();

  ParameterLaws(Graph graph, PredictSettings settings) {
    this.graph = graph;
    this.scheme = settings.weights();
    graph.parameters().forEach(p -> byValue.put(p.value(), p));
    settings.laws().forEach((i, law) -> planned.put(graph.parameters().get(i).value(), law));
  }

  /// Replaces a parameter's law; its field at `view` is made anew.
  void plan(Parameter p, int view, PlannedLaw law) {
    planned.put(p.value(), law);
    fields.remove(p.value());
    fields.remove(view);
  }

  Optional<Field> fieldOf(Value v) {
    return fields.computeIfAbsent(v.id(), _ -> fresh(v));
  }

  private Optional<Field> fresh(Value v) {
    if (v.constant().isEmpty()) {
      return Optional.empty();
    }
    Tensor t = v.constant().get();
    Parameter p = byValue.get(v.origin());
    if (p == null) {
      Sample.Stats s = Sample.Stats.of(t);
      return Optional.of(Sample.field(t, s, s.m2()));
    }
    PlannedLaw law = planned.get(p.value());
    if (law != null) {
      return Optional.of(law.field(t.shape()));
    }
    if (scheme.isPresent() && p.fan().isPresent()) {
      Fan fan = p.fan().get();
      return Optional.of(
          Field.iid(t.shape(), Math.log(scheme.get().variance(fan.in(), fan.out()))));
    }
    return Optional.of(Sample.field(t, statsOf(p), varianceOf(p)));
  }

  Sample.Stats statsOf(Parameter p) {
    PlannedLaw law = planned.get(p.value());
    return law != null
        ? law.stats(p.data().count())
        : stats.computeIfAbsent(p.value(), _ -> Sample.Stats.of(p.data()));
  }

  /// E w⁴/(E w²)² of a weight, from its own elements: 3 for a normal law, 1.8 for a uniform one.
  double kurtosis(Value v) {
    Parameter p = byValue.get(v.origin());
    if (p != null && planned.containsKey(p.value())) {
      return planned.get(p.value()).kurtosis();
    }
    if (p == null || scheme.isPresent()) {
      return 3;
    }
    Sample.Stats s = statsOf(p);
    return s.m2() > 0 ? Math.clamp(s.m4() / (s.m2() * s.m2()), 1, 10) : 3;
  }

  /// The recognised scheme's variance where the sample cannot be told from it, else the sample's
  /// second moment.
  double varianceOf(Parameter p) {
    recognise(p);
    return variance.get(p.value());
  }

  /// Whether identical units can be looked for: a law has none but where it is constant.
  boolean isPlanned(Parameter p) {
    return planned.containsKey(p.value());
  }

  /// Name of the scheme that these elements were evidently drawn by, or "".
  String schemeOf(Parameter p) {
    if (isPlanned(p)) {
      return planned.get(p.value()).name();
    }
    recognise(p);
    return names.get(p.value());
  }

  private void recognise(Parameter p) {
    if (variance.containsKey(p.value())) {
      return;
    }
    Sample.Stats s = statsOf(p);
    variance.put(p.value(), s.m2());
    names.put(p.value(), "");
    Optional<Fan> fan = p.fan().or(() -> layerFan(p));
    var input = new SchemeRecognizer.Stats(s.count(), s.mean(), s.m2(), s.m4(), s.largest());
    var seen =
        SchemeRecognizer.recognise(
            input, fan.map(Fan::in).orElse(0.0), fan.map(Fan::out).orElse(0.0));
    seen.ifPresent(
        r -> {
          names.put(p.value(), r.name());
          if (Math.abs(r.z()) < 3) {
            variance.put(p.value(), r.variance());
          }
        });
  }

  /// A bias is drawn with its layer's fan-in.
  private Optional<Fan> layerFan(Parameter p) {
    if (p.role() != Role.BIAS && p.role() != Role.LSTM_BIAS) {
      return Optional.empty();
    }
    for (int use : p.uses()) {
      Node n = graph.nodes().get(use);
      for (int v : n.inputs()) {
        Optional<Fan> f = fanBehind(v, p, 3);
        if (f.isPresent()) {
          return f;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Fan> fanBehind(int value, Parameter not, int hops) {
    if (value < 0) {
      return Optional.empty();
    }
    Value v = graph.value(value);
    Parameter q = byValue.get(v.origin());
    if (q != null && q.value() != not.value() && q.fan().isPresent()) {
      return q.fan();
    }
    if (hops == 0 || v.producer() < 0) {
      return Optional.empty();
    }
    for (int in : graph.nodes().get(v.producer()).inputs()) {
      Optional<Fan> f = fanBehind(in, not, hops - 1);
      if (f.isPresent()) {
        return f;
      }
    }
    return Optional.empty();
  }
}
