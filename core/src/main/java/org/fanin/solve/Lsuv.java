package org.fanin.solve;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.fanin.fill.Fills;
import org.fanin.fill.TensorFill;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.plan.Draw;
import org.fanin.plan.Draws;
import org.fanin.plan.InitPlan;
import org.fanin.plan.Schemes;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Tensor;

/// The recipe `lsuv`: layer-sequential unit-variance initialisation (Mishkin & Matas 2016,
/// algorithm 1) on any graph: orthonormal weights, each layer then scaled so that its output has
/// standard deviation 1 on the data. A layer is scaled the moment its output appears, so that one
/// forward pass does for all; the next one confirms it (docs/lsuv.md).
public final class Lsuv {
  /// How far from its target a layer's deviation may stay; .1 on the variance, the Tol_var that
  /// implementations of the paper use.
  public static final double TOLERANCE = .05;

  /// Passes after which what still moves is left: T_max of the same implementations.
  public static final int MOST_PASSES = 10;

  private static final String SOURCE = "Mishkin & Matas 2016, algorithm 1";

  private Lsuv() {}

  /// How a layer came out.
  public enum State {
    /// Within [#TOLERANCE] of its target.
    SCALED,
    /// Its tensor has other uses, which want another factor.
    COMPROMISE,
    /// Out of tolerance after the last pass.
    OFF,
    /// Its output does not vary: there is nothing to divide by.
    STILL,
    /// The engine could not run up to here.
    UNMEASURED
  }

  /// One use of a tensor that scales a layer's output.
  ///
  /// @param tensor name
  /// @param node that uses it
  /// @param target wanted standard deviation of the node's output
  /// @param unscaled deviation that the start of the tensor gives, all before it as planned
  /// @param factor that the start was multiplied by
  /// @param std deviation measured with the plan
  /// @param note what was aimed at where it is not 1, or what went wrong; else empty
  public record Layer(
      String tensor,
      String node,
      double target,
      double unscaled,
      double factor,
      double std,
      State state,
      String note) {}

  /// @param before forecast with the file's own weights
  /// @param layers in the order of the network
  /// @param passes forward passes that were run
  public record Result(InitPlan plan, Forecast before, List<Layer> layers, int passes) {
    public Result {
      layers = List.copyOf(layers);
    }

    /// Layers that are not as they should be.
    public List<Layer> failed() {
      return layers.stream()
          .filter(l -> l.state() != State.SCALED && l.state() != State.COMPROMISE)
          .toList();
    }
  }

  /// A parameter before it is scaled.
  ///
  /// @param scheme how its draw is spelled when it is not scaled
  private record Start(Draw draw, String scheme, String because, String source, boolean scaled) {
    Start(Draw draw, String because, String source, boolean scaled) {
      this(draw, Scaled.spelling(draw), because, source, scaled);
    }
  }

  /// @param data what the inputs are, for the plan: `N(0,1)`, or the hash of a file
  /// @param seed of weights and of synthetic inputs
  /// @param settings mode and inputs
  /// @param given tensors that are drawn as they say and not scaled
  /// @param threads of the engine, 0 for all; they change no digit of the plan
  /// @param listener for pass k = 0, 1, …
  /// @throws IllegalArgumentException when the inputs do not fit the graph
  /// @throws java.util.concurrent.CancellationException when the thread is interrupted
  public static Result solve(
      Graph graph,
      String data,
      long seed,
      PredictSettings settings,
      List<TensorPlan> given,
      Engine engine,
      int threads,
      IntFunction<ProbeListener> listener) {
    Forecast before = Predictor.predict(graph, settings);
    Wiring wiring = new Wiring(graph);
    Onward onward = new Onward(wiring);
    Streams streams = new Streams(wiring, onward);
    Aims aims = new Aims(wiring, onward, streams, Target.FORWARD, before);
    Fixed fixed = new Fixed(wiring, onward, streams, before);
    Map<Integer, Start> starts = starts(graph, fixed, aims, given);
    LsuvPlaces places =
        new LsuvPlaces(wiring, onward, fixed, p -> starts.containsKey(p) && starts.get(p).scaled());
    LsuvRun run = new LsuvRun(wiring, streams, aims, new Logits(wiring), places);
    ProbeRequest request =
        ProbeRequest.defaults(settings.batch())
            .withMode(settings.mode())
            .withArrays(settings.arrays())
            .withSeed(seed)
            .withThreads(threads);
    Map<Integer, String> unknown;
    int passes = 0;
    do {
      run.startPass();
      Map<Integer, Supplier<Tensor>> weights = weights(graph, seed, starts, run);
      unknown = engine.forward(graph, request.withWeights(weights), run, listener.apply(passes));
      passes++;
    } while (run.settle() && passes < MOST_PASSES);
    List<Layer> layers = layers(graph, run, unknown);
    String recipe = "lsuv(data=" + data + ", batch=" + settings.batch() + ")";
    return new Result(plan(graph, recipe, seed, starts, run), before, layers, passes);
  }

  // ---- starts ----

  private static Map<Integer, Start> starts(
      Graph graph, Fixed fixed, Aims aims, List<TensorPlan> given) {
    Map<String, TensorPlan> byName = new HashMap<>();
    given.forEach(t -> byName.put(t.name(), t));
    Map<Integer, Start> starts = new HashMap<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Optional<Fixed.Decided> d = fixed.of(i);
      Parameter p = graph.parameters().get(i);
      TensorPlan own = byName.get(p.name());
      if (own != null) {
        starts.put(i, new Start(own.draw(), own.scheme(), own.because(), own.source(), false));
      } else if (d.isEmpty()) {
        starts.put(i, open(graph, p, aims));
      } else if (d.get().choice() != null) {
        Choice c = d.get().choice();
        boolean tied = p.role() == org.fanin.graph.Role.TIED;
        starts.put(i, new Start(c.draw(), c.scheme(), c.because(), c.source(), tied));
      }
    }
    return starts;
  }

  private static Start open(Graph graph, Parameter p, Aims aims) {
    boolean biasesLogits =
        !p.uses().isEmpty() && aims.biasesLogits(graph.nodes().get(p.uses().getFirst()));
    return switch (p.role()) {
      case NORM_SCALE -> new Start(new Draw.Constant(1), "a normalisation's scale", SOURCE, true);
      case EMBEDDING, POSITION, CLASS_TOKEN ->
          biasesLogits
              ? new Start(
                  new Draw.Normal(0, Fixed.LOGIT_BIAS),
                  "added to attention logits, which should start undecided",
                  "Raffel et al. 2020",
                  false)
              : new Start(new Draw.Normal(0, 1), "N(0, 1)", SOURCE, true);
      case WEIGHT,
          HEAD,
          STACKED,
          FUSED_QKV,
          LSTM_INPUT,
          TIED,
          BIAS,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          GATE,
          LAYER_SCALE,
          LSTM_RECURRENT,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          orthonormal(p);
    };
  }

  private static Start orthonormal(Parameter p) {
    try {
      return new Start(Schemes.orthogonal(1).draw(spec(p)), "orthonormal", SOURCE, true);
    } catch (IllegalArgumentException e) {
      double in = p.fan().map(f -> f.in()).orElse(1.0);
      return new Start(
          new Draw.Normal(0, Math.sqrt(1 / in)),
          "normal of variance 1/n_in, for which axes are rows is not known",
          SOURCE,
          true);
    }
  }

  // ---- weights ----

  private static Map<Integer, Supplier<Tensor>> weights(
      Graph graph, long seed, Map<Integer, Start> starts, LsuvRun run) {
    Map<Integer, Supplier<Tensor>> all = new HashMap<>();
    starts.forEach(
        (i, s) -> {
          TensorPlan t =
              planned(graph.parameters().get(i), Scaled.draw(s.draw(), run.factor(i)), "", "", "");
          all.put(i, () -> drawn(seed, t));
        });
    return all;
  }

  private static Tensor drawn(long seed, TensorPlan plan) {
    try (TensorFill fill = Fills.open(seed, plan)) {
      MemorySegment bytes =
          Arena.ofAuto().allocate(Math.max(1, fill.count() * fill.elementBytes()), 8);
      bytes = bytes.asSlice(0, fill.count() * fill.elementBytes());
      fill.write(0, bytes);
      return Tensor.of(plan.dtype(), plan.shape(), bytes);
    }
  }

  private static TensorPlan planned(
      Parameter p, Draw draw, String scheme, String because, String source) {
    TensorSpec spec = spec(p);
    double variance = Draws.variance(draw, spec.shape());
    return new TensorPlan(spec, draw, false, scheme, variance, because, source);
  }

  private static TensorSpec spec(Parameter p) {
    return new TensorSpec(
        p.name(),
        p.data().shape(),
        p.data().dtype(),
        p.role(),
        p.fan(),
        p.residualBranchEnd(),
        -1,
        0,
        "",
        p.fan().map(f -> "graph: " + f.because()).orElse("graph"));
  }

  // ---- results ----

  private static InitPlan plan(
      Graph graph, String recipe, long seed, Map<Integer, Start> starts, LsuvRun run) {
    List<TensorPlan> plans = new ArrayList<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Start s = starts.get(i);
      if (s != null) {
        Draw draw = Scaled.draw(s.draw(), run.factor(i));
        String because = s.scaled() ? because(s, run.factor(i), run.seen(i)) : s.because();
        String scheme = s.scaled() ? Scaled.spelling(draw) : s.scheme();
        plans.add(planned(graph.parameters().get(i), draw, scheme, because, s.source()));
      }
    }
    return new InitPlan(recipe, seed, plans);
  }

  private static String because(Start s, double factor, List<LsuvRun.Seen> uses) {
    String start = s.because();
    if (uses.isEmpty()) {
      return start
          + (factor == 1 ? "" : " × " + Text.of(factor) + ", by the size of what it meets");
    }
    LsuvRun.Seen u = uses.getFirst();
    if (!u.usable()) {
      return start
          + (u.std == 0 ? "; its output does not vary" : "; its output could not be measured")
          + ", so it is not scaled";
    }
    String text =
        String.format(
            Locale.ROOT,
            "%s × %s: output std %s on the data, %s without",
            start,
            Text.of(factor),
            Text.of(Scaled.rounded(u.std)),
            Text.of(u.unscaled));
    if (!u.aim.isEmpty()) {
      text += " (" + u.aim + ")";
    }
    return uses.size() == 1
        ? text
        : text
            + String.format(
                Locale.ROOT,
                "; used %d times, the geometric mean of what the uses want",
                uses.size());
  }

  private static List<Layer> layers(Graph graph, LsuvRun run, Map<Integer, String> unknown) {
    List<Layer> all = new ArrayList<>();
    for (LsuvRun.Seen s : run.seen()) {
      int p = s.use.parameter();
      String lost = unknown.get(s.use.out());
      State state = lost == null ? state(s, run) : State.UNMEASURED;
      all.add(
          new Layer(
              graph.parameters().get(p).name(),
              s.use.node().name(),
              s.target,
              s.unscaled,
              run.factor(p),
              s.std,
              state,
              note(s, lost)));
    }
    return all;
  }

  private static String note(LsuvRun.Seen s, String lost) {
    if (lost != null) {
      return lost;
    }
    if (s.deaf) {
      return "its output does not follow the scale of its weight";
    }
    return Double.isFinite(s.std) ? s.aim : "its output is not finite";
  }

  private static State state(LsuvRun.Seen s, LsuvRun run) {
    if (s.std == 0) {
      return State.STILL;
    }
    if (Math.abs(s.std / s.target - 1) <= TOLERANCE) {
      return State.SCALED;
    }
    int p = s.use.parameter();
    return run.seen(p).size() > 1 && run.balanced(p) ? State.COMPROMISE : State.OFF;
  }
}
