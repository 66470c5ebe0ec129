package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is told of a tensor by another one is what reading it tells: who wants to see the elements
/// of all has all of them read.
class ToldTest {
  private static final TorchEngine ENGINE = new TorchEngine();

  private static final ProbeListener EVERYTHING =
      new ProbeListener() {
        @Override
        public boolean wants(int value) {
          return true;
        }
      };

  static List<Path> models() throws Exception {
    return Models.sampled(Models.examples(), "");
  }

  @ParameterizedTest
  @MethodSource("models")
  void ofNetworks(Path model) throws Exception {
    Sample s = Sample.of(model);
    assertSame(s.graph(), s.request().withThreads(1));
  }

  /// Multiples whose elements, or gradients, leave what single precision holds, one of the other
  /// and one beside the other.
  @ParameterizedTest
  @ValueSource(floats = {0.5f, -3, 1e-20f, 1e20f, 1e-35f, 1e35f})
  void ofMultiples(float by) throws Exception {
    Graph g =
        OnnxNodes.of(17)
            .input("x", 8, 16)
            .node("by = Constant", "value_float", by)
            .node("two = Constant", "value_float", 2f)
            .node("a = Mul x by")
            .node("b = Mul by a")
            .node("c = Tanh x")
            .node("d = Mul c two")
            .node("e = Mul c by")
            .node("f = Reshape e shape")
            .longs("shape", new long[] {2}, 8, 16)
            .output("b")
            .output("d")
            .output("f")
            .graph();
    assertSame(g, ProbeRequest.defaults(8).withThreads(1));
  }

  /// A gradient that is 0 everywhere is 0 before a multiple too.
  @Test
  void ofNothing() throws Exception {
    Graph g =
        OnnxNodes.of(17)
            .input("x", 8, 16)
            .node("two = Constant", "value_float", 2f)
            .node("least = Constant", "value_float", 100f)
            .node("a = Mul x two")
            .node("b = Max a least")
            .output("b")
            .graph();
    Readings r = ENGINE.measure(g, ProbeRequest.defaults(8).withThreads(1), ProbeListener.none());
    assertEquals(0, r.values().get(g.inputs().getFirst()).gm2());
  }

  private static void assertSame(Graph g, ProbeRequest request) {
    Readings told = ENGINE.measure(g, request, ProbeListener.none());
    Readings read = ENGINE.measure(g, request, EVERYTHING);
    assertEquals(read.values().keySet(), told.values().keySet());
    for (Map.Entry<Integer, Reading> e : read.values().entrySet()) {
      Reading x = e.getValue();
      Reading y = told.values().get(e.getKey());
      String what = "value " + g.value(e.getKey()).name();
      assertEquals(x.lnM2(), y.lnM2(), 1e-12, what);
      assertEquals(x.mean(), y.mean(), 1e-12 * Math.sqrt(x.m2()), what);
      assertEquals(x.zeros(), y.zeros(), what);
      assertEquals(x.cos(), y.cos(), 1e-12, what);
      assertEquals(x.lnGm2(), y.lnGm2(), 1e-11, what);
      assertEquals(x.hasGradient(), y.hasGradient(), what);
      // Without samples, errors are told from runs of elements, whose order is another.
      List<Long> dims = g.value(e.getKey()).shape().orElseThrow().toList();
      if (!dims.isEmpty() && dims.getFirst() == request.batch()) {
        assertEquals(x.errors().gm2(), y.errors().gm2(), 1e-9 * x.gm2(), what);
      }
      assertEquals(x.values().largest(), y.values().largest(), what);
      assertEquals(x.gradients().largest(), y.gradients().largest(), what);
      assertTrue(Math.abs(x.gradients().onePercent() - y.gradients().onePercent()) <= 1, what);
    }
  }
}
