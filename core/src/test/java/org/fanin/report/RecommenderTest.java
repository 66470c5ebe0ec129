package org.fanin.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.judge.Nets;
import org.fanin.predict.Forecast;
import org.junit.jupiter.api.Test;

class RecommenderTest {
  private final Forecast mlp = Nets.mlp(3, 0, 0, .5);

  @Test
  void firstLayerHasNoActivationBeforeIt() {
    Recommender r = new Recommender(mlp.graph());
    var first = r.of(mlp.graph().parameters().getFirst()).orElseThrow();
    assertEquals("lecun-normal", first.scheme().name());
    assertEquals(1.0 / 8, first.variance());
  }

  @Test
  void afterReluTwoOverFanIn() {
    Recommender r = new Recommender(mlp.graph());
    var second = r.of(mlp.graph().parameters().get(1)).orElseThrow();
    assertEquals("he-normal", second.scheme().name());
    assertEquals(2.0 / 8, second.variance());
    assertTrue(second.because().contains("relu"), second.because());
  }

  @Test
  void layerIsExplainedWithItsNumbers() {
    LayerExplanation e = LayerExplanation.of(mlp, "fc1");
    assertEquals("fc1", e.layer());
    assertEquals(Math.log(.5), e.steps().get(1).lnValue(), 1e-12, "8 · 1/8 · ½");
    assertEquals(0, e.steps().get(2).lnValue(), 1e-12, "what the forecast says");
    assertTrue(String.join("\n", e.lines(80)).contains("8 · 0.125 · 0.500"));
    var missing =
        assertThrows(IllegalArgumentException.class, () -> LayerExplanation.of(mlp, "fc9"));
    assertTrue(missing.getMessage().contains("fc0, fc1, fc2"), missing.getMessage());
  }
}
