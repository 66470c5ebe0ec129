package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.predict.Context.MissingRule;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Coverage;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Carries second moments forward and gradients backward through a graph, one rule per operator.
/// Time and memory are linear in nodes.
public final class Predictor {
  private Predictor() {}

  public static Forecast predict(Graph graph, PredictSettings settings) {
    Context c = new Context(graph, settings, new ParameterLaws(graph, settings));
    List<Coverage.ForeignNode> foreign = new ArrayList<>();
    graph.inputs().forEach(i -> received(c, graph.value(i)));
    for (Node n : graph.nodes()) {
      forward(c, n, foreign);
    }
    return back(c, foreign);
  }

  /// A forward pass in which laws of parameters are chosen where data first meets them.
  public static void choose(Graph graph, PredictSettings settings, LawChooser chooser) {
    Context c = new Context(graph, settings, new ParameterLaws(graph, settings));
    graph.inputs().forEach(i -> received(c, graph.value(i)));
    Choosing choosing = new Choosing(c, chooser);
    for (Node n : graph.nodes()) {
      choosing.before(n);
      forward(c, n, new ArrayList<>());
      choosing.after(n);
    }
  }

  private static Forecast back(Context c, List<Coverage.ForeignNode> foreign) {
    Graph graph = c.graph;
    Heads.observe(c);
    seed(c);
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      backward(c, graph.nodes().get(i));
    }
    graph.inputs().forEach(i -> settle(c, i));
    graph.parameters().forEach(p -> settle(c, p.value()));
    return Assembly.of(c, foreign);
  }

  // ---- inputs and cotangents ----

  private static void received(Context c, Value v) {
    try {
      input(c, v);
    } catch (MissingRule e) {
      c.set(v.id(), new Signal.Unknown(e.getMessage()));
    }
  }

  private static void input(Context c, Value v) {
    if (!v.dtype().floating()) {
      c.set(v.id(), new Signal.Discrete());
      c.inputWords.put(v.name(), "token ids");
      return;
    }
    if (v.shape().isEmpty()) {
      c.set(v.id(), new Signal.Unknown("the shape of input " + v.name() + " is not known"));
      return;
    }
    Shape shape = v.shape().get();
    Optional<Tensor> sample = c.settings.input(v.name());
    if (sample.isPresent() && sample.get().shape().rank() == shape.rank()) {
      InputLaw law = InputLaw.of(sample.get(), shape);
      c.set(v.id(), law.field());
      c.inputWords.put(v.name(), law.words());
      return;
    }
    double m2 = c.settings.inputM2().orElse(1);
    c.set(v.id(), Field.iid(shape, Math.log(m2)));
    c.inputWords.put(v.name(), m2 == 1 ? "N(0,1)" : "N(0," + m2 + ")");
  }

  private static void seed(Context c) {
    boolean only = c.graph.outputs().size() == 1;
    for (int o : c.graph.outputs()) {
      Value v = c.graph.value(o);
      if (!v.dtype().floating()) {
        continue;
      }
      if (v.shape().isEmpty()) {
        c.passUnknown(
            o,
            c.signal(o) instanceof Signal.Unknown(String because)
                ? because
                : "the shape of output " + v.name() + " is not known");
        continue;
      }
      try {
        seed(c, v, v.shape().get(), only);
      } catch (MissingRule e) {
        c.passUnknown(o, e.getMessage());
      }
    }
  }

  private static void seed(Context c, Value v, Shape shape, boolean only) {
    Field g =
        c.settings
            .cotangent(v.name(), only)
            .filter(t -> t.shape().rank() == shape.rank())
            .map(t -> InputLaw.of(t, shape).field())
            .orElseGet(() -> Field.iid(shape, 0));
    c.pass(v.id(), g);
    if (shape.rank() == 2) {
      c.seedLean(v.id(), Lengths.Lean.of(2.0 / shape.dim(1)));
    }
  }

  // ---- forward ----

  static void forward(Context c, Node n, List<Coverage.ForeignNode> foreign) {
    if (n.op() instanceof Op.Folded || !hasOutput(n)) {
      return;
    }
    try {
      checkAxes(c, n);
      Rules.forward(c, n);
      LogitMasks.carry(c, n);
      LengthRule.forward(c, n);
      c.ancestry.forward(n);
    } catch (RuntimeException e) {
      String because = reason(e);
      for (int o : n.outputs()) {
        if (o >= 0) {
          c.set(
              o,
              c.graph.value(o).dtype().floating()
                  ? new Signal.Unknown(because)
                  : new Signal.Discrete());
        }
      }
      if (firstUnknown(c, n)) {
        foreign.add(new Coverage.ForeignNode(n.name(), n.onnxOp(), because));
      }
    }
  }

  /// 2^axes classes of pairs are followed, so what has too many axes is not known whatever the
  /// rule.
  private static void checkAxes(Context c, Node n) {
    for (int o : n.outputs()) {
      Optional<Shape> shape = o < 0 ? Optional.empty() : c.graph.value(o).shape();
      if (shape.isPresent() && c.graph.value(o).dtype().floating()) {
        FieldAtoms.checkAxes(shape.get());
      }
    }
  }

  private static boolean hasOutput(Node n) {
    for (int o : n.outputs()) {
      if (o >= 0) {
        return true;
      }
    }
    return false;
  }

  /// A rule that breaks on an unusual graph costs its node, not the report: it is counted as not
  /// understood and says why.
  private static String reason(RuntimeException e) {
    return e instanceof MissingRule ? e.getMessage() : "its rule failed: " + e.getMessage();
  }

  /// A node is foreign when the reason is its own, not its inputs'. What is not known of an input
  /// of the network has no node before it that could be blamed.
  private static boolean firstUnknown(Context c, Node n) {
    for (int i : n.inputs()) {
      if (i >= 0
          && c.signal(i) instanceof Signal.Unknown
          && c.graph.value(i).kind() != Value.Kind.INPUT) {
        return false;
      }
    }
    return true;
  }

  // ---- backward ----

  private static void backward(Context c, Node n) {
    boolean any = false;
    String unknown = null;
    for (int o : n.outputs()) {
      if (o < 0) {
        continue;
      }
      settle(c, o);
      any |= c.gradient(o).isPresent();
      unknown = c.unknownGradient(o).orElse(unknown);
    }
    if (unknown != null) {
      lose(c, n, unknown);
      return;
    }
    if (!any) {
      return;
    }
    try {
      c.setPassing(n);
      Rules.backward(c, n);
    } catch (RuntimeException e) {
      lose(c, n, reason(e));
    }
  }

  private static void lose(Context c, Node n, String because) {
    for (int i : n.inputs()) {
      if (i >= 0 && c.graph.value(i).dtype().floating()) {
        c.passUnknown(i, because);
      }
    }
  }

  /// All sources of a value have been heard: its gradient is their sum.
  private static void settle(Context c, int value) {
    if (c.unknownGradient(value).isPresent() || c.sources(value).isEmpty()) {
      return;
    }
    try {
      PointwiseGradient.tidy(c, value);
      Field total = PointwiseGradient.total(c, value);
      c.setGradient(value, total);
      c.setLean(value, LengthRule.settled(c, value));
      if (c.wantsAlong(value) && c.isKnown(value)) {
        c.setAlong(value, PointwiseGradient.along(c, value));
      }
      PointwiseGradient.leaveFamily(c, value, total);
    } catch (RuntimeException e) {
      c.passUnknown(value, reason(e));
    }
  }

  // ---- result ----

  /// Turns fields into the public forecast.
  private static final class Assembly {
    private Assembly() {}

    static Forecast of(Context c, List<Coverage.ForeignNode> foreign) {
      long batch = batchOf(c);
      DifferentiablePaths paths = new DifferentiablePaths(c.graph);
      List<TensorForecast> tensors = new ArrayList<>();
      c.graph.inputs().forEach(i -> tensors.add(tensor(c, i, batch, paths)));
      int nodes = 0;
      for (Node n : c.graph.nodes()) {
        if (n.op() instanceof Op.Folded) {
          continue;
        }
        nodes++;
        for (int o : n.outputs()) {
          if (o >= 0 && c.graph.value(o).dtype().floating()) {
            tensors.add(tensor(c, o, batch, paths));
          }
        }
      }
      List<ParameterForecast> parameters = new ArrayList<>();
      Symmetry symmetry = new Symmetry();
      for (int i = 0; i < c.graph.parameters().size(); i++) {
        parameters.add(parameter(c, i, symmetry, paths));
      }
      var assumptions =
          new Forecast.Assumptions(
              c.settings.mode().word(),
              batch,
              c.inputWords,
              c.settings.laws().isEmpty()
                  ? c.settings.weights().map(s -> s.name()).orElse("file")
                  : "plan");
      return new Forecast(
          c.graph,
          assumptions,
          tensors,
          parameters,
          c.observations,
          new Coverage(nodes, nodes - foreign.size(), foreign, c.ancestry.found()));
    }

    private static long batchOf(Context c) {
      for (int i : c.graph.inputs()) {
        Optional<Shape> s = c.graph.value(i).shape();
        if (s.isPresent() && s.get().rank() > 0) {
          return s.get().dim(0);
        }
      }
      return c.settings.batch();
    }

    private static TensorForecast tensor(Context c, int v, long batch, DifferentiablePaths paths) {
      return new TensorForecast(v, forward(c, v, batch), gradient(c, v, paths));
    }

    private static Forward forward(Context c, int v, long batch) {
      return switch (c.signal(v)) {
        case Signal.Unknown u -> new Forward.Unknown(u.because());
        case Signal.Discrete _ -> new Forward.Unknown("not a float tensor");
        case Signal.Known k ->
            k.mask().isPresent() ? masked(k) : known(k.field(), batch, c.lengths(v));
      };
    }

    private static Forward known(Field f, long batch, Lengths l) {
      double cos = Double.NaN;
      if (f.rank() > 0 && batch > 1 && f.dim(0) == batch) {
        cos = f.averageDiffering(f.maskOf(0));
      }
      double spread = f.spread();
      double below = f.rank() == 2 ? BatchMean.beyondVariance(l.sample(), f.dim(0)) : 0;
      return new Forward.Known(
          f.mean * Math.exp(f.ln / 2), f.ln, f.ln - spread / 2 - below, Math.sqrt(spread), cos);
    }

    private static Forward masked(Signal.Known k) {
      double value = k.mask().get().value();
      if (Double.isInfinite(value)) {
        return new Forward.Unknown("masked logits are −∞");
      }
      double kept = k.mask().get().keptShare();
      double m2 = kept * Math.exp(k.field().ln) + (1 - kept) * value * value;
      return new Forward.Known((1 - kept) * value, Math.log(m2), Math.log(m2), 0, 1);
    }

    private static Backward gradient(Context c, int v, DifferentiablePaths paths) {
      Optional<String> blocked = paths.blockedBy(v);
      if (blocked.isPresent()) {
        return new Backward.None("no differentiable path: " + blocked.get());
      }
      if (c.unknownGradient(v).isPresent()) {
        return new Backward.Unknown(c.unknownGradient(v).get());
      }
      Optional<Field> g = c.gradient(v);
      if (g.isEmpty()) {
        if (!(c.signal(v) instanceof Signal.Known)) {
          return new Backward.None("not a float tensor that reaches an output");
        }
        // Nothing that is read depends on it.
        return new Backward.Known(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, 0);
      }
      double spread = g.get().spread();
      boolean samples = c.graph.value(v).kind() != Value.Kind.PARAMETER && g.get().rank() == 2;
      double below = samples ? BatchMean.beyondVariance(c.lean(v).spread(), g.get().dim(0)) : 0;
      return new Backward.Known(g.get().ln, g.get().ln - spread / 2 - below, Math.sqrt(spread));
    }

    private static ParameterForecast parameter(
        Context c, int i, Symmetry symmetry, DifferentiablePaths paths) {
      Parameter p = c.graph.parameters().get(i);
      Sample.Stats s = c.laws.statsOf(p);
      return new ParameterForecast(
          i,
          s.m2(),
          s.mean(),
          gradient(c, p.value(), paths),
          c.laws.schemeOf(p),
          c.laws.isPlanned(p) ? Symmetry.ofLaw(p, s) : symmetry.of(p, c.laws.sumsOf(p)),
          s.nonFinite());
    }
  }
}
