package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A measurement has the last word.
class OverruledTest {
  private static String model(String name) throws URISyntaxException {
    return Path.of(OverruledTest.class.getResource("/faults/" + name + ".onnx").toURI()).toString();
  }

  private static Map<?, ?> object(Map<?, ?> of, String key) {
    return (Map<?, ?>) of.get(key);
  }

  /// Log of negative numbers, exp of exp of exp, a division by x − x: half or all of the values are
  /// NaN or infinite.
  @ParameterizedTest
  @ValueSource(strings = {"log_neg", "exp_exp", "div0"})
  void valuesThatAreNoNumbersAreNeverTrainable(String name) throws Exception {
    Run r = Run.of("check", model(name), "--json", "-");
    Map<?, ?> report = (Map<?, ?>) JsonTree.parse(r.out());
    Map<?, ?> first = (Map<?, ?>) ((List<?>) report.get("verdicts")).getFirst();
    assertEquals("non-finite", first.get("rule"), r.out());
    assertEquals("fail", first.get("level"));
    assertEquals("no", object(report, "trainable").get("verdict"));
    assertEquals(3, r.code());
    assertFalse(Run.of("check", model(name)).out().contains("✓"));
  }

  /// A ReLU RNN whose recurrent matrix is the identity: the same weights meet their own past again.
  @Test
  void aForecastThatIsContradictedIsDoubtful() throws Exception {
    Run r = Run.of("check", model("irnn_identity"), "--json", "-");
    Map<?, ?> trainable = object((Map<?, ?>) JsonTree.parse(r.out()), "trainable");
    assertEquals("doubtful", trainable.get("verdict"), r.out());
    Map<?, ?> worst = (Map<?, ?>) ((List<?>) trainable.get("contradicted")).getFirst();
    double measured = (Double) worst.get("measured");
    double predicted = (Double) worst.get("predicted");
    assertTrue(Math.abs(Math.log(measured / predicted)) > Math.log(10), worst::toString);
    assertTrue(((String) trainable.get("because")).startsWith("the measurement contradicts"));
    assertFalse(Run.of("check", model("irnn_identity")).out().contains("✓"));
    Run alone = Run.of("check", model("irnn_identity"), "--no-measure", "--json", "-");
    assertFalse(alone.out().contains("contradicted"), alone.out());
  }

  /// What is known to be approximated is nobody's to report.
  @Test
  void anApproximationThatIsOffIsNoFaultToReport() throws Exception {
    String text = Run.of("check", model("irnn_identity")).out().replaceAll("\\s+", " ");
    assertTrue(text.contains("named above as approximated"), text);
    assertFalse(text.contains("please report it"), text);
  }

  /// What agrees with its measurement says nothing of contradictions.
  @Test
  void aForecastThatHoldsStays() {
    Run r = Run.of("check", Run.example("mlp30_relu_default"), "--json", "-");
    assertFalse(r.out().contains("contradicted"), r.out());
  }

  private static Map<?, ?> predicted(String name) throws Exception {
    Run r = Run.of("check", model(name), "--no-measure", "--json", "-");
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  private static List<?> of(List<?> all, String key) {
    return all.stream().map(x -> ((Map<?, ?>) x).get(key)).toList();
  }

  /// (x+a)+(x+b), x+x+a, (x+a)−x and a recurrent identity are approximated, and named.
  @ParameterizedTest
  @CsvSource({"diamond, Add", "sum3, Sum", "cancel, Sub", "irnn_identity, RNN"})
  void valuesThatMetBeforeAreNamed(String name, String op) throws Exception {
    List<?> all = (List<?>) object(predicted(name), "coverage").get("approximated");
    assertEquals(List.of(op), of(all, "op"));
    assertTrue(Run.of("check", model(name), "--no-measure").out().contains("approximated: "));
  }

  /// Known without a measurement too.
  @ParameterizedTest
  @ValueSource(strings = {"log_neg", "exp_exp", "div0"})
  void predictedToLeaveTheNumbers(String name) throws Exception {
    Map<?, ?> r = predicted(name);
    assertTrue(of((List<?>) r.get("verdicts"), "rule").contains("non-finite"), r::toString);
    assertEquals("no", object(r, "trainable").get("verdict"));
  }

  @Test
  void classesAreNoAttention() throws Exception {
    List<?> rules = of((List<?>) predicted("class_softmax").get("verdicts"), "rule");
    assertFalse(rules.contains("attention-collapse"), rules::toString);
  }

  /// What comes before ArgMax is judged forward.
  @Test
  void noDifferentiablePath() throws Exception {
    Map<?, ?> r = predicted("argmax_end");
    assertEquals("no differentiable path: ArgMax", object(r, "trainable").get("because"));
    assertEquals("doubtful", object(r, "trainable").get("verdict"));
    List<?> verdicts = (List<?>) r.get("verdicts");
    assertEquals(List.of("signal-level", "no-gradient"), of(verdicts, "rule"));
    assertEquals(List.of("ok", "by-design"), of(verdicts, "level"));
    assertEquals("w2", of(verdicts, "at").getFirst());
  }
}
