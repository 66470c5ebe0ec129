package org.fanin.torch;

import static org.fanin.torch.OnnxNodes.d;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.math.Addressed;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
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

  private static ProbeListener outputs(Graph g, BiConsumer<Value, Tensor> to) {
    return new ProbeListener() {
      @Override
      public boolean wants(int value) {
        return g.outputs().contains(value);
      }

      @Override
      public void forward(int value, Tensor elements) {
        to.accept(g.value(value), elements);
      }
    };
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
        outputs(
            g,
            (v, t) -> {
              assertEquals(v.shape().orElseThrow(), t.shape());
              ours.put(v.name(), t.toDoubles());
            });
    Readings r = ENGINE.measure(g, ProbeRequest.defaults(2).withArrays(in).withThreads(1), keep);
    assertEquals(Map.of(), r.unmeasured());
    assertEquals(theirs.keySet(), ours.keySet());
    for (Map.Entry<String, double[]> e : theirs.entrySet()) {
      double off = OutputAgreement.difference(ours.get(e.getKey()), e.getValue());
      assertTrue(off < 1e-5, () -> e.getKey() + ": " + off);
    }
  }

  @Test
  void classesAreDrawnByTheirLogits() throws Exception {
    int n = 4000;
    Graph g =
        OnnxNodes.of(17)
            .input("x", 2, 3)
            .node("i = Multinomial x", "sample_size", n)
            .node("y = Cast i", "to", 1)
            .output("y")
            .graph();
    // Not normalised: the second row is e times the probabilities.
    double[] p = {0.5, 0.2, 0.3, 0, 0.9, 0.1};
    double[] logits = new double[6];
    for (int i = 0; i < 6; i++) {
      logits[i] = Math.log(p[i]) + i / 3;
    }
    Map<String, Tensor> in = Map.of("x", Tensor.ofDoubles(Shape.of(2, 3), logits));
    double[] y = new double[2 * n];
    ProbeRequest r = ProbeRequest.defaults(2).withArrays(in).withThreads(1);
    ENGINE.measure(g, r, outputs(g, (_, t) -> t.read(0, y, y.length)));
    for (int i = 0; i < 6; i++) {
      double drawn = 0;
      for (int k = 0; k < n; k++) {
        drawn += y[i / 3 * n + k] == i % 3 ? 1 : 0;
      }
      // 5 standard errors, of 32 at most: one seed in 2 million, and this one is fixed.
      assertEquals(n * p[i], drawn, 5 * 32);
      assertTrue(p[i] > 0 || drawn == 0);
    }
  }

  @Test
  void indicesOutOfReachAreToldOf() throws Exception {
    Graph g =
        OnnxNodes.of(17)
            .input("x", 1, 1, 2)
            .longs("at", d(1, 1, 2), 0, 4)
            .node("y = MaxUnpool x at", "kernel_shape", d(2), "strides", d(2))
            .output("y")
            .graph();
    Readings r = ENGINE.measure(g, ProbeRequest.defaults(1).withThreads(1), ProbeListener.none());
    assertEquals(
        List.of("its indices reach beyond what they index"), List.copyOf(r.unmeasured().values()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("org.fanin.torch.RareCases#differentiable")
  void derivativesAreThoseOfTheValues(String name, OnnxNodes nodes) throws Exception {
    OperatorsTest.derivatives(nodes.graph());
  }
}
