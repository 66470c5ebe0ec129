package org.fanin.report;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.judge.Names;
import org.fanin.judge.Numbers;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;

/// The scheme that keeps the signal through one layer: 1/(fan_in·E φ²) for the activation φ its
/// input comes through. Layer by layer only: depth, residual branches and the gradient's side are
/// the business of a whole recipe.
public final class Recommender {
  /// Steps back to the activation: reshapes, dropout, pooling.
  private static final int FAR = 6;

  private final Graph graph;
  private final Names names;
  private final Map<Integer, Fn> patternResults = new HashMap<>();
  private final Map<String, Scheme> forward = new HashMap<>();

  /// What goes through a sine of a rate of its own, by name.
  private final Map<String, TensorSpec> sines = new HashMap<>();

  /// Of these, what reads no layer before it.
  private final Set<String> firstSines = new HashSet<>();

  /// @param through the activation that its input comes through; empty without
  /// @param because one sentence with this parameter's numbers
  public record Recommendation(
      Scheme scheme, double variance, Optional<Fn> through, String because) {}

  public Recommender(Graph graph) {
    this.graph = graph;
    names = new Names(graph);
    graph
        .patterns()
        .forEach(p -> function(p.kind()).ifPresent(f -> patternResults.put(p.result(), f)));
    boolean layered = false;
    for (TensorSpec s : Specs.of(graph)) {
      boolean weight = s.fan().isPresent() && s.role() == Role.WEIGHT;
      if (weight && s.activation().equals("sin") && s.gain() != 1) {
        sines.put(s.name(), s);
        if (!layered) {
          firstSines.add(s.name());
        }
      }
      layered |= weight;
    }
  }

  private static Optional<Fn> function(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case GELU_ERF -> Optional.of(Fns.gelu());
      case GELU_TANH -> Optional.of(Fns.geluTanh());
      case SILU -> Optional.of(Fns.silu());
      case MISH -> Optional.of(Fns.mish());
      case HARD_SWISH -> Optional.of(Fns.hardSwish());
      case LAYER_NORM, RMS_NORM, L2_NORM, ATTENTION, ROPE, GATED_UNIT, BATCH_NORM_SCALE ->
          Optional.empty();
    };
  }

  /// Empty for what has no one right answer (embeddings, tokens, gates, tables).
  public Optional<Recommendation> of(Parameter p) {
    return switch (p.role()) {
      case NORM_SCALE, RUNNING_VARIANCE ->
          fixed(Schemes.ones(), "a normalisation starts as the identity");
      case BIAS, NORM_SHIFT, RUNNING_MEAN ->
          fixed(Schemes.zeros(), "a bias adds the same to all inputs and so makes them alike");
      case WEIGHT, HEAD, TIED, STACKED, FUSED_QKV -> p.fan().map(f -> weight(p, f));
      case LSTM_INPUT, LSTM_RECURRENT ->
          p.fan()
              .map(
                  f ->
                      with(
                          Schemes.lecunNormal(),
                          f,
                          Optional.empty(),
                          "gates read their input as it is"));
      case EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          Optional.empty();
    };
  }

  private static Optional<Recommendation> fixed(Scheme s, String because) {
    return Optional.of(new Recommendation(s, 0, Optional.empty(), because));
  }

  private static Recommendation with(Scheme s, Fan fan, Optional<Fn> through, String because) {
    double v = s.variance(fan.in(), fan.out());
    return new Recommendation(s, v, through, because + ": " + s.formula() + " = " + Numbers.of(v));
  }

  private Recommendation weight(Parameter p, Fan fan) {
    Optional<Fn> f = p.uses().isEmpty() ? Optional.empty() : activationBefore(p.uses().getFirst());
    if (sines.containsKey(p.name())) {
      double omega = sines.get(p.name()).gain();
      return with(
          firstSines.contains(p.name()) ? Schemes.sirenFirst() : Schemes.siren(omega),
          fan,
          f,
          "its output is multiplied by " + Numbers.of(omega) + " and goes through sin");
    }
    if (f.isEmpty()) {
      return with(Schemes.lecunNormal(), fan, f, "no activation lies before this layer");
    }
    String because = "the input comes through " + f.get().name();
    return with(schemeFor(f.get()), fan, f, because);
  }

  private Scheme schemeFor(Fn f) {
    return switch (f.form()) {
      case Fn.Form.AbRelu(double below, double above) when above == 1 && below >= 0 && below < 1 ->
          below == 0 ? Schemes.heNormal() : Schemes.heNormal(below);
      case Fn.Form.Affine _ -> Schemes.lecunNormal();
      case Fn.Form.AbRelu _, Fn.Form.Sine _, Fn.Form.Exponential _, Fn.Form.General _ ->
          forward.computeIfAbsent(f.name(), _ -> forwardOrPlain(f));
    };
  }

  private static Scheme forwardOrPlain(Fn f) {
    try {
      return Schemes.forward(f);
    } catch (IllegalArgumentException _) {
      return Schemes.lecunNormal(); // φ = 0 has no gain
    }
  }

  private Optional<Fn> activationBefore(int node) {
    int value = dataInput(graph.nodes().get(node));
    for (int hop = 0; hop < FAR && value >= 0; hop++) {
      Fn pattern = patternResults.get(value);
      int producer = graph.value(value).producer();
      if (pattern != null || producer < 0) {
        return Optional.ofNullable(pattern);
      }
      Node n = graph.nodes().get(producer);
      if (n.op() instanceof Op.Pointwise(Fn f)) {
        return Optional.of(f);
      }
      if (!passes(n.op())) {
        return Optional.empty();
      }
      value = dataInput(n);
    }
    return Optional.empty();
  }

  /// Whether an operator leaves the law of single elements about as it was.
  private static boolean passes(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Transpose
        || op instanceof Op.Dropout
        || op instanceof Op.Pad
        || op instanceof Op.Slice
        || op instanceof Op.Pool;
  }

  private int dataInput(Node n) {
    for (int v : n.inputs()) {
      if (v >= 0 && names.parameterAt(v) == null && graph.value(v).constant().isEmpty()) {
        return v;
      }
    }
    return -1;
  }
}
