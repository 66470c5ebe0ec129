package org.fanin.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import org.fanin.audit.Audit;
import org.fanin.audit.Look;
import org.fanin.formats.Checkpoints;
import org.fanin.formats.OnnxReader;
import org.fanin.formats.SampleReader;
import org.fanin.formats.Samples;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.graph.Vocabulary;
import org.fanin.judge.Judge;
import org.fanin.judge.Thresholds;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.Scheme;
import org.fanin.plan.Specs;
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
/// @param sample a file of inputs
/// @param hashed whether reports carry the model file's SHA-256
record Pipeline(
    PredictSettings.Mode mode,
    long batch,
    SampleFile sample,
    OptionalDouble inputM2,
    Optional<Scheme> weights,
    Thresholds limits,
    boolean hashed) {
  static final String STDIN = "-";

  /// What the network is fed.
  ///
  /// @param file null when inputs are synthetic
  /// @param wanted what to take of it
  /// @param dims extents of dimensions that the model leaves open, by name ([Bindings#extents])
  record SampleFile(Path file, Samples.Wanted wanted, Map<String, Long> dims) {
    static final SampleFile NONE = new SampleFile(null, Samples.Wanted.of(1), Map.of());

    /// The model's graph at these extents.
    Graph graph(RawModel raw, long batch, Map<String, Shape> shapes) throws ModelFormatException {
      Graph graph = GraphBuilder.build(raw, new Bindings(batch, shapes, dims));
      for (String name : dims.keySet()) {
        if (!graph.bindings().containsKey(name)) {
          String open = String.join(", ", new TreeSet<>(graph.bindings().keySet()));
          throw new UsageException(
              "--dim "
                  + name
                  + ": found no open dimension of that name, wanted "
                  + (open.isEmpty() ? "none: the model leaves none open" : "one of " + open));
        }
      }
      return graph;
    }

    Samples read(RawModel model) throws ModelFormatException, IOException {
      if (file == null) {
        return Samples.none();
      }
      if (file.toString().isEmpty()) {
        throw new UsageException("--input: found nothing, wanted the name of a file");
      }
      try {
        return SampleReader.read(file, Samples.Slot.of(model), wanted);
      } catch (IllegalArgumentException e) {
        throw new UsageException("--columns: " + e.getMessage());
      }
    }

    /// Cotangents have the shapes of the outputs they arrive at.
    void checkCotangents(Graph graph, Map<String, Tensor> arrays) throws ModelFormatException {
      for (int out : graph.outputs()) {
        String own = "cotangent_" + graph.value(out).name();
        String name = arrays.containsKey(own) || graph.outputs().size() > 1 ? own : "cotangent";
        Optional<Shape> wanted = graph.value(out).shape();
        Tensor t = arrays.get(name);
        if (t != null && wanted.isPresent() && !t.shape().equals(wanted.get())) {
          throw new ModelFormatException(
              file + ": array " + name,
              "shape " + t.shape(),
              wanted.get() + ", that of output " + graph.value(out).name());
        }
      }
    }

    void checkTokens(Graph graph, Map<String, Tensor> arrays) throws ModelFormatException {
      Optional<Vocabulary.Beyond> beyond = Vocabulary.beyond(graph, arrays);
      if (beyond.isPresent()) {
        Vocabulary.Beyond b = beyond.get();
        throw new ModelFormatException(
            file + ": input " + b.input(),
            "token id " + b.id() + " at element " + b.at(),
            "0 to " + (b.extent() - 1) + ", the rows of " + b.table());
      }
    }
  }

  /// @param model a file, or `-` for `stdin`
  CheckReport check(String model, InputStream stdin) throws ModelFormatException, IOException {
    RawModel raw = read(model, stdin);
    Predicted p = predict(raw, model);
    String sha = hashed && !model.equals(STDIN) ? Sha256.of(Path.of(model)) : "";
    CheckReport report =
        new CheckReport(
            model.equals(STDIN) ? "standard input" : model,
            new Provenance("fanin " + Version.text(), raw.producer(), sha),
            p.settings(),
            p.forecast(),
            Judge.judge(p.forecast(), limits),
            p.notes());
    return weights.isPresent() ? report : report.with(look(raw, p.forecast().graph()));
  }

  /// As `audit` sees it.
  private static Look look(RawModel raw, Graph graph) throws ModelFormatException, IOException {
    Checkpoint file = Checkpoints.of(raw, graph);
    long bytes =
        file.tensors().stream().mapToLong(t -> t.shape().count() * t.dtype().bytes()).sum();
    return Audit.look(file, Specs.of(graph), Audit.Place.of(graph), Audit.Settings.standard(bytes));
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

  private record Predicted(
      PredictSettings settings, Forecast forecast, java.util.List<String> notes) {}

  private Predicted predict(RawModel raw, String model) throws ModelFormatException, IOException {
    try {
      Samples samples = sample.read(raw);
      Map<String, Shape> shapes = sampleShapes(raw, samples.arrays());
      long extent = sampleBatch(shapes, batch);
      Graph graph = sample.graph(raw, extent, shapes);
      sample.checkTokens(graph, samples.arrays());
      sample.checkCotangents(graph, samples.arrays());
      PredictSettings settings =
          new PredictSettings(mode, extent, samples.arrays(), inputM2, weights);
      return new Predicted(settings, Predictor.predict(graph, settings), samples.notes());
    } catch (StackOverflowError e) {
      throw new ModelFormatException(model, "nesting too deep to follow", "an ONNX model", e);
    }
  }

  static Map<String, Shape> sampleShapes(RawModel raw, Map<String, Tensor> arrays) {
    Map<String, Shape> shapes = new HashMap<>();
    for (RawModel.RawValue in : raw.graph().inputs()) {
      Tensor t = arrays.getOrDefault("in_" + in.name(), arrays.get(in.name()));
      if (t != null) {
        shapes.put(in.name(), t.shape());
      }
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
