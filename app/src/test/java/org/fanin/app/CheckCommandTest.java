package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckCommandTest {
  private static Map<?, ?> json(String model, String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of("check", Run.example(model), "--json", "-"));
    args.addAll(List.of(more));
    Run r = Run.of(args.toArray(String[]::new));
    assertTrue(r.code() == 0 || r.code() == 3, r.err());
    assertEquals("", r.err());
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mlp5_relu_default", "lenet_tanh", "gru_clf", "gpt2_pre_ln_op17", "two_tower"})
  void jsonFollowsTheSchema(String model) throws IOException {
    Map<?, ?> j = json(model);
    assertEquals("fanin.check/1", j.get("schema"));
    assertTrue(
        j.keySet()
            .containsAll(
                Set.of(
                    "model",
                    "provenance",
                    "assumptions",
                    "coverage",
                    "tensors",
                    "parameters",
                    "verdicts",
                    "trainable")));
    assertTrue(
        ((Map<?, ?>) j.get("assumptions")).keySet().containsAll(Set.of("batch", "bn", "input")));
    assertTrue(
        ((Map<?, ?>) j.get("coverage"))
            .keySet()
            .containsAll(Set.of("nodes", "understood", "foreign")));
    for (Object o : (List<?>) j.get("tensors")) {
      Map<?, ?> t = (Map<?, ?>) o;
      assertTrue(t.keySet().containsAll(Set.of("name", "node", "op", "shape", "predicted")));
      Map<?, ?> p = (Map<?, ?>) t.get("predicted");
      assertTrue(
          p.containsKey("unknown")
              || p.keySet().containsAll(Set.of("mean", "m2", "m2_typical", "cos")),
          p::toString);
    }
    for (Object o : (List<?>) j.get("parameters")) {
      assertTrue(
          ((Map<?, ?>) o)
              .keySet()
              .containsAll(
                  Set.of(
                      "name",
                      "role",
                      "shape",
                      "fan_in",
                      "fan_out",
                      "scheme",
                      "m2",
                      "recommended",
                      "predicted")));
    }
    for (Object o : (List<?>) j.get("verdicts")) {
      assertTrue(
          ((Map<?, ?>) o)
              .keySet()
              .containsAll(
                  Set.of("rule", "level", "at", "value", "threshold", "because", "do", "source")));
    }
    Map<?, ?> t = (Map<?, ?>) j.get("trainable");
    assertTrue(Set.of("yes", "no", "doubtful").contains(t.get("verdict")));
    double score = (Double) t.get("score");
    assertTrue(score >= 0 && score <= 1);
  }

  @Test
  void vanishingNetworkIsUnhealthyAndSaysWhy() throws IOException {
    Run r = Run.of("check", Run.example("mlp50_sigmoid_xavier"));
    assertEquals(3, r.code(), r::toString);
    assertTrue(r.out().contains("vanishing-gradient"), r::toString);
    assertTrue(r.out().contains("trainable: no"), r::toString);
  }

  @Test
  void schemeReplacesTheWeights() throws IOException {
    assertNotNull(json("mlp30_relu_default", "--weights", "he-normal").get("trainable"));
    assertEquals(
        "he-normal",
        ((Map<?, ?>) json("mlp30_relu_default", "--weights", "he-normal").get("assumptions"))
            .get("weights"));
  }

  @Test
  void severalModelsWriteAFolder(@TempDir Path dir) throws IOException {
    Path folder = dir.resolve("reports");
    Run r =
        Run.of(
            "check",
            Run.example("lenet_tanh"),
            Run.example("gru_clf"),
            "--json",
            folder.toString());
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    assertNotNull(JsonTree.parse(Files.readString(folder.resolve("lenet_tanh.json"))));
    assertNotNull(JsonTree.parse(Files.readString(folder.resolve("gru_clf.json"))));
    try (var files = Files.list(folder)) {
      assertEquals(2, files.count(), "nothing else is left in the folder");
    }
  }

  @Test
  void sampleDrivesTheBatch() throws IOException {
    String npz = Run.example("lenet_tanh").replace(".onnx", ".io.npz");
    Map<?, ?> sampled =
        (Map<?, ?>) json("lenet_tanh", "--batch", "4", "--input", npz).get("assumptions");
    Map<?, ?> plain = (Map<?, ?>) json("lenet_tanh", "--batch", "4").get("assumptions");
    assertEquals(16.0, sampled.get("batch"), "the sample's");
    assertEquals(4.0, plain.get("batch"));
  }

  @Test
  void sampleOfAnotherModelIsRefused() {
    String npz = Run.example("two_tower").replace(".onnx", ".io.npz");
    Run r = Run.of("check", Run.example("lenet_tanh"), "--input", npz);
    assertEquals(4, r.code(), r::toString);
    assertTrue(r.err().contains("wanted the graph's inputs"), r::toString);
  }

  @Test
  void inputM2ScalesTheSignal() throws IOException {
    List<?> one = (List<?>) json("mlp5_relu_default").get("tensors");
    List<?> four = (List<?>) json("mlp5_relu_default", "--input-m2", "4").get("tensors");
    double ratio = m2(four.getFirst()) / m2(one.getFirst());
    assertTrue(ratio > 3.8 && ratio <= 4, "bias apart, four times: " + ratio);
  }

  private static double m2(Object tensor) {
    return (Double) ((Map<?, ?>) ((Map<?, ?>) tensor).get("predicted")).get("m2");
  }

  @Test
  void thresholdsChangeTheVerdict() {
    String model = Run.example("mlp5_relu_default");
    assertEquals(0, Run.of("check", model).code());
    assertEquals(3, Run.of("check", model, "-T", "vanishing.fail=2").code());
  }

  @Test
  void reportFitsTheWidth() {
    Run r = Run.of("check", Run.example("gpt2_pre_ln_op17"), "--width", "60", "--color", "never");
    r.out().lines().forEach(l -> assertTrue(l.codePointCount(0, l.length()) <= 60, l));
  }

  @Test
  void sameInputSameBytes() {
    String model = Run.example("gpt2_pre_ln_op17");
    assertEquals(
        Run.of("check", model, "--json", "-").out(), Run.of("check", model, "--json", "-").out());
  }
}
