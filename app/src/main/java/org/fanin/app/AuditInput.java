package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fanin.audit.LayerFans;
import org.fanin.formats.Checkpoints;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.graph.Parameter;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.TensorSpec;

/// A weights file with what is known of the place of each tensor: from the graph of an ONNX model,
/// else from names and shapes.
///
/// @param layerFans see [LayerFans]
record AuditInput(Checkpoint file, List<TensorSpec> specs, Map<String, Fan> layerFans) {
  private static final String ONNX = "onnx";

  static AuditInput open(Path path) throws ModelFormatException, IOException {
    Checkpoint file = Checkpoints.open(path);
    if (!file.format().equals(ONNX)) {
      return new AuditInput(file, List.of(), Map.of());
    }
    RawModel model = OnnxReader.read(path);
    Graph graph = GraphBuilder.build(model, new Bindings(Bindings.DEFAULT_BATCH, Map.of()));
    return new AuditInput(Checkpoints.of(model), specs(graph), LayerFans.of(graph));
  }

  private static List<TensorSpec> specs(Graph graph) {
    List<TensorSpec> specs = new ArrayList<>();
    for (Parameter p : graph.parameters()) {
      specs.add(
          new TensorSpec(
              p.name(),
              p.data().shape(),
              p.data().dtype(),
              p.role(),
              p.fan(),
              p.residualBranchEnd(),
              -1,
              0,
              "",
              p.fan().map(Fan::because).orElse("graph")));
    }
    return specs;
  }
}
