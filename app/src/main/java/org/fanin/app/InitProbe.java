package org.fanin.app;

import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.ServiceConfigurationError;
import org.fanin.compare.Measuring;
import org.fanin.compare.Verification;
import org.fanin.graph.Graph;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;

/// What `init` measures with.
///
/// @param threads of the engine; more than one pay on large networks and idle machines only
record InitProbe(Console console, int threads) {
  /// Runs of `--verify`: old weights and new.
  private static final int PASSES = 2;

  /// @param wish the option that cannot do without, for the message
  Engine engine(String wish) {
    try {
      return Engines.find()
          .orElseThrow(() -> new UsageException(wish + " measures: found " + Engines.MISSING));
    } catch (ServiceConfigurationError | LinkageError e) {
      throw new UsageException(wish + " measures, and the engine does not load: " + e.getMessage());
    }
  }

  /// @param always however large the network
  /// @throws UsageException when there is no engine, or the network is larger than `check` would
  ///   measure
  void checkVerify(InitSource source, boolean always) {
    Measuring how = new Measuring(0, 1, OptionalLong.empty(), always);
    source
        .graph()
        .flatMap(g -> how.obstacle(g, PASSES))
        .ifPresent(
            o -> {
              throw new UsageException("--verify: " + o.because(false) + "; nothing was written");
            });
    engine("--verify");
  }

  MeasureProgress progress(int runs) {
    return new MeasureProgress(console, runs);
  }

  /// Measures the old weights and those that were written, on the same inputs.
  Verification verify(
      InitSource source, InitPlanner.Planned plan, PredictSettings settings, Path written)
      throws ModelFormatException, java.io.IOException {
    Engine engine = engine("--verify");
    Graph graph = source.again(written);
    Forecast planned = plan.after().orElseThrow().forecast();
    ProbeRequest request = Measuring.defaults().request(planned, settings).withThreads(threads);
    try (MeasureProgress progress = progress(PASSES)) {
      Readings before = engine.measure(source.graph().orElseThrow(), request, progress.apply(0));
      Readings after = engine.measure(graph, request, progress.apply(1));
      return Verification.of(planned, before, graph, after);
    }
  }
}
