package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
    PredictSettings settings =
        new PredictSettings(
            PredictSettings.Mode.TRAIN, 4, Map.of(), OptionalDouble.empty(), Optional.empty());
    InitPlan plan = Auto.plan(graph, Target.BOTH, 42, settings);
    Map<String, TensorOut> values = new LinkedHashMap<>();
    for (TensorPlan t : plan.tensors()) {
      values.put(
          t.name(),
          new TensorOut(t.name(), t.dtype(), t.shape(), () -> Fills.open(plan.seed(), t)));
    }
    OnnxRewriter.rewrite(in, out, values, false, WriteOptions.defaults());
    assertTrue(finiteOutputs(out) > 0);
  }

  /// @return how many numbers came out
  private static long finiteOutputs(Path model) throws OrtException {
    RuntimeRun run = RuntimeRun.of(model);
    assertEquals(run.numbers(), run.finite(), model + " gives numbers that are not finite");
    return run.numbers();
  }
}
