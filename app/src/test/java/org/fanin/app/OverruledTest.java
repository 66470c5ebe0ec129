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

  /// What agrees with its measurement says nothing of contradictions.
  @Test
  void aForecastThatHoldsStays() {
    Run r = Run.of("check", Run.example("mlp30_relu_default"), "--json", "-");
    assertFalse(r.out().contains("contradicted"), r.out());
  }
}
