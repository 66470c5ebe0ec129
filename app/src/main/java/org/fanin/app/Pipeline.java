package org.fanin.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.fanin.formats.NpzReader;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judge;
import org.fanin.judge.Thresholds;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.Scheme;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.report.CheckReport;
import org.fanin.report.Provenance;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// read → graph → predict → judge for one file.
///
/// @param batch extent of dynamic batch axes when no sample gives it
/// @param sample arrays of an npz file, by name
/// @param hashed whether reports carry the model file's SHA-256
record Pipeline(
    PredictSettings.Mode mode,
    long batch,
    Map<String, Tensor> sample,
    OptionalDouble inputM2,
    Optional<Scheme> weights,
    Thresholds limits,
    boolean hashed) {
  static final String STDIN = "-";

  static Map<String, Tensor> readSample(Path npz) throws ModelFormatException, IOException {
    return npz == null ? Map.of() : NpzReader.read(npz);
  }

  /// @param model a file, or `-` for `stdin`
  CheckReport check(String model, InputStream stdin) throws ModelFormatException, IOException {
    RawModel raw = read(model, stdin);
    Predicted p = predict(raw, model);
    String sha = hashed && !model.equals(STDIN) ? Sha256.of(Path.of(model)) : "";
    return new CheckReport(
        model.equals(STDIN) ? "standard input" : model,
        new Provenance("fanin " + Version.text(), raw.producer(), sha),
        p.settings(),
        p.forecast(),
        Judge.judge(p.forecast(), limits));
  }

  /// Depth of nesting and sizes come from the file, so running out of either is the file's fault.
  private static RawModel read(String model, InputStream stdin)
      throws ModelFormatException, IOException {
    try {
      return model.equals(STDIN)
          ? OnnxReader.read(stdin, "standard input")
          : OnnxReader.read(path(model));
    } catch (StackOverflowError e) {
      throw new ModelFormatException(model, "nesting too deep to read", "an ONNX model", e);
    } catch (OutOfMemoryError e) {
      throw new ModelFormatException(model, "more than memory holds", "an ONNX model", e);
    }
  }

  private static Path path(String model) throws ModelFormatException {
    try {
      return Path.of(model);
    } catch (java.nio.file.InvalidPathException e) {
      throw new ModelFormatException(model, "no valid file name", "an ONNX model", e);
    }
  }

  private record Predicted(PredictSettings settings, Forecast forecast) {}

  private Predicted predict(RawModel raw, String model) throws ModelFormatException {
    try {
      Map<String, Shape> shapes = sampleShapes(raw, sample);
      long extent = sampleBatch(shapes, batch);
      Graph graph = GraphBuilder.build(raw, new Bindings(extent, shapes));
      PredictSettings settings = new PredictSettings(mode, extent, sample, inputM2, weights);
      return new Predicted(settings, Predictor.predict(graph, settings));
    } catch (StackOverflowError e) {
      throw new ModelFormatException(model, "nesting too deep to follow", "an ONNX model", e);
    }
  }

  static Map<String, Shape> sampleShapes(RawModel raw, Map<String, Tensor> sample) {
    Map<String, Shape> shapes = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (RawModel.RawValue in : raw.graph().inputs()) {
      String key = sample.containsKey("in_" + in.name()) ? "in_" + in.name() : in.name();
      if (sample.containsKey(key)) {
        shapes.put(in.name(), sample.get(key).shape());
        seen.add(key);
      }
    }
    boolean unused =
        sample.keySet().stream().anyMatch(k -> !seen.contains(k) && !k.startsWith("cotangent"));
    if (unused && seen.isEmpty()) {
      throw new UsageException(
          "--input: found arrays "
              + sample.keySet().stream().sorted().toList()
              + ", wanted the graph's inputs "
              + raw.graph().inputs().stream()
                  .map(RawModel.RawValue::name)
                  .filter(n -> !raw.graph().initializers().containsKey(n))
                  .toList()
              + " (or in_NAME)");
    }
    return shapes;
  }

  static long sampleBatch(Map<String, Shape> shapes, long batch) {
    return shapes.values().stream()
        .filter(s -> s.rank() > 0 && s.dim(0) > 0)
        .mapToLong(s -> s.dim(0))
        .findFirst()
        .orElse(batch);
  }
}
