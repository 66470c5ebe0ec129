package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every rule against measurement: the example networks, re-initialised and measured in PyTorch.
class ForecastTest {

  private static Forecast forecast(Path model, Optional<Path> arrays, long batch)
      throws IOException, ModelFormatException {
    Map<String, Tensor> npz = arrays.isPresent() ? NpzReader.read(arrays.get()) : Map.of();
    Map<String, Shape> shapes = new HashMap<>();
    npz.forEach(
        (k, v) -> {
          if (k.startsWith("in_")) {
            shapes.put(k.substring(3), v.shape());
          }
        });
    Graph g = GraphBuilder.build(OnnxReader.read(model), new Bindings(batch, shapes));
    return Predictor.predict(
        g,
        new PredictSettings(
            PredictSettings.Mode.FILE, batch, npz, OptionalDouble.empty(), Optional.empty()));
  }

  static Stream<String> measured() throws IOException {
    return Examples.all(".truth.json").stream()
        .map(f -> f.getFileName().toString().replace(".truth.json", ""));
  }

  /// Limits are those asked of the median network over all of the reference models
  /// (`bench/accuracy`), doubled: few initialisations were measured here, so the truth itself
  /// scatters by up to 0.2.
  @ParameterizedTest
  @MethodSource("measured")
  void agreesWithMeasurement(String name) throws IOException, ModelFormatException {
    Truth truth = Truth.of(name);
    Path io = Examples.file(name + ".io.npz");
    Forecast f =
        forecast(
            Examples.file(name + ".onnx"),
            Files.exists(io) ? Optional.of(io) : Optional.empty(),
            truth.batch());
    Map<String, Double> m2 = new HashMap<>();
    Map<String, Double> gm2 = new HashMap<>();
    for (Forecast.TensorForecast t : f.tensors()) {
      String tensor = f.graph().value(t.value()).name();
      if (t.forward() instanceof Forward.Known k) {
        m2.put(tensor, k.lnM2Typical());
      }
      if (t.backward() instanceof Backward.Known k) {
        gm2.put(tensor, k.lnGm2Typical());
      }
    }
    check(name + " m2", truth.typical("m2"), m2, 0.2, 0.4);
    check(name + " gm2", truth.typical("gm2"), gm2, 0.4, 1.0);
  }

  private static void check(
      String what, Map<String, Double> truth, Map<String, Double> got, double median, double tail) {
    List<Double> errors = new ArrayList<>();
    truth.forEach(
        (tensor, value) -> {
          assertTrue(got.containsKey(tensor), what + ": nothing predicted for " + tensor);
          double ln = got.get(tensor);
          assertEquals(value == 0, ln == Double.NEGATIVE_INFINITY, what + ": zero at " + tensor);
          if (value != 0) {
            errors.add(Math.abs(ln - Math.log(value)));
          }
        });
    errors.sort(null);
    assertFalse(errors.isEmpty(), what);
    assertTrue(
        errors.get(errors.size() / 2) <= median, what + " median " + errors.get(errors.size() / 2));
    double p90 = errors.get((int) (0.9 * errors.size()));
    assertTrue(p90 <= tail, what + " 90th percentile " + p90);
  }

  @ParameterizedTest
  @CsvSource({
    "mlp5_relu_default.var_const, mlp5_relu_default, 1e-12",
    "mlp5_relu_default.var_external, mlp5_relu_default, 1e-12",
    "mlp5_relu_default.var_floatdata, mlp5_relu_default, 1e-12",
    "mlp5_relu_default.var_shapeinfer, mlp5_relu_default, 1e-12",
    "mlp5_relu_default.var_rename, mlp5_relu_default, 1e-12",
    "mlp5_relu_default.var_fp16, mlp5_relu_default, 1e-3",
    "mlp5_relu_default.var_bf16cast, mlp5_relu_default, 1e-2",
    "lenet_tanh.var_fp16, lenet_tanh, 1e-3",
    "lenet_tanh.var_opset9, lenet_tanh, 1e-12",
  })
  void anotherEncodingGivesTheSameAnswer(String variant, String plain, double tolerance)
      throws IOException, ModelFormatException {
    List<Double> a = outputs(Examples.file(variant + ".onnx"));
    List<Double> b = outputs(Examples.file(plain + ".onnx"));
    assertEquals(b.size(), a.size());
    for (int i = 0; i < a.size(); i++) {
      assertEquals(b.get(i), a.get(i), tolerance, variant + " parameter or output " + i);
    }
  }

  /// ln m2 of the outputs and ln gm2 of the inputs and weights: what every stage contributes to.
  /// Merging exporters may split shape operators, so inner tensors are not compared.
  private static List<Double> outputs(Path model) throws IOException, ModelFormatException {
    Forecast f = forecast(model, Optional.empty(), 16);
    List<Double> r = new ArrayList<>();
    for (Forecast.TensorForecast t : f.tensors()) {
      if (f.graph().outputs().contains(t.value()) && t.forward() instanceof Forward.Known k) {
        r.add(k.lnM2());
      }
      if (f.graph().inputs().contains(t.value()) && t.backward() instanceof Backward.Known k) {
        r.add(k.lnGm2());
      }
    }
    assertEquals(2, r.size());
    return r;
  }

  /// Each mutant is refused in one line or predicted; nothing else is thrown.
  @Test
  void hostileModelsEndInOneLineOrAForecast(@TempDir Path folder) throws IOException {
    int refused = 0;
    int predicted = 0;
    for (HostileModels.Mutant m : HostileModels.all()) {
      Path file = m.writeTo(folder);
      try {
        Forecast f = forecast(file, Optional.empty(), 16);
        assertTrue(f.coverage().understood() <= f.coverage().nodes(), m.name());
        predicted++;
      } catch (ModelFormatException e) {
        assertFalse(e.getMessage().contains("\n"), m.name());
        refused++;
      } catch (IOException e) {
        refused++;
      }
    }
    assertTrue(refused + predicted >= 200, "only " + (refused + predicted) + " mutants");
    assertTrue(refused > 100 && predicted > 20, refused + " refused, " + predicted + " predicted");
  }

  /// 10,000 narrow layers of default initialisation: (1/6)^10000 is far outside a double.
  @Test
  void tenThousandLayersNeitherUnderflowNorLoseTheGradient(@TempDir Path folder)
      throws IOException, ModelFormatException {
    Path file = folder.resolve("deep.onnx");
    Files.write(file, OnnxBuild.reluMlp(10_000, 8, 1 / Math.sqrt(6), 1).toByteArray());
    Forecast f = forecast(file, Optional.empty(), 16);
    for (Forecast.TensorForecast t : f.tensors()) {
      assertTrue(t.forward() instanceof Forward.Known k && Double.isFinite(k.lnM2()));
      assertTrue(t.backward() instanceof Backward.Known k && Double.isFinite(k.lnGm2()));
    }
    Forward.Known last = (Forward.Known) f.tensors().getLast().forward();
    assertTrue(last.lnM2() < -5_000, "ln m2 " + last.lnM2());
  }
}
