package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.normal;
import static org.fanin.formats.OnnxBuild.of;
import static org.fanin.formats.OnnxBuild.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Bindings;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.HeadLoss;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Verdict;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Heads that are convolutions: which axis the classes are on, and what a detector begins with.
class HeadsTest {
  private static final int CHANNELS = 32;
  private static final int SIDE = 12;

  @TempDir private Path dir;

  /// x [batch, 32, 12, 12] → Conv 1×1 "head" of `classes` maps → `tail`, from logits to y.
  private Judgement judge(int classes, double gain, float bias, NodeProto... tail)
      throws IOException, ModelFormatException {
    GraphProto.Builder g = GraphProto.newBuilder().setName("g");
    g.addInput(value("x", "batch", CHANNELS, SIDE, SIDE));
    g.addInitializer(normal("head.weight", gain / Math.sqrt(CHANNELS), 1, classes, CHANNELS, 1, 1));
    float[] b = new float[classes];
    java.util.Arrays.fill(b, bias);
    g.addInitializer(OnnxBuild.floats("head.bias", new long[] {classes}, b));
    g.addInitializer(OnnxBuild.longs("rows", 0, -1, classes));
    List<NodeProto> nodes = new ArrayList<>();
    String first = tail.length == 0 ? "y" : "logits";
    nodes.add(node("Conv", List.of("x", "head.weight", "head.bias"), List.of(first)));
    nodes.addAll(List.of(tail));
    g.addAllNode(nodes).addOutput(value("y", "batch", 1));
    Path file = dir.resolve("g.onnx");
    Files.write(file, OnnxBuild.model(g).toByteArray());
    return Judge.judge(
        Predictor.predict(
            GraphBuilder.build(OnnxReader.read(file), new Bindings(16, Map.of())),
            new PredictSettings(
                PredictSettings.Mode.TRAIN,
                16,
                Map.of(),
                OptionalDouble.empty(),
                Optional.empty())),
        Thresholds.standard());
  }

  private static Optional<Verdict> only(Judgement j, String rule) {
    return j.verdicts().stream().filter(v -> v.rule().equals(rule)).findFirst();
  }

  /// Logits of standard deviation 20 over 21 classes: E ln Σ e^l is 20 times the mean of the
  /// largest of 21 normals, 1.889, and a little.
  @Test
  void classesOfASegmentationAreChannels() throws Exception {
    Judgement j = judge(21, 20, 0, node("Softmax", List.of("logits"), List.of("y"), of("axis", 1)));
    HeadLoss loss = j.loss().orElseThrow();
    assertEquals(21, loss.classes());
    assertEquals(HeadLoss.Kind.SOFTMAX, loss.kind());
    assertEquals(20, loss.logitStd(), 1.5);
    assertEquals(38, loss.crossEntropy(), 3);
    Verdict v = only(j, "head-scale").orElseThrow();
    assertEquals(Verdict.Level.FAIL, v.level());
    assertEquals("head.weight", v.at());
  }

  @Test
  void anArgMaxSaysWhereTheClassesAre() throws Exception {
    NodeProto max =
        node("ArgMax", List.of("logits"), List.of("y"), of("axis", 1), of("keepdims", 0));
    HeadLoss loss = judge(3, 20, 0, max).loss().orElseThrow();
    assertEquals(3, loss.classes());
    assertEquals(HeadLoss.Kind.SOFTMAX, loss.kind());
  }

  /// The classes go last, as a loss over tokens wants them.
  @Test
  void classesAreFollowedThroughTransposes() throws Exception {
    Judgement j =
        judge(
            7,
            20,
            0,
            node("Transpose", List.of("logits"), List.of("t"), of("perm", 0, 2, 3, 1)),
            node("Reshape", List.of("t", "rows"), List.of("y")));
    assertEquals(7, j.loss().orElseThrow().classes());
    assertEquals("head.weight", only(j, "head-scale").orElseThrow().at());
  }

  /// Nothing says what they are: maps of more than four channels may be classes, pictures are not.
  @ParameterizedTest
  @CsvSource({"21, true", "5, true", "3, false", "1, false"})
  void mapsWithoutASoftmax(int channels, boolean classes) throws Exception {
    Judgement j = judge(channels, 20, 0);
    assertEquals(classes, j.loss().isPresent());
    assertEquals(
        classes ? Optional.of(Verdict.Level.WARN) : Optional.empty(),
        only(j, "head-scale").map(Verdict::level));
  }

  /// σ(−4.6) = .01 is the prior of a focal loss; a bias of 0 says .5 of every anchor.
  @ParameterizedTest
  @CsvSource({"0, true", "-4.6, false"})
  void detectorsBeginWithTheirPrior(float bias, boolean noted) throws Exception {
    Judgement j =
        judge(
            12,
            1,
            bias,
            node("Transpose", List.of("logits"), List.of("t"), of("perm", 0, 2, 3, 1)),
            node("Reshape", List.of("t", "rows"), List.of("r")),
            node("Sigmoid", List.of("r"), List.of("y")));
    Optional<Verdict> v = only(j, "head-prior");
    assertEquals(noted ? Optional.of(Verdict.Level.NOTE) : Optional.empty(), v.map(Verdict::level));
    assertTrue(only(j, "head-scale").isEmpty());
    if (noted) {
      assertEquals("head", v.get().at());
      assertTrue(v.get().because().contains("12 outputs of head at each of 144"), v::toString);
    }
  }

  @Test
  void gatesAndPicturesAreNoDetectors() throws Exception {
    assertTrue(
        only(judge(3, 1, 0, node("Sigmoid", List.of("logits"), List.of("y"))), "head-prior")
            .isEmpty());
    Judgement gate =
        judge(
            CHANNELS,
            1,
            0,
            node("Sigmoid", List.of("logits"), List.of("s")),
            node("Mul", List.of("x", "s"), List.of("p")),
            node("Conv", List.of("p", "head.weight", "head.bias"), List.of("y")));
    assertTrue(only(gate, "head-prior").isEmpty());
  }
}
