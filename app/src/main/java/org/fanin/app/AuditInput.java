package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fanin.audit.Audit;
import org.fanin.formats.Checkpoints;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;

/// A weights file with what is known of the place of each tensor: from the graph of an ONNX model,
/// else from names and shapes.
///
/// @param place what the graph tells beside the specs
record AuditInput(Checkpoint file, List<TensorSpec> specs, Audit.Place place) {
  private static final String ONNX = "onnx";

  static AuditInput open(Path path) throws ModelFormatException, IOException {
    Checkpoint file = Checkpoints.weightsOnly(Checkpoints.open(path));
    if (!file.format().equals(ONNX)) {
      return new AuditInput(file, named(file), new Audit.Place(Map.of(), Set.of()));
    }
    RawModel model = OnnxReader.read(path);
    try {
      Graph graph = GraphBuilder.build(model, Bindings.defaults());
      return new AuditInput(Checkpoints.of(model, graph), Specs.of(graph), Audit.Place.of(graph));
    } catch (ModelFormatException e) {
      if (!leavesExtentsOpen(model)) {
        throw e;
      }
      // No extents were found that fit. Weights have theirs: their names tell the rest.
      Checkpoint weights = Checkpoints.of(model);
      return new AuditInput(weights, named(weights), new Audit.Place(Map.of(), Set.of()));
    }
  }

  private static boolean leavesExtentsOpen(RawModel model) {
    return model.graph().inputs().stream()
        .filter(v -> !model.graph().initializers().containsKey(v.name()))
        .anyMatch(v -> v.dims() == null || v.dims().stream().anyMatch(d -> d < 0));
  }

  private static List<TensorSpec> named(Checkpoint file) {
    return Specs.named(
        file.tensors().stream().map(t -> new Specs.Named(t.name(), t.shape(), t.dtype())).toList());
  }
}
