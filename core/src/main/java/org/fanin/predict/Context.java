package org.fanin.predict;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Value;
import org.fanin.tensor.Shape;

/// The state of one prediction run: signals forward, gradient sources backward. Confined to one
/// thread.
final class Context {
  final Graph graph;
  final PredictSettings settings;
  final ParameterLaws laws;
  final Patterns patterns;
  final List<Forecast.Observation> observations = new ArrayList<>();
  final Map<String, String> inputWords = new HashMap<>();
  private final Map<Integer, double[]> channelVariance = new HashMap<>();
  private final Map<Integer, Field> along = new HashMap<>();
  private final Map<Field, Field> asides = new IdentityHashMap<>();
  private final BitSet wantAlong;
  private final Signal[] signals;
  private final List<List<Source>> sources;
  private final List<List<Integer>> readers = new ArrayList<>();
  private final Lengths[] lengths;
  private final Lengths.Lean[] lean;
  final Ancestry ancestry;
  private Node passing;
  private final Field[] gradients;
  private final Radial[] radial;
  private final String[] noGradient;

  Context(Graph graph, PredictSettings settings, ParameterLaws laws) {
    this.graph = graph;
    this.settings = settings;
    this.laws = laws;
    this.patterns = new Patterns(graph);
    int n = graph.values().size();
    this.signals = new Signal[n];
    this.lengths = new Lengths[n];
    this.lean = new Lengths.Lean[n];
    this.gradients = new Field[n];
    this.radial = new Radial[n];
    this.noGradient = new String[n];
    this.sources = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      sources.add(null);
    }
    this.ancestry = new Ancestry(this);
    this.wantAlong = Along.wanted(graph);
  }

  // ---- forward ----

  Shape shape(int value) {
    Optional<Shape> s = graph.value(value).shape();
    if (s.isEmpty()) {
      throw new MissingRule("the shape of " + graph.value(value).name() + " depends on data");
    }
    return s.get();
  }

  Signal signal(int value) {
    if (signals[value] == null) {
      signals[value] = constantSignal(graph.value(value));
    }
    return signals[value];
  }

  private Signal constantSignal(Value v) {
    if (!v.dtype().floating()) {
      return new Signal.Discrete();
    }
    if (v.kind() == Value.Kind.PARAMETER || v.kind() == Value.Kind.CONSTANT) {
      try {
        Optional<Field> f = laws.fieldOf(v);
        return f.isPresent()
            ? Signal.Known.of(f.get())
            : new Signal.Unknown("the values of constant " + v.name() + " are not known");
      } catch (MissingRule e) {
        return new Signal.Unknown(e.getMessage());
      }
    }
    return new Signal.Unknown("no value reached " + v.name());
  }

  /// The field of an input of a node.
  ///
  /// @throws MissingRule when it is unknown, with the reason, or not a float tensor
  Field field(int value) {
    return known(value).field();
  }

  Signal.Known known(int value) {
    if (value < 0) {
      throw new MissingRule("an input is left out");
    }
    return switch (signal(value)) {
      case Signal.Known k -> k;
      case Signal.Unknown u -> throw new MissingRule(u.because());
      case Signal.Discrete _ ->
          throw new MissingRule(graph.value(value).name() + " is not a float tensor");
    };
  }

  boolean isKnown(int value) {
    return value >= 0 && signal(value) instanceof Signal.Known;
  }

  void set(int value, Signal s) {
    if (value >= 0) {
      signals[value] = s;
    }
  }

  /// The law of a parameter has changed.
  void forget(int value) {
    signals[value] = null;
  }

  void set(int value, Field f) {
    set(value, Signal.Known.of(f));
  }

  /// Indices of the nodes that read a value, each once.
  List<Integer> readers(int value) {
    if (readers.isEmpty()) {
      graph.values().forEach(_ -> readers.add(new ArrayList<>(2)));
      for (Node n : graph.nodes()) {
        n.inputs().stream()
            .filter(i -> i >= 0)
            .distinct()
            .forEach(i -> readers.get(i).add(n.index()));
      }
    }
    return readers.get(value);
  }

  boolean isParameter(int value) {
    return value >= 0 && graph.value(value).kind() == Value.Kind.PARAMETER;
  }

  void observe(Forecast.Observation.Kind kind, Node node, double value) {
    observations.add(new Forecast.Observation(kind, node.index(), value));
  }

  /// Variance over everything but the channel, per entry of a concatenated channel axis: the parts
  /// of a dense block differ in it, and normalisation divides by it.
  java.util.Optional<double[]> channelVariance(int value) {
    return java.util.Optional.ofNullable(channelVariance.get(value));
  }

  void setChannelVariance(int value, double[] perChannel) {
    channelVariance.put(value, perChannel);
  }

  boolean hasLengths(int value) {
    return value >= 0 && lengths[value] != null;
  }

  /// How unequal the places of a value are.
  Lengths lengths(int value) {
    return hasLengths(value) ? lengths[value] : Lengths.NONE;
  }

  void setLengths(int value, Lengths l) {
    lengths[value] = l;
  }

  // ---- backward ----

  /// What gradients are passed from now on come from this node.
  void setPassing(Node n) {
    passing = n;
  }

  /// Of the cotangent.
  void seedLean(int value, Lengths.Lean l) {
    if (sources.get(value) != null) {
      sources.get(value).replaceAll(s -> s.withLean(l));
    }
  }

  /// Of all the gradient that arrives at a value.
  Lengths.Lean lean(int value) {
    return lean[value] == null ? Lengths.Lean.NONE : lean[value];
  }

  void setLean(int value, Lengths.Lean l) {
    lean[value] = l;
  }

  /// Adds gradient to a value, from a consumer outside the value's pointwise family.
  void pass(int value, Field gradient) {
    pass(value, Source.of(value, gradient));
  }

  /// @param along see [Source]
  void pass(int value, Field gradient, Radial along) {
    pass(
        value,
        new Source(value, gradient, Optional.empty(), Optional.empty(), along, Lengths.Lean.NONE));
  }

  void pass(int value, Source s) {
    if (value < 0 || !graph.value(value).dtype().floating()) {
      return;
    }
    if (sources.get(value) == null) {
      sources.set(value, new ArrayList<>(2));
    }
    boolean outside = s.entry() == value && s.factor().isEmpty() && passing != null;
    sources.get(value).add(outside ? s.withLean(LengthRule.entering(this, passing, value)) : s);
  }

  /// A parameter read through Transpose, Reshape or Cast: the same elements, so the same second
  /// moment. Passed on when all has arrived at the view: what came through functions of it (a
  /// weight times a number) arrives multiplied by their slopes.
  private void passToOrigin(Value view, Field total) {
    if (view.kind() == Value.Kind.PARAMETER && view.origin() != view.id()) {
      Field own = Field.iid(shape(view.origin()), total.ln).withBase(total.spread());
      pass(view.origin(), Source.of(view.origin(), own));
    }
  }

  /// No gradient can be told for this value, because …
  void passUnknown(int value, String because) {
    if (value >= 0 && noGradient[value] == null) {
      noGradient[value] = because;
    }
  }

  Optional<String> unknownGradient(int value) {
    return Optional.ofNullable(noGradient[value]);
  }

  List<Source> sources(int value) {
    return sources.get(value) == null ? List.of() : sources.get(value);
  }

  /// Puts others in place of all that was heard.
  void setSources(int value, List<Source> all) {
    sources.set(value, all);
  }

  /// Whether [#along] is asked for at a value.
  boolean wantsAlong(int value) {
    return wantAlong.get(value);
  }

  /// Moments of g·x̂ for one gradient that a value was passed.
  void setAside(Field gradient, Field f) {
    asides.put(gradient, f);
  }

  Optional<Field> aside(Field gradient) {
    return Optional.ofNullable(asides.get(gradient));
  }

  /// Moments of g·x̂, see [Along], where the gradient depends on x̂ through the activation after
  /// it.
  Optional<Field> along(int value) {
    return Optional.ofNullable(along.get(value));
  }

  void setAlong(int value, Field f) {
    along.put(value, f);
  }

  void setGradient(int value, Field g) {
    gradients[value] = g;
    passToOrigin(graph.value(value), g);
  }

  /// What all the gradient that arrives at a value has along it.
  Radial radial(int value) {
    if (gradients[value] == null) {
      return Radial.ISOTROPIC;
    }
    if (radial[value] == null) {
      radial[value] = RadialRule.at(this, value);
    }
    return radial[value];
  }

  Optional<Field> gradient(int value) {
    return value < 0 ? Optional.empty() : Optional.ofNullable(gradients[value]);
  }

  /// The gradient at a node's output.
  ///
  /// @throws MissingRule when none is known
  Field gradientOf(Node node, int output) {
    int v = node.outputs().get(output);
    Optional<Field> g = gradient(v);
    if (g.isEmpty()) {
      throw new MissingRule("no gradient at " + graph.value(v).name());
    }
    return g.get();
  }

  /// Thrown by rules that cannot predict a case; becomes "unknown, because …" at the node's
  /// outputs. Carries no stack trace: it is an answer, not a failure.
  static final class MissingRule extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MissingRule(String because) {
      super(because, null, false, false);
    }
  }
}
