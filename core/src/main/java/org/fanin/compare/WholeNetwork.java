package org.fanin.compare;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;
import org.fanin.graph.Graph;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Arithmetic;
import org.fanin.probe.Engine;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.spectrum.Found;
import org.fanin.spectrum.JacobianSpectrum;
import org.fanin.spectrum.Spectra;
import org.fanin.spectrum.SpectrumSettings;
import org.fanin.spectrum.TangentKernel;
import org.fanin.tensor.Tensor;

/// A network as a whole, measured: the spectrum of its input–output Jacobian and its tangent
/// kernel, beside what the forecast says of their means.
public sealed interface WholeNetwork {
  /// @param because one sentence without a full stop
  record Skipped(String because) implements WholeNetwork {}

  /// @param growth ln of the mean σ² of the Jacobian: predicted from gm2 at the input, whose
  ///   elements together are Tr(JᵀJ) for a cotangent N(0,1)
  /// @param diagonal ln of the mean diagonal of the kernel: predicted from the parameters' gm2
  /// @param notes sentences that the reader needs beside the figures
  record Yes(
      String engine,
      Found<JacobianSpectrum> jacobian,
      Optional<Pair> growth,
      Found<TangentKernel> kernel,
      Optional<Pair> diagonal,
      List<String> notes)
      implements WholeNetwork {
    public Yes {
      notes = List.copyOf(notes);
    }
  }

  /// Measures what the forecast assumed: mode, batch, inputs, the file's weights, in double
  /// precision. Every activation is kept meanwhile, and one pass is made for each of many
  /// directions. Never throws for what the engine cannot do: that is [Skipped].
  ///
  /// @param listener for the Jacobian (0) and the kernel (1)
  /// @throws CancellationException when the thread was interrupted
  static WholeNetwork measure(
      Forecast f,
      PredictSettings settings,
      Engine engine,
      Measuring how,
      SpectrumSettings spectrum,
      IntFunction<ProbeListener> listener) {
    Workload w = Workload.of(f.graph());
    Optional<Obstacle> large =
        how.obstacle(w, Arithmetic.FLOAT64, passes(f.graph(), settings.batch(), spectrum));
    if (large.isEmpty()) {
      large = how.room(Effort.kept(w, Arithmetic.FLOAT64));
    }
    if (large.isPresent()) {
      return new Skipped(large.get().because(true));
    }
    ProbeRequest request = how.request(f.graph(), settings, how.seed(), Arithmetic.FLOAT64);
    String drawn = "";
    if (settings.weights().isPresent()) {
      request = request.withWeights(Redraw.only(f, settings.weights().get()).weights(how.seed()));
      drawn = "on one draw of " + f.assumptions().weights() + ", seed " + how.seed();
    }
    try (Linearised network = engine.linearise(f.graph(), request)) {
      long batch = settings.batch();
      Found<JacobianSpectrum> j = Spectra.jacobian(network, batch, spectrum, listener.apply(0));
      Found<TangentKernel> k = Spectra.kernel(network, batch, spectrum, listener.apply(1));
      boolean standard = standardCotangent(settings.arrays());
      return new Yes(
          engine.name(),
          j,
          standard ? j.known().flatMap(s -> growth(f, network, batch, s)) : Optional.empty(),
          k,
          standard ? k.known().flatMap(s -> diagonal(f, network, s)) : Optional.empty(),
          drawn.isEmpty() ? List.of() : List.of(drawn));
    } catch (CancellationException e) {
      throw e;
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      return new Skipped("not measured: " + Measuring.reason(e));
    }
  }

  /// Passes through the network, about: for each the way back, and for many a way forward too.
  static double passes(Graph g, long batch, SpectrumSettings s) {
    double out = g.outputs().stream().mapToDouble(v -> elements(g, v)).sum() / batch;
    double in = g.inputs().stream().mapToDouble(v -> elements(g, v)).sum() / batch;
    return 1 + Spectra.passes(out, in == 0 ? out : in, s);
  }

  private static double elements(Graph g, int value) {
    Value v = g.value(value);
    return v.dtype().floating() && v.shape().isPresent() ? v.shape().get().count() : 0;
  }

  /// The forecast is for the given cotangents: its gm2 speaks of J where they cannot be told from
  /// N(0,1), by 4 standard errors of their second moment.
  private static boolean standardCotangent(Map<String, Tensor> arrays) {
    for (Map.Entry<String, Tensor> e : arrays.entrySet()) {
      if (e.getKey().startsWith("cotangent")) {
        double sum = 0;
        long n = e.getValue().count();
        for (long i = 0; i < n; i++) {
          sum += e.getValue().at(i) * e.getValue().at(i);
        }
        if (!(Math.abs(sum / n - 1) < 4 * Math.sqrt(2.0 / n))) {
          return false;
        }
      }
    }
    return true;
  }

  private static Optional<Pair> growth(
      Forecast f, Linearised network, long batch, JacobianSpectrum s) {
    Map<String, Backward> byName = new HashMap<>();
    for (TensorForecast t : f.tensors()) {
      Value v = f.graph().value(t.value());
      byName.put(v.name(), t.backward());
    }
    PredictedSum sum = new PredictedSum();
    for (Linearised.Part p : network.from()) {
      sum.add(byName.get(p.name()), p.shape().count());
    }
    double matrices = s.unit() == JacobianSpectrum.Unit.SAMPLE ? batch : 1;
    return sum.beside(s.lnMeanSquare(), Math.log(matrices * s.directions()));
  }

  private static Optional<Pair> diagonal(Forecast f, Linearised network, TangentKernel k) {
    PredictedSum sum = new PredictedSum();
    for (ParameterForecast p : f.parameters()) {
      Parameter parameter = f.graph().parameters().get(p.parameter());
      if (parameter.isTrained()) {
        sum.add(p.gradient(), parameter.data().count());
      }
    }
    return sum.beside(k.lnMeanDiagonal(), Math.log(network.outputs()));
  }
}
