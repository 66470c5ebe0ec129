package org.fanin.compare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.math.Addressed;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Arithmetic;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.spectrum.SpectrumSettings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// How to measure what a forecast assumed.
///
/// @param draws re-initialisations beside the run on the file's weights; 0 for none
/// @param seed of synthetic inputs and cotangents; draw k uses seed + k, and for weights k
/// @param maxMemoryBytes what activations and gradients may take; empty: what the machine has
/// @param always measure however long it takes
/// @param arithmetic what the engine computes in; empty: [ArithmeticChoice]
/// @param steps of gradient descent to take in double precision ([Descent]); 0 for none
public record Measuring(
    int draws,
    long seed,
    OptionalLong maxMemoryBytes,
    boolean always,
    Optional<Arithmetic> arithmetic,
    int steps) {
  /// What is measured unasked takes no longer, by [Effort].
  public static final double MOST_SECONDS = 60;

  /// Seconds from which on it is said how long a measurement takes, before it starts.
  private static final double LONG = 10;

  /// Bytes of libtorch's code and of what it keeps, of Java's heap, and of the temporaries inside
  /// operators.
  private static final double OVERHEAD = 4e8;

  /// Share of the rest of the machine's memory that tensors may take, for what is not counted.
  private static final double TENSORS = 0.8;

  private static final String WITH_LESS_SAID = "; --max-memory SIZE takes less at once";

  public Measuring {
    if (draws < 0 || steps < 0) {
      throw new IllegalArgumentException(
          draws + " draws, " + steps + " steps, wanted 0 or more of each");
    }
  }

  /// In the arithmetic that the network's size and forecast ask for.
  public Measuring(int draws, long seed, OptionalLong maxMemoryBytes, boolean always) {
    this(draws, seed, maxMemoryBytes, always, Optional.empty(), 0);
  }

  /// The file's weights, once, unless the graph is too large.
  public static Measuring defaults() {
    return new Measuring(0, 1, OptionalLong.empty(), false);
  }

  /// The same with so many re-initialisations.
  private Measuring withDraws(int k) {
    return new Measuring(k, seed, maxMemoryBytes, always, arithmetic, steps);
  }

  /// The same with the memory that the machine has where none was given.
  private Measuring here(double parameterBytes) {
    OptionalLong tensors =
        maxMemoryBytes.isPresent() ? maxMemoryBytes : tensorsOf(Machine.here(), parameterBytes);
    return new Measuring(draws, seed, tensors, always, arithmetic, steps);
  }

  private static OptionalLong tensorsOf(Machine m, double parameterBytes) {
    OptionalLong all = room(m);
    return all.isEmpty()
        ? all
        : OptionalLong.of((long) Math.max(1, all.getAsLong() - parameterBytes));
  }

  private static OptionalLong room(Machine m) {
    OptionalLong all = m.available();
    return all.isEmpty()
        ? all
        : OptionalLong.of((long) Math.max(1, (all.getAsLong() - OVERHEAD) * TENSORS));
  }

  /// Never throws for what the engine cannot do: that is [Measured.Skipped].
  ///
  /// @param listener for run k of 0 … draws, then of every step
  /// @throws CancellationException when the thread was interrupted
  public Measured run(
      Forecast f, PredictSettings settings, Engine engine, IntFunction<ProbeListener> listener) {
    Workload w = Workload.of(f.graph());
    ArithmeticChoice in = ArithmeticChoice.of(w, arithmetic, Optional.of(f));
    Optional<Obstacle> large = obstacle(w, in.arithmetic(), 1.0 + steps);
    if (large.isPresent()) {
      return new Measured.Skipped(large.get().because(true));
    }
    Optional<Obstacle> long_ = obstacle(w, in.arithmetic(), 1.0 + steps + draws);
    try {
      Measuring how = withDraws(long_.isPresent() ? 0 : draws);
      Measured.Yes m = how.measure(f, settings, engine, listener, in);
      return long_.map(o -> m.with("draws " + o.because(true))).orElse(m);
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      return new Measured.Skipped("not measured: " + reason(e));
    }
  }

  /// Why a network of this size is not measured; empty when it is.
  ///
  /// @param runs through the network, forward and backward
  public Optional<Obstacle> obstacle(Graph g, double runs) {
    Workload w = Workload.of(g);
    return obstacle(w, ArithmeticChoice.of(w, arithmetic, Optional.empty()).arithmetic(), runs);
  }

  Optional<Obstacle> obstacle(Workload w, Arithmetic in, double runs) {
    Effort e = Effort.of(w, in, runs);
    if (!always && e.seconds() > MOST_SECONDS) {
      return Optional.of(new Obstacle.TooLong(e, runs));
    }
    return room(e.bytes());
  }

  /// Whether the machine has not so many bytes.
  Optional<Obstacle> room(double bytes) {
    OptionalLong there = maxMemoryBytes.isPresent() ? OptionalLong.empty() : room(Machine.here());
    return there.isPresent() && bytes > there.getAsLong()
        ? Optional.of(new Obstacle.TooLarge(bytes, there.getAsLong()))
        : Optional.empty();
  }

  /// What all runs take, when they are made and take long.
  public Optional<Effort> wait(Forecast f) {
    Workload w = Workload.of(f.graph());
    Arithmetic in = ArithmeticChoice.of(w, arithmetic, Optional.of(f)).arithmetic();
    boolean all = obstacle(w, in, 1.0 + steps + draws).isEmpty();
    return waitFor(w, in, 1.0 + steps + (all ? draws : 0));
  }

  /// The same of a network as a whole ([WholeNetwork]).
  public Optional<Effort> wait(Forecast f, PredictSettings settings, SpectrumSettings spectrum) {
    double passes = WholeNetwork.passes(f.graph(), settings.batch(), spectrum);
    return waitFor(Workload.of(f.graph()), Arithmetic.FLOAT64, passes);
  }

  private Optional<Effort> waitFor(Workload w, Arithmetic in, double runs) {
    Effort e = Effort.of(w, in, runs);
    return e.seconds() >= LONG && obstacle(w, in, runs).isEmpty()
        ? Optional.of(e)
        : Optional.empty();
  }

  private Measured.Yes measure(
      Forecast f,
      PredictSettings settings,
      Engine engine,
      IntFunction<ProbeListener> listener,
      ArithmeticChoice in) {
    Measuring here = here((double) in.arithmetic().width() * Workload.of(f.graph()).parameters());
    return here.measured(f, settings, engine, listener, in);
  }

  private Measured.Yes measured(
      Forecast f,
      PredictSettings settings,
      Engine engine,
      IntFunction<ProbeListener> listener,
      ArithmeticChoice in) {
    Graph g = f.graph();
    List<String> notes = new ArrayList<>();
    in.note().ifPresent(notes::add);
    ProbeRequest request = request(g, settings, seed, in.arithmetic());
    if (settings.weights().isPresent()) {
      request = request.withWeights(Redraw.only(f, settings.weights().get()).weights(seed));
      notes.add("measured on one draw of " + f.assumptions().weights() + ", seed " + seed);
    }
    Readings once = engine.measure(g, request, listener.apply(0));
    Optional<Draws> over = Optional.empty();
    if (draws > 0) {
      Redraw again = Redraw.all(f, settings.weights());
      Draws.Collector c = new Draws.Collector();
      for (int k = 1; k <= draws; k++) {
        ProbeRequest r =
            request(g, settings, seed + k, in.arithmetic()).withWeights(again.weights(k));
        c.add(engine.measure(g, r, listener.apply(k)));
      }
      over = Optional.of(c.result(again.redrawn(), again.kept()));
    }
    Optional<FirstSteps> taken =
        steps == 0
            ? Optional.empty()
            : Optional.of(
                Descent.take(
                    g, request.withFloat64(true), engine, steps, k -> listener.apply(draws + k)));
    Comparison c = Comparison.of(f, once);
    boolean same = !settings.arrays().isEmpty();
    return new Measured.Yes(over.map(d -> c.judgedBy(d, same)).orElse(c), over, taken, notes);
  }

  /// What the first run is.
  ///
  /// @param f of this graph, or of one with other weights
  public ProbeRequest request(Forecast f, PredictSettings s) {
    Workload w = Workload.of(f.graph());
    Arithmetic in = ArithmeticChoice.of(w, arithmetic, Optional.of(f)).arithmetic();
    return here(in.width() * w.parameters()).request(f.graph(), s, seed, in);
  }

  ProbeRequest request(Graph g, PredictSettings s, long inputSeed, Arithmetic in) {
    Map<String, Tensor> arrays = new HashMap<>(s.arrays());
    if (s.inputM2().isPresent()) {
      scaled(g, s, inputSeed, arrays);
    }
    // One thread: libtorch divides its sums among threads, so their number may show in the last
    // digits, and reports must not depend on how many processors a machine has.
    return ProbeRequest.defaults(s.batch())
        .withThreads(1)
        .withFloat64(in == Arithmetic.FLOAT64)
        .withMode(s.mode())
        .withArrays(arrays)
        .withSeed(inputSeed)
        .withMaxMemory(maxMemoryBytes);
  }

  /// Inputs without a sample, N(0, m2).
  private static void scaled(Graph g, PredictSettings s, long seed, Map<String, Tensor> arrays) {
    double scale = Math.sqrt(s.inputM2().getAsDouble());
    for (int i = 0; i < g.inputs().size(); i++) {
      Value v = g.value(g.inputs().get(i));
      boolean given = arrays.containsKey(v.name()) || arrays.containsKey("in_" + v.name());
      if (!given && v.dtype().floating() && v.shape().isPresent()) {
        arrays.put(v.name(), normal(v.shape().get(), seed, i, scale));
      }
    }
  }

  private static Tensor normal(Shape shape, long seed, long stream, double scale) {
    double[] x = new double[Math.toIntExact(shape.count())];
    for (int i = 0; i < x.length; i++) {
      x[i] = scale * Addressed.normal(seed, stream, i);
    }
    return Tensor.ofDoubles(shape, x);
  }

  static String reason(Throwable e) {
    String message = e.getMessage();
    String first = message == null ? "" : message.lines().findFirst().orElse("");
    if (e instanceof OutOfMemoryError) {
      return "out of memory" + (first.isEmpty() ? "" : ": " + first) + WITH_LESS_SAID;
    }
    boolean ours = e instanceof IllegalArgumentException;
    return first.isEmpty() || !ours ? e.getClass().getSimpleName() + " " + first : first;
  }
}
