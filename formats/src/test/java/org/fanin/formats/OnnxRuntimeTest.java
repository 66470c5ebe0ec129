package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.fanin.fill.Fills;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;
import org.fanin.predict.PredictSettings;
import org.fanin.solve.Auto;
import org.fanin.solve.Target;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Rewritten models in somebody else's runtime: they load, run and give finite numbers.
class OnnxRuntimeTest {
  private static final PredictSettings SETTINGS =
      new PredictSettings(
          PredictSettings.Mode.TRAIN, 4, Map.of(), OptionalDouble.empty(), Optional.empty());

  private static final int UINT8 = DataType.UINT8_VALUE;
  private static final int INT8 = DataType.INT8_VALUE;

  @TempDir Path temp;

  static List<Path> examples() throws IOException {
    return Examples.all(".onnx");
  }

  private static Map<String, TensorOut> values(Path in) throws Exception {
    Map<String, TensorOut> values = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> e :
        StoredFloats.stored(OnnxReader.read(in).graph()).entrySet()) {
      Tensor t = e.getValue();
      if (t.count() > 1 && t.dtype() != DType.OTHER) {
        values.put(e.getKey(), TestTensors.small(e.getKey(), t.dtype(), t.shape()));
      }
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void rewrittenModelsRun(Path in) throws Exception {
    Path out = temp.resolve("out.onnx");
    OnnxRewriter.rewrite(in, out, values(in), false, WriteOptions.defaults());
    assertTrue(finiteOutputs(out) > 0);
  }

  @ParameterizedTest
  @CsvSource({"lenet_tanh.onnx", "lstm_clf.onnx", "mlp5_relu_default.var_external.onnx"})
  void tensorsOutsideAreFound(String name) throws Exception {
    Path in = Examples.file(name);
    Path out = temp.resolve("out.onnx");
    OnnxRewriter.rewrite(in, out, values(in), true, WriteOptions.defaults());
    Path inline = temp.resolve("inline.onnx");
    OnnxRewriter.rewrite(in, inline, values(in), false, WriteOptions.defaults());
    assertEquals(finiteOutputs(inline), finiteOutputs(out));
  }

  /// What `init --recipe auto` writes, in every encoding among the examples.
  @ParameterizedTest
  @MethodSource("examples")
  void solvedModelsRun(Path in) throws Exception {
    Path out = temp.resolve("out.onnx");
    Graph graph = GraphBuilder.build(OnnxReader.read(in), new Bindings(4, Map.of()));
    InitPlan plan = Auto.plan(graph, Target.BOTH, 42, SETTINGS);
    OnnxRewriter.rewrite(in, out, drawn(plan), false, WriteOptions.defaults());
    assertTrue(finiteOutputs(out) > 0);
  }

  private static Map<String, TensorOut> drawn(InitPlan plan) {
    Map<String, TensorOut> values = new LinkedHashMap<>();
    for (TensorPlan t : plan.tensors()) {
      values.put(
          t.name(),
          new TensorOut(t.name(), t.dtype(), t.shape(), () -> Fills.open(plan.seed(), t)));
    }
    return values;
  }

  private static ModelProto quantisedConvolution() {
    return OnnxBuild.model(
        OnnxBuild.graph(
                OnnxBuild.node("QuantizeLinear", List.of("x", "s", "z"), List.of("a")),
                OnnxBuild.node(
                    "QLinearConv",
                    List.of("a", "s", "z", "w", "ws", "wz", "t", "z", "b"),
                    List.of("q")),
                OnnxBuild.node("DequantizeLinear", List.of("q", "t", "z"), List.of("d")),
                OnnxBuild.node("Conv", List.of("d", "v"), List.of("y")))
            .setInput(0, OnnxBuild.value("x", "batch", 2, 6, 6))
            .setOutput(0, OnnxBuild.value("y", "batch", 3, 4, 4))
            .addInitializer(OnnxBuild.floats("s", new long[] {1}, .01f))
            .addInitializer(OnnxBuild.floats("t", new long[] {1}, .02f))
            .addInitializer(OnnxBuild.floats("ws", new long[] {4}, .004f, .005f, .006f, .007f))
            .addInitializer(HostileNetworks.bytes("z", UINT8, new long[] {1}, 128))
            .addInitializer(HostileNetworks.bytes("wz", INT8, new long[] {4}, 0, 0, 0, 0))
            .addInitializer(HostileNetworks.bytes("w", INT8, new long[] {4, 2, 3, 3}, levels(72)))
            .addInitializer(
                OnnxBuild.tensor("b", DataType.INT32_VALUE, 4)
                    .addAllInt32Data(List.of(5, -9, 2, 7)))
            .addInitializer(OnnxBuild.normal("v", .3, 1, 3, 4, 1, 1)));
  }

  private static int[] levels(int n) {
    int[] v = new int[n];
    for (int i = 0; i < n; i++) {
      v[i] = i * 89 % 255 - 127;
    }
    return v;
  }

  static List<ModelProto> quantised() {
    return List.of(
        quantisedConvolution(),
        OnnxBuild.model(HostileNetworks.all().get("quantised").toBuilder()));
  }

  /// Scales and zero points are no weights: drawn, they make the output 0.
  @ParameterizedTest
  @MethodSource("quantised")
  void quantisationIsKept(ModelProto model) throws Exception {
    Path in = Files.write(temp.resolve("in.onnx"), model.toByteArray());
    Graph graph = GraphBuilder.build(OnnxReader.read(in), new Bindings(2, Map.of()));
    InitPlan plan = Auto.plan(graph, Target.BOTH, 42, SETTINGS);
    Set<String> drawn = new HashSet<>();
    plan.tensors().forEach(t -> drawn.add(t.name()));
    Set<String> kept = new HashSet<>();
    plan.kept().forEach(k -> kept.add(k.name()));
    assertEquals(model.equals(quantisedConvolution()) ? Set.of("v") : Set.of(), drawn);
    assertTrue(kept.containsAll(Set.of("s", "ws")), () -> "kept " + kept);
    Path out = temp.resolve("out.onnx");
    OnnxRewriter.rewrite(in, out, drawn(plan), false, WriteOptions.defaults());
    RuntimeRun before = RuntimeRun.of(in);
    RuntimeRun after = RuntimeRun.of(out);
    assertTrue(after.allFinite() && after.outputs().stream().noneMatch(RuntimeRun.Output::empty));
    if (drawn.isEmpty()) {
      assertEquals(before, after);
    }
  }

  /// @return how many numbers came out
  private static long finiteOutputs(Path model) throws OrtException {
    RuntimeRun run = RuntimeRun.of(model);
    assertEquals(run.numbers(), run.finite(), model + " gives numbers that are not finite");
    return run.numbers();
  }
}
