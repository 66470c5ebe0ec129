package org.fanin.formats;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// A larger graph of real operators: one model's nodes and weights again and again, on the same
/// inputs: `Repeated MODEL NODES FILE`.
public final class Repeated {
  private Repeated() {}

  public static void main(String[] args) throws Exception {
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(Path.of(args[0])));
    GraphProto g = model.getGraph();
    int copies = Math.ceilDiv(Integer.parseInt(args[1]), g.getNodeCount());
    Set<String> shared = new HashSet<>();
    g.getInputList().forEach(v -> shared.add(v.getName()));
    shared.add("");
    GraphProto.Builder out =
        GraphProto.newBuilder().setName(g.getName()).addAllInput(g.getInputList());
    for (int i = 0; i < copies; i++) {
      String prefix = "copy" + i + "/";
      for (TensorProto t : g.getInitializerList()) {
        out.addInitializer(t.toBuilder().setName(prefix + t.getName()));
      }
      for (NodeProto n : g.getNodeList()) {
        out.addNode(renamed(n, prefix, shared));
      }
      for (ValueInfoProto v : g.getOutputList()) {
        out.addOutput(v.toBuilder().setName(prefix + v.getName()));
      }
    }
    try (OutputStream file = Files.newOutputStream(Path.of(args[2]))) {
      model.toBuilder().setGraph(out).build().writeTo(file);
    }
  }

  private static NodeProto renamed(NodeProto n, String prefix, Set<String> shared) {
    NodeProto.Builder b = n.toBuilder().setName(prefix + n.getName()).clearInput().clearOutput();
    n.getInputList().forEach(s -> b.addInput(shared.contains(s) ? s : prefix + s));
    n.getOutputList().forEach(s -> b.addOutput(s.isEmpty() ? s : prefix + s));
    return b.build();
  }
}
