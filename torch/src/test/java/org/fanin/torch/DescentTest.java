package org.fanin.torch;

import static org.fanin.torch.OnnxNodes.d;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.fanin.compare.FirstSteps;
import org.fanin.compare.Measured;
import org.fanin.compare.Measuring;
import org.fanin.graph.Graph;
import org.fanin.graph.Opening;
import org.fanin.judge.Judge;
import org.fanin.judge.Thresholds;
import org.fanin.math.Addressed;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.ProbeListener;
import org.junit.jupiter.api.Test;

/// The step at which parameters open, predicted from the graph and seen in steps that are taken.
class DescentTest {
  private static final int N = 16;
  private static final int STEPS = 4;

  private static double[] normal(String name, int n, double std) {
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = std * Addressed.normal(2, name.hashCode(), i);
    }
    return v;
  }

  private static OnnxNodes net() {
    return OnnxNodes.of(18).input("x", 8, N);
  }

  private static OnnxNodes drawn(OnnxNodes n, String... names) {
    for (String name : names) {
      n.floats(name, d(N, N), normal(name, N * N, Math.sqrt(2.0 / N)));
    }
    return n;
  }

  private static OnnxNodes zero(OnnxNodes n, String... names) {
    for (String name : names) {
      n.floats(name, d(N, N), new double[N * N]);
    }
    return n;
  }

  /// Every parameter's step, 0 for none in all steps taken; none of them other than predicted.
  private static Map<String, Integer> steps(OnnxNodes nodes) throws Exception {
    Graph g = nodes.graph();
    Forecast f = Predictor.predict(g, PredictSettings.defaults());
    Measured m =
        new Measuring(0, 1, OptionalLong.empty(), true, Optional.empty(), STEPS)
            .run(f, PredictSettings.defaults(), new TorchEngine(), _ -> ProbeListener.none());
    FirstSteps seen = assertInstanceOf(Measured.Yes.class, m).steps().orElseThrow();
    Map<String, Integer> all = new TreeMap<>();
    List<Opening> predicted = Judge.judge(f, Thresholds.standard()).openings();
    for (int i : seen.asked()) {
      all.put(g.parameters().get(i).name(), seen.of(i).orElse(0));
      assertEquals(false, seen.contradicts(i, predicted.get(i)), g.parameters().get(i).name());
    }
    return all;
  }

  @Test
  void drawnLayersAtOnce() throws Exception {
    OnnxNodes n = drawn(net(), "A", "B");
    assertEquals(
        Map.of("A", 1, "B", 1),
        steps(n.node("a = MatMul x A").node("b = Relu a").node("y = MatMul b B").output("y")));
  }

  /// LoRA with B = 0.
  @Test
  void oneZeroOfTwoFactors() throws Exception {
    OnnxNodes n = zero(drawn(net(), "W", "A", "H"), "B");
    n.node("w = MatMul x W").node("a = MatMul x A").node("b = MatMul a B").node("s = Add w b");
    assertEquals(
        Map.of("W", 1, "A", 2, "B", 1, "H", 1),
        steps(n.node("r = Relu s").node("y = MatMul r H").output("y")));
  }

  /// A zero head, and a zero layer before it.
  @Test
  void zerosOneBehindAnother() throws Exception {
    OnnxNodes head = zero(drawn(net(), "A", "B"), "H");
    head.node("a = MatMul x A").node("r = Relu a").node("b = MatMul r B").node("t = Tanh b");
    assertEquals(Map.of("A", 2, "B", 2, "H", 1), steps(head.node("y = MatMul t H").output("y")));
    OnnxNodes two = zero(drawn(net(), "A"), "B", "H").floats("c", d(N), normal("c", N, 1));
    two.node("a = MatMul x A").node("b = MatMul a B").node("e = Add b c").node("t = Tanh e");
    assertEquals(
        Map.of("A", 3, "B", 2, "H", 1, "c", 2), steps(two.node("y = MatMul t H").output("y")));
  }

  /// ReZero: x + α·f(x), α = 0.
  @Test
  void branchesBehindAZeroNumber() throws Exception {
    OnnxNodes n = drawn(net(), "A", "H").floats("alpha", d(1), 0);
    n.node("a = MatMul x A").node("r = Relu a").node("m = Mul r alpha").node("s = Add x m");
    assertEquals(Map.of("A", 2, "alpha", 1, "H", 1), steps(n.node("y = MatMul s H").output("y")));
  }

  private static Map<String, Integer> normalised(OnnxNodes n, String from, double scale)
      throws Exception {
    double[] all = new double[N];
    java.util.Arrays.fill(all, 1);
    double[] scales = new double[N];
    java.util.Arrays.fill(scales, scale);
    n.floats("scale", d(N), scales).floats("shift", d(N), normal("s", N, 1));
    n.floats("mean", d(N), new double[N]).floats("var", d(N), all);
    n.node("z = BatchNormalization " + from + " scale shift mean var", "training_mode", 1);
    return steps(n.node("r = Relu z").node("y = MatMul r H").output("y"));
  }

  /// A bias in front of a normalisation gets nothing but rounding.
  @Test
  void whatCancelsIsZero() throws Exception {
    OnnxNodes n = drawn(net(), "A", "H").floats("c", d(N), normal("c", N, 1));
    assertEquals(
        Map.of("A", 1, "H", 1, "c", 0, "scale", 1, "shift", 1),
        normalised(n.node("a = MatMul x A").node("b = Add a c"), "b", 1));
  }

  /// A last norm of scale 0.
  @Test
  void layersBehindAZeroNorm() throws Exception {
    OnnxNodes n = drawn(net(), "A", "H");
    assertEquals(
        Map.of("A", 2, "H", 1, "scale", 1, "shift", 1),
        normalised(n.node("a = MatMul x A"), "a", 0));
  }

  /// Two layers of zeros with ReLU between: nothing but the head's bias ever moves.
  @Test
  void whatNeverOpens() throws Exception {
    OnnxNodes n = zero(drawn(net(), "A"), "B", "H").floats("h", d(N), new double[N]);
    n.node("a = MatMul x A").node("b = MatMul a B").node("r = Relu b").node("m = MatMul r H");
    assertEquals(Map.of("A", 0, "B", 0, "H", 0, "h", 1), steps(n.node("y = Add m h").output("y")));
  }

  /// Gradients of 1e-30 of the head's are small, not 0.
  @Test
  void whatVanishesIsNotZero() throws Exception {
    OnnxNodes n = net();
    String from = "x";
    for (int l = 0; l < 16; l++) {
      n.floats("W" + l, d(N, N), normal("W" + l, N * N, 0.01 / Math.sqrt(N)));
      n.node("v" + l + " = MatMul " + from + " W" + l);
      from = "v" + l;
    }
    steps(n.output(from)).forEach((name, step) -> assertEquals(1, step, name));
  }

  @Test
  void aDisagreementIsOne() {
    FirstSteps seen = new FirstSteps(2, java.util.Set.of(0, 1), Map.of(0, 2));
    Opening late = new Opening.At(3, OptionalInt.of(0));
    Opening never = new Opening.Never(Opening.Cause.UNREAD, OptionalInt.empty());
    assertEquals(false, seen.contradicts(1, late));
    assertEquals(true, seen.contradicts(0, late));
    assertEquals(true, seen.contradicts(0, never));
    assertEquals(false, seen.contradicts(1, never));
    assertEquals(true, seen.contradicts(1, new Opening.At(1, OptionalInt.empty())));
  }
}
