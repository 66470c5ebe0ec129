package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.fanin.formats.Checkpoints;
import org.fanin.formats.OnnxReader;
import org.fanin.formats.Samples;
import org.fanin.formats.ShapesFile;
import org.fanin.graph.Graph;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;

/// What wants weights: a model with its graph, or a list of shapes.
///
/// @param file as the user named it
/// @param graph empty when only names and shapes are known
/// @param specs every tensor, in the file's order
/// @param inputs what is known of the network's inputs
record InitSource(
    Path file, Kind kind, Optional<Graph> graph, List<TensorSpec> specs, Inputs inputs) {
  /// @param arrays by name; empty when inputs are synthetic
  /// @param batch samples
  /// @param data where they come from, in words that do not depend on the machine
  /// @param notes what was done to them, a sentence each
  /// @param dims extents of open dimensions, by name
  record Inputs(
      Map<String, Tensor> arrays,
      long batch,
      String data,
      List<String> notes,
      Map<String, Long> dims) {
    static Inputs synthetic(long batch, Map<String, Long> dims) {
      return new Inputs(Map.of(), batch, "N(0,1)", List.of(), dims);
    }

    private static Inputs read(Pipeline.SampleFile data, RawModel raw)
        throws ModelFormatException, IOException {
      long batch = data.wanted().most();
      if (data.file() == null) {
        return synthetic(batch, data.dims());
      }
      Samples samples = data.read(raw);
      long extent = Pipeline.sampleBatch(Pipeline.sampleShapes(raw, samples.arrays()), batch);
      String columns = data.wanted().columns().isEmpty() ? "" : " " + data.wanted().columns();
      String words =
          "sha256:"
              + Sha256.of(data.file()).substring(0, 16)
              + columns
              + (data.wanted().standardise() ? " standardised" : "");
      return new Inputs(samples.arrays(), extent, words, samples.notes(), data.dims());
    }
  }

  enum Kind {
    /// An ONNX model.
    MODEL,
    /// Weights without a graph.
    CHECKPOINT,
    /// Names and shapes without weights.
    SHAPES
  }

  /// @param data sample inputs, or how many synthetic ones
  static InitSource read(Path file, Pipeline.SampleFile data)
      throws ModelFormatException, IOException {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    if (name.endsWith(".onnx")) {
      return model(file, data);
    }
    boolean shapes = name.endsWith(".json") && !name.endsWith(".index.json");
    List<Specs.Named> listed = shapes ? shapes(file) : like(file);
    if (listed.isEmpty()) {
      throw new ModelFormatException(file.toString(), "no tensors", "at least one");
    }
    return new InitSource(
        file,
        shapes ? Kind.SHAPES : Kind.CHECKPOINT,
        Optional.empty(),
        Specs.named(listed),
        Inputs.synthetic(data.wanted().most(), data.dims()));
  }

  private static InitSource model(Path file, Pipeline.SampleFile data)
      throws ModelFormatException, IOException {
    try {
      RawModel raw = OnnxReader.read(file);
      Inputs inputs = Inputs.read(data, raw);
      Graph graph = build(raw, inputs);
      data.checkTokens(graph, inputs.arrays());
      data.checkCotangents(graph, inputs.arrays());
      return new InitSource(file, Kind.MODEL, Optional.of(graph), Specs.of(graph), inputs);
    } catch (StackOverflowError e) {
      throw new ModelFormatException(file.toString(), "nesting too deep", "an ONNX model", e);
    }
  }

  private static Graph build(RawModel raw, Inputs inputs) throws ModelFormatException {
    return new Pipeline.SampleFile(null, Samples.Wanted.of(1), inputs.dims())
        .graph(raw, inputs.batch(), Pipeline.sampleShapes(raw, inputs.arrays()));
  }

  /// Names of the tensors that the file does not store as such.
  Set<String> computed() {
    return specs.stream()
        .filter(s -> !s.arrival().storage().isWritable())
        .map(TensorSpec::name)
        .collect(Collectors.toSet());
  }

  /// @param typed whether the tensors' own types are those that are written
  /// @throws ModelFormatException for what the file has and nothing can be written for
  void checkTensors(boolean typed) throws ModelFormatException {
    for (TensorSpec s : specs) {
      if (s.name().isEmpty()) {
        throw new ModelFormatException(
            file.toString(), "a tensor " + s.shape() + " without a name", "a name for each tensor");
      }
      if (typed && s.dtype() == DType.OTHER) {
        throw new ModelFormatException(
            file + ": tensor '" + s.name() + "'",
            "a type that is not known here",
            "a type of floating-point numbers or integers, or --dtype");
      }
    }
  }

  /// The same network with other weights, for the same inputs.
  Graph again(Path written) throws ModelFormatException, IOException {
    return build(OnnxReader.read(written), inputs);
  }

  private static List<Specs.Named> shapes(Path file) throws ModelFormatException, IOException {
    return ShapesFile.read(file).stream()
        .map(e -> new Specs.Named(e.name(), e.shape(), e.dtype().orElse(DType.F32)))
        .toList();
  }

  /// Names, shapes and types of a checkpoint; nothing of its elements is read.
  private static List<Specs.Named> like(Path file) throws ModelFormatException, IOException {
    return Checkpoints.shapes(file).stream()
        .map(l -> new Specs.Named(l.name(), l.shape(), l.dtype()))
        .toList();
  }
}
