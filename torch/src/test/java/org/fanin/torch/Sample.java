package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.fanin.formats.NpzReader;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.graph.Value;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// A model file with its truth and its sample arrays, as they lie in the examples' folder.
///
/// @param names the truth's names of the graph's tensors where they differ
record Sample(Graph graph, Truth truth, ProbeRequest request, Map<String, String> names) {
  /// @param model NAME.onnx or NAME.variant.onnx
  static Sample of(Path model) throws ModelFormatException, IOException {
    return of(model, model);
  }

  /// @param read the file to read the network from: the model or one derived from it
  static Sample of(Path model, Path read) throws ModelFormatException, IOException {
    String file = model.getFileName().toString();
    String name = file.substring(0, file.length() - ".onnx".length());
    String bare = name.replaceFirst("\\.(eval|fused|var_.*)$", "");
    String measured = name.replaceFirst("\\.var_.*$", "");
    Truth truth = Truth.of(model.resolveSibling(measured + ".truth.json"));
    Path npz = model.resolveSibling(bare + ".io.npz");
    Map<String, Tensor> arrays = Files.exists(npz) ? NpzReader.read(npz) : Map.of();
    RawModel raw = OnnxReader.read(read);
    Map<String, Shape> shapes = new HashMap<>();
    for (RawModel.RawValue in : raw.graph().inputs()) {
      Tensor t =
          arrays.getOrDefault(
              "in_" + in.name(), arrays.get("in_" + in.name().replaceAll("\\W", "_")));
      if (t != null) {
        shapes.put(in.name(), t.shape());
      }
    }
    Graph graph = GraphBuilder.build(raw, new Bindings(truth.batch(), shapes));
    Path renamed = model.resolveSibling(name + ".map.json");
    Map<String, String> names = Files.exists(renamed) ? Truth.names(renamed) : Map.of();
    return new Sample(graph, truth, ProbeRequest.defaults(truth.batch()).withArrays(arrays), names);
  }

  /// Values by the truth's names.
  Map<String, Value> byTruth() {
    Map<String, Value> m = new HashMap<>();
    for (Value v : graph.values()) {
      m.put(names.getOrDefault(v.name(), v.name()), v);
    }
    return m;
  }

  /// The graph alone, at another batch.
  static Graph batched(Path model, long batch) throws ModelFormatException, IOException {
    return GraphBuilder.build(OnnxReader.read(model), Bindings.ofBatch(batch));
  }
}
