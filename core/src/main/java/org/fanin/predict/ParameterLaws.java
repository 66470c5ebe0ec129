package org.fanin.predict;

import java.util.Arrays;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
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
  private final Parameter[] byValue;
  private final PlannedLaw[] planned;
  private final Law[] laws;
  private final Field[] fields;

  /// @param variance the recognised scheme's where the sample cannot be told from it, else the
  ///   sample's second moment
  /// @param scheme name of the scheme that these elements were evidently drawn by, or ""
  private record Law(Elements.Sums sums, double variance, String scheme) {
    Sample.Stats stats() {
      return sums.stats();
    }

    /// Of a view of the parameter: what was summed over its bytes, if these are what it shows.
    Elements.Sums of(Tensor view, Tensor data) {
      return view.sharesBytesOf(data) && Arrays.equals(view.wideExtents(), data.wideExtents())
          ? sums
          : Elements.of(view).withStats(stats());
    }
  }

  ParameterLaws(Graph graph, PredictSettings settings) {
    this.graph = graph;
    this.scheme = settings.weights();
    int n = graph.values().size();
    this.byValue = new Parameter[n];
    this.planned = new PlannedLaw[n];
    this.laws = new Law[n];
    this.fields = new Field[n];
    for (Parameter p : graph.parameters()) {
      byValue[p.value()] = p;
    }
    settings.laws().forEach((i, law) -> planned[graph.parameters().get(i).value()] = law);
  }

  /// Replaces a parameter's law; its field at `view` is made anew.
  void plan(Parameter p, int view, PlannedLaw law) {
    planned[p.value()] = law;
    fields[p.value()] = null;
    fields[view] = null;
  }

  Optional<Field> fieldOf(Value v) {
    if (fields[v.id()] == null) {
      fields[v.id()] = fresh(v).orElse(null);
    }
    return Optional.ofNullable(fields[v.id()]);
  }

  private Optional<Field> fresh(Value v) {
    if (v.constant().isEmpty()) {
      return Optional.empty();
    }
    Tensor t = v.constant().get();
    Parameter p = byValue[v.origin()];
    if (p == null) {
      return Optional.of(Sample.exact(t, Elements.of(t)));
    }
    PlannedLaw law = planned[p.value()];
    if (law != null) {
      return Optional.of(law.field(t.shape()));
    }
    if (scheme.isPresent() && p.fan().isPresent()) {
      Fan fan = p.fan().get();
      return Optional.of(
          Field.iid(t.shape(), Math.log(scheme.get().variance(fan.in(), fan.out()))));
    }
    Elements.Sums sums = law(p).of(t, p.data());
    return Optional.of(
        p.role() == Role.TABLE ? Sample.exact(t, sums) : Sample.field(t, sums, law(p).variance()));
  }

  Sample.Stats statsOf(Parameter p) {
    PlannedLaw law = planned[p.value()];
    return law != null ? law.stats(p.data().count()) : law(p).stats();
  }

  /// What one pass over the elements of a parameter that is not planned tells.
  Elements.Sums sumsOf(Parameter p) {
    return law(p).sums();
  }

  /// E w⁴/(E w²)² of a weight, from its own elements: 3 for a normal law, 1.8 for a uniform one.
  double kurtosis(Value v) {
    Parameter p = byValue[v.origin()];
    if (p != null && isPlanned(p)) {
      return planned[p.value()].kurtosis();
    }
    if (p == null || scheme.isPresent()) {
      return 3;
    }
    Sample.Stats s = statsOf(p);
    return s.m2() > 0 ? Math.clamp(s.m4() / (s.m2() * s.m2()), 1, 10) : 3;
  }

  /// The elements that a law is taken from; empty where another is given in their place.
  Optional<Tensor> drawn(Value v) {
    Parameter p = byValue[v.origin()];
    return p != null && isPlanned(p) ? Optional.empty() : v.constant();
  }

  /// Whether identical units can be looked for: a law has none but where it is constant.
  boolean isPlanned(Parameter p) {
    return planned[p.value()] != null;
  }

  /// Name of the scheme that these elements were evidently drawn by, or "".
  String schemeOf(Parameter p) {
    return isPlanned(p) ? planned[p.value()].name() : law(p).scheme();
  }

  private Law law(Parameter p) {
    if (laws[p.value()] == null) {
      laws[p.value()] = recognised(p);
    }
    return laws[p.value()];
  }

  private Law recognised(Parameter p) {
    Elements.Sums sums = Elements.of(p.data());
    Sample.Stats s = sums.stats();
    Fan fan = (p.fan().isPresent() ? p.fan() : layerFan(p)).orElse(null);
    var seen =
        SchemeRecognizer.recognise(
            new SchemeRecognizer.Stats(s.count(), s.mean(), s.m2(), s.m4(), s.largest()),
            fan == null ? 0 : fan.in(),
            fan == null ? 0 : fan.out());
    if (seen.isEmpty()) {
      return new Law(sums, s.m2(), "");
    }
    var r = seen.get();
    return new Law(sums, Math.abs(r.z()) < 3 ? r.variance() : s.m2(), r.name());
  }

  /// A bias is drawn with its layer's fan-in: that of the nearest weight behind the nodes that read
  /// it.
  private Optional<Fan> layerFan(Parameter p) {
    if (p.role() != Role.BIAS && p.role() != Role.LSTM_BIAS) {
      return Optional.empty();
    }
    for (int hops = 1; hops <= 4; hops++) {
      for (int use : p.uses()) {
        Fan f = fanBehind(graph.nodes().get(use), p, hops);
        if (f != null) {
          return Optional.of(f);
        }
      }
    }
    return Optional.empty();
  }

  /// What frameworks call a layer's fan-in when they draw its bias: the weight's second axis, which
  /// for a transposed convolution is the output side.
  private static Fan biasFan(Node n, Fan f) {
    return n.op() instanceof Op.ConvTranspose
        ? new Fan(f.out(), f.in(), f.blocks(), f.because())
        : f;
  }

  /// The fan of a weight exactly `hops` steps back, or null.
  private Fan fanBehind(Node n, Parameter not, int hops) {
    for (int i = 0; i < n.inputs().size(); i++) {
      int value = n.input(i);
      if (value < 0) {
        continue;
      }
      Value v = graph.value(value);
      if (hops == 1) {
        Parameter q = byValue[v.origin()];
        if (q != null && q != not && q.fan().isPresent()) {
          return biasFan(n, q.fan().get());
        }
      } else if (v.producer() >= 0) {
        Fan f = fanBehind(graph.nodes().get(v.producer()), not, hops - 1);
        if (f != null) {
          return f;
        }
      }
    }
    return null;
  }
}
