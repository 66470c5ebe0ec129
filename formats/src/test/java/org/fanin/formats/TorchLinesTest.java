package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.fanin.graph.Bindings;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judge;
import org.fanin.judge.Thresholds;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.report.CheckReport;
import org.fanin.report.NextStep;
import org.fanin.report.Provenance;
import org.fanin.report.TorchCode;
import org.fanin.report.TorchInit;
import org.junit.jupiter.api.Test;

/// PyTorch's names for the parameters of files in which they are lost, and what is to be pasted.
class TorchLinesTest {
  private static final int WIDTH = 32;
  private static final int DEPTH = 16;

  private static NextStep next(ModelProto model) throws ModelFormatException, IOException {
    var raw = OnnxReader.read(new ByteArrayInputStream(model.toByteArray()), "net.onnx");
    PredictSettings settings = PredictSettings.defaults();
    Forecast f =
        Predictor.predict(GraphBuilder.build(raw, Bindings.ofBatch(settings.batch())), settings);
    return NextStep.of(
            new CheckReport(
                "net.onnx",
                new Provenance("fanin", raw.producer(), ""),
                settings,
                f,
                Judge.judge(f, Thresholds.standard())))
        .orElseThrow();
  }

  /// x·W as `nn.Linear` on sequences is exported: constant folding transposed the weight and took
  /// its name, which the bias tells, or without one the node's path.
  @Test
  void renamedWeightsAreNamedAgain() throws ModelFormatException, IOException {
    GraphProto.Builder g = GraphProto.newBuilder().setName("g");
    g.addInput(OnnxBuild.value("x", "batch", WIDTH));
    String from = "x";
    for (int i = 0; i < DEPTH; i++) {
      String weight = "onnx::MatMul_" + (100 + i);
      String bias = "layers." + i + ".bias";
      g.addInitializer(OnnxBuild.normal(weight, .02, i, WIDTH, WIDTH));
      g.addInitializer(OnnxBuild.floats(bias, new long[] {WIDTH}, new float[WIDTH]));
      g.addNode(OnnxBuild.node("MatMul", List.of(from, weight), List.of("m" + i)));
      g.addNode(OnnxBuild.node("Add", List.of(bias, "m" + i), List.of("b" + i)));
      g.addNode(
          OnnxBuild.node(
              "LeakyRelu", List.of("b" + i), List.of("a" + i), OnnxBuild.of("alpha", .2f)));
      from = "a" + i;
    }
    g.addInitializer(OnnxBuild.normal("onnx::MatMul_200", .02, 200, WIDTH, 8));
    g.addNode(
        OnnxBuild.node("MatMul", List.of(from, "onnx::MatMul_200"), List.of("y")).toBuilder()
            .setName("/top/top.head/MatMul"));
    g.addOutput(OnnxBuild.value("y", "batch", 8));
    NextStep next = next(OnnxBuild.model(g).toBuilder().setProducerName("pytorch").build());
    TorchInit init = next.torch().orElseThrow();
    assertEquals(
        """
        from torch import nn
        p = dict(model.named_parameters())
        nn.init.kaiming_normal_(p["layers.0.weight"], nonlinearity="linear")
        nn.init.kaiming_normal_(p["top.head.weight"], a=0.2)
        for i in range(16):
            nn.init.zeros_(p[f"layers.{i}.bias"])
        for i in range(1, 16):
            nn.init.kaiming_normal_(p[f"layers.{i}.weight"], a=0.2)\
        """,
        String.join("\n", TorchCode.lines(init, 100)));
    TorchInit.Assignment a = init.assignments().get(2);
    assertEquals("layers.1.weight", a.parameter());
    assertEquals(Math.sqrt(2 / 1.04), a.gain(), 1e-6);
    assertEquals(WIDTH, a.fan().orElseThrow());
    assertTrue(init.left().isEmpty(), init.left()::toString);
  }

  @Test
  void namesOfOtherFrameworksAreLeftAlone() throws ModelFormatException, IOException {
    GraphProto.Builder g = GraphProto.newBuilder().setName("g");
    g.addInput(OnnxBuild.value("x", "batch", WIDTH));
    String from = "x";
    for (int i = 0; i < DEPTH; i++) {
      String kernel = "dense_" + i + "/kernel:0";
      g.addInitializer(OnnxBuild.normal(kernel, .02, i, WIDTH, WIDTH));
      g.addNode(OnnxBuild.node("MatMul", List.of(from, kernel), List.of("m" + i)));
      g.addNode(OnnxBuild.node("Relu", List.of("m" + i), List.of("a" + i)));
      from = "a" + i;
    }
    g.addOutput(OnnxBuild.value(from, "batch", WIDTH));
    NextStep next = next(OnnxBuild.model(g));
    assertEquals("fanin init net.onnx -o net.mended.onnx", next.command());
    assertFalse(next.torch().isPresent());
  }
}
