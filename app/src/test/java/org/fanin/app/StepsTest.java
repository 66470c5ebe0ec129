package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;

/// `check --steps`.
class StepsTest {
  @Test
  void everyParameterHasAMeasuredStep() throws Exception {
    Run r = Run.of("check", Run.example("mlp30_relu_default"), "--steps", "1", "--json", "-");
    Map<?, ?> report = (Map<?, ?>) JsonTree.parse(r.out());
    List<?> parameters = (List<?>) report.get("parameters");
    assertEquals(60, parameters.size());
    for (Object p : parameters) {
      Map<?, ?> opens = (Map<?, ?>) ((Map<?, ?>) p).get("opens");
      assertEquals(1, ((Number) opens.get("measured_step")).intValue(), opens.toString());
      assertEquals(true, opens.get("as_predicted"));
    }
    Run text = Run.of("check", Run.example("mlp30_relu_default"), "--steps", "1", "--width", "200");
    String said =
        "1 steps taken, of 60 parameters 60 got their first gradient at step 1, as predicted";
    assertTrue(text.out().contains(said.replaceFirst("1 steps", "1 step")), text.out());
  }

  @Test
  void stepsAreMeasured() {
    assertEquals(2, Run.of("check", "x.onnx", "--steps", "3", "--no-measure").code());
    assertEquals(2, Run.of("check", "x.onnx", "--steps", "-1").code());
  }
}
