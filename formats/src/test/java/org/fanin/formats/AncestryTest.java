package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.normal;
import static org.fanin.formats.OnnxBuild.of;
import static org.fanin.formats.OnnxBuild.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Trainable;
import org.fanin.judge.Verdict;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Coverage.Approximated;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Values that met before are named, and only those; what is attention, what is no number, and what
/// has no gradient.
class AncestryTest {
  private static final int WIDTH = 32;

  @TempDir private Path dir;

  /// A graph of x and a, [batch, 32, 32], with weights W0 … W3 of He's variance, times 10 for Big.
  private Checked check(String output, NodeProto... nodes)
      throws IOException, ModelFormatException {
    GraphProto.Builder g = GraphProto.newBuilder().setName("g");
    g.addInput(value("x", "batch", WIDTH, WIDTH)).addInput(value("a", "batch", WIDTH, WIDTH));
    double std = Math.sqrt(2.0 / WIDTH);
    for (int i = 0; i < 4; i++) {
      g.addInitializer(normal("W" + i, std, 1 + i, WIDTH, WIDTH));
    }
    g.addInitializer(normal("Big", 10 * std, 9, WIDTH, WIDTH));
    g.addAllNode(List.of(nodes)).addOutput(value(output, "batch", WIDTH, WIDTH));
    Path file = dir.resolve("g.onnx");
    Files.write(file, OnnxBuild.model(g).toByteArray());
    return checked(file);
  }

  private record Checked(Forecast forecast, Judgement judgement) {
    List<String> approximated() {
      return forecast.coverage().approximated().stream().map(Approximated::op).toList();
    }

    List<String> rules() {
      return judgement.verdicts().stream().map(Verdict::rule).toList();
    }
  }

  private static Checked checked(Path file) throws IOException, ModelFormatException {
    Graph g = GraphBuilder.build(OnnxReader.read(file), new Bindings(16, Map.of()));
    Forecast f =
        Predictor.predict(
            g,
            new PredictSettings(
                PredictSettings.Mode.TRAIN,
                16,
                Map.of(),
                OptionalDouble.empty(),
                Optional.empty()));
    return new Checked(f, Judge.judge(f, Thresholds.standard()));
  }

  private static NodeProto two(String op, String a, String b, String to) {
    return node(op, List.of(a, b), List.of(to));
  }

  private static NodeProto one(String op, String a, String to) {
    return node(op, List.of(a), List.of(to));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Add", "Sub", "Mul", "Max", "Min", "MatMul"})
  void joinsOfRelatives(String op) throws Exception {
    Checked r =
        check(
            "z",
            two("Add", "x", "a", "u"),
            two("MatMul", "u", "W0", "v"),
            two("Add", "v", "u", "w"),
            two(op, "w", "v", "z"));
    assertEquals(List.of(op), r.approximated());
  }

  /// Weights that are used again, in a row and in two towers.
  @Test
  void weightsThatAreShared() throws Exception {
    Checked row =
        check(
            "z",
            two("MatMul", "x", "W0", "u"),
            one("Relu", "u", "v"),
            two("MatMul", "v", "W0", "z"));
    assertEquals(List.of("MatMul"), row.approximated());
    Checked towers =
        check(
            "z",
            two("MatMul", "x", "W0", "u"),
            two("MatMul", "a", "W0", "v"),
            two("Sub", "u", "v", "z"));
    assertEquals(List.of("Sub"), towers.approximated());
  }

  /// Parts of a concatenation that are related, summed; and mixed by fresh weights, which is exact.
  @Test
  void partsThatAreRelated() throws Exception {
    NodeProto sum = two("Add", "x", "a", "u");
    NodeProto both = node("Concat", List.of("x", "u"), List.of("c"), of("axis", 1));
    NodeProto mean =
        node(
            "ReduceMean",
            List.of("c"),
            List.of("z"),
            of("axes", new long[] {1}),
            of("keepdims", 1));
    assertEquals(List.of("ReduceMean"), check("z", sum, both, mean).approximated());
    assertEquals(List.of(), check("z", sum, both, two("MatMul", "c", "W0", "z")).approximated());
  }

  /// Residual blocks, a gate made by weights of its own, x·σ(x), and attention.
  @Test
  void ordinaryNetworksHaveNone() throws Exception {
    Checked residual =
        check(
            "z",
            two("MatMul", "x", "W0", "h"),
            one("Relu", "h", "i"),
            two("MatMul", "i", "W1", "f"),
            two("Add", "x", "f", "y"),
            one("Relu", "y", "j"),
            two("MatMul", "j", "W2", "g"),
            two("Add", "y", "g", "z"));
    assertEquals(List.of(), residual.approximated());
    Checked gated =
        check(
            "z",
            one("Sigmoid", "x", "s"),
            two("Mul", "x", "s", "u"),
            two("MatMul", "u", "W0", "v"),
            one("Sigmoid", "v", "t"),
            two("Mul", "u", "t", "w"),
            two("MatMul", "w", "W1", "f"),
            two("Add", "x", "f", "z"));
    assertEquals(List.of(), gated.approximated());
    assertEquals(List.of(), attention("W0").approximated());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp30_relu_default",
        "resnet20_nonorm",
        "gpt2_pre_ln_op17",
        "pointnet",
        "siren5",
        "two_tower",
        "lenet_tanh",
        "lstm_clf",
        "gru_clf"
      })
  void examplesHaveNone(String example) throws Exception {
    assertEquals(List.of(), checked(Examples.file(example + ".onnx")).approximated());
  }

  private Checked attention(String query) throws Exception {
    return check(
        "z",
        two("MatMul", "x", query, "q"),
        two("MatMul", "x", "W1", "k"),
        two("MatMul", "x", "W2", "v"),
        node("Transpose", List.of("k"), List.of("t"), of("perm", 0, 2, 1)),
        two("MatMul", "q", "t", "l"),
        node("Softmax", List.of("l"), List.of("p"), of("axis", -1)),
        two("MatMul", "p", "v", "z"));
  }

  /// Logits are too wide in all three; only one of them is attention.
  @Test
  void onlyAttentionCollapses() throws Exception {
    assertTrue(attention("Big").rules().contains("attention-collapse"));
    Checked router =
        check(
            "z",
            two("MatMul", "x", "Big", "l"),
            node("Softmax", List.of("l"), List.of("p"), of("axis", -1)),
            two("MatMul", "x", "W1", "v"),
            two("MatMul", "p", "v", "z"));
    assertFalse(router.rules().contains("attention-collapse"), router::toString);
  }

  @Test
  void noDifferentiablePathIsNoZero() throws Exception {
    Checked r = check("z", two("MatMul", "x", "W0", "u"), one("Sign", "u", "z"));
    assertEquals("no differentiable path: Sign", r.judgement().trainable().because());
    assertEquals(Trainable.Answer.DOUBTFUL, r.judgement().trainable().answer());
    assertFalse(r.rules().contains("zero"), r::toString);
  }

  /// What the forecast alone knows to leave the numbers; the logarithm of a softmax does not.
  @Test
  void valuesThatLeaveTheNumbers() throws Exception {
    for (String op : List.of("Log", "Sqrt")) {
      Checked r = check("z", two("MatMul", "x", "W0", "u"), one(op, "u", "z"));
      assertTrue(r.rules().contains("non-finite"), r::toString);
      assertEquals(Trainable.Answer.NO, r.judgement().trainable().answer());
    }
    Checked fine =
        check(
            "z",
            two("MatMul", "x", "W0", "u"),
            node("Softmax", List.of("u"), List.of("p"), of("axis", -1)),
            one("Log", "p", "z"));
    assertFalse(fine.rules().contains("non-finite"), fine::toString);
  }
}
