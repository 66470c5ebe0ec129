package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.math.Addressed;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Operators without a rule: values beside ONNX Runtime's, derivatives against finite differences.
class RareOperatorsTest {
  private static final TorchEngine ENGINE = new TorchEngine();

  @TempDir Path temp;

  static Stream<Arguments> all() {
    return Stream.concat(RareCases.differentiable(), RareCases.flat());
  }

  /// Inputs that single precision holds.
  private static Map<String, Tensor> operands(Graph g) {
    Map<String, Tensor> all = new HashMap<>();
    for (int id : g.inputs()) {
      Shape shape = g.value(id).shape().orElseThrow();
      double[] v = new double[(int) shape.count()];
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) Addressed.normal(7, id, i);
      }
      all.put("in_" + g.value(id).name(), Tensor.ofDoubles(shape, v));
    }
    return all;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("all")
  void valuesAreThoseOfOnnxRuntime(String name, OnnxNodes nodes) throws Exception {
    Graph g = nodes.graph();
    Path file = Files.write(temp.resolve("nodes.onnx"), nodes.bytes());
    Map<String, Tensor> in = operands(g);
    Map<String, double[]> theirs = OnnxRuntime.outputs(file, in);
    Map<String, double[]> ours = new HashMap<>();
    ProbeListener keep =
        new ProbeListener() {
          @Override
          public boolean wants(int value) {
            return g.outputs().contains(value);
          }

          @Override
          public void forward(int value, Tensor elements) {
            Value v = g.value(value);
            assertEquals(v.shape().orElseThrow(), elements.shape());
            ours.put(v.name(), elements.toDoubles());
          }
        };
    Readings r = ENGINE.measure(g, ProbeRequest.defaults(2).withArrays(in).withThreads(1), keep);
    assertEquals(Map.of(), r.unmeasured());
    assertEquals(theirs.keySet(), ours.keySet());
    for (Map.Entry<String, double[]> e : theirs.entrySet()) {
      double off = OutputAgreement.difference(ours.get(e.getKey()), e.getValue());
      assertTrue(off < 1e-5, () -> e.getKey() + ": " + off);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("org.fanin.torch.RareCases#differentiable")
  void derivativesAreThoseOfTheValues(String name, OnnxNodes nodes) throws Exception {
    OperatorsTest.derivatives(nodes.graph());
  }
}
