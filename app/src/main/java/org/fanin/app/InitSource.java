package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.fanin.formats.Checkpoints;
import org.fanin.formats.OnnxReader;
import org.fanin.formats.ShapesFile;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;

/// What wants weights: a model with its graph, or a list of shapes.
///
/// @param file as the user named it
/// @param graph empty when only names and shapes are known
/// @param specs every tensor, in the file's order
record InitSource(Path file, Kind kind, Optional<Graph> graph, List<TensorSpec> specs) {
  enum Kind {
    /// An ONNX model.
    MODEL,
    /// Weights without a graph.
    CHECKPOINT,
    /// Names and shapes without weights.
    SHAPES
  }

  static InitSource read(Path file, long batch) throws ModelFormatException, IOException {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    if (name.endsWith(".onnx")) {
      return model(file, batch);
    }
    boolean shapes = name.endsWith(".json") && !name.endsWith(".index.json");
    List<Specs.Named> listed = shapes ? shapes(file) : like(file);
    if (listed.isEmpty()) {
      throw new ModelFormatException(file.toString(), "no tensors", "at least one");
    }
    return new InitSource(
        file, shapes ? Kind.SHAPES : Kind.CHECKPOINT, Optional.empty(), Specs.named(listed));
  }

  private static InitSource model(Path file, long batch) throws ModelFormatException, IOException {
    try {
      RawModel raw = OnnxReader.read(file);
      Graph graph = GraphBuilder.build(raw, new Bindings(batch, java.util.Map.of()));
      return new InitSource(file, Kind.MODEL, Optional.of(graph), Specs.of(graph));
    } catch (StackOverflowError e) {
      throw new ModelFormatException(file.toString(), "nesting too deep", "an ONNX model", e);
    }
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
