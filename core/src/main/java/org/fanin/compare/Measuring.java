package org.fanin.compare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// How to measure what a forecast assumed.
///
/// @param draws re-initialisations beside the run on the file's weights; 0 for none
/// @param seed of synthetic inputs and cotangents; draw k uses seed + k, and for weights k
/// @param maxMemoryBytes what activations and gradients may take; empty: no limit but [#MOST_BYTES]
/// @param always measure however large the graph
public record Measuring(int draws, long seed, OptionalLong maxMemoryBytes, boolean always) {
  /// Multiply-adds of one forward pass that are run without being asked twice; chosen, not
  /// measured.
  public static final double MOST_WORK = 2e9;

  /// Bytes of activations and parameters in double precision, forward and backward.
  public static final double MOST_BYTES = 4e9;

  /// The end of a reason in [#tooLarge], for callers that have no such option.
  public static final String WITH_LESS = ", --max-memory with less of it at once";

  private static final String WITH_LESS_SAID = "; --max-memory SIZE takes less at once";

  public Measuring {
    if (draws < 0) {
      throw new IllegalArgumentException("draws " + draws + ", wanted 0 or more");
    }
  }

  /// The file's weights, once, unless the graph is too large.
  public static Measuring defaults() {
    return new Measuring(0, 1, OptionalLong.empty(), false);
  }

  /// Never throws for what the engine cannot do: that is [Measured.Skipped].
  ///
  /// @param listener for run k of 0 … draws
  /// @throws CancellationException when the thread was interrupted
  public Measured run(
      Forecast f, PredictSettings settings, Engine engine, IntFunction<ProbeListener> listener) {
    Optional<String> large = tooLarge(Workload.of(f.graph()));
    if (large.isPresent()) {
      return new Measured.Skipped(large.get());
    }
    try {
      return measure(f, settings, engine, listener);
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      return new Measured.Skipped("not measured: " + reason(e));
    }
  }

  /// Why a network of this size is not measured; empty when it is.
  public Optional<String> tooLarge(Workload w) {
    if (always) {
      return Optional.empty();
    }
    double bytes = 8 * (2 * w.elements() + 2 * w.parameters());
    String advice = "; --measure measures all the same";
    if (w.multiplyAdds() > MOST_WORK) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "not measured: a forward pass takes %.2g multiply-adds, limit %.0g%s",
              w.multiplyAdds(),
              MOST_WORK,
              advice));
    }
    if (maxMemoryBytes.isEmpty() && bytes > MOST_BYTES) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "not measured: activations, weights and their gradients take %.1f GB in double"
                  + " precision, limit %.0f GB%s",
              bytes / 1e9,
              MOST_BYTES / 1e9,
              advice + WITH_LESS));
    }
    return Optional.empty();
  }

  private Measured measure(
      Forecast f, PredictSettings settings, Engine engine, IntFunction<ProbeListener> listener) {
    Graph g = f.graph();
    List<String> notes = new ArrayList<>();
    ProbeRequest request = request(g, settings, seed);
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
        ProbeRequest r = request(g, settings, seed + k).withWeights(again.weights(k));
        c.add(engine.measure(g, r, listener.apply(k)));
      }
      over = Optional.of(c.result(again.redrawn(), again.kept()));
    }
    Comparison c = Comparison.of(f, once);
    boolean same = !settings.arrays().isEmpty();
    return new Measured.Yes(over.map(d -> c.judgedBy(d, same)).orElse(c), over, notes);
  }

  ProbeRequest request(Graph g, PredictSettings s, long inputSeed) {
    Map<String, Tensor> arrays = new HashMap<>(s.arrays());
    if (s.inputM2().isPresent()) {
      scaled(g, s, inputSeed, arrays);
    }
    // One thread: libtorch divides its sums among threads, so their number may show in the last
    // digits, and reports must not depend on how many processors a machine has.
    return ProbeRequest.defaults(s.batch())
        .withThreads(1)
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
