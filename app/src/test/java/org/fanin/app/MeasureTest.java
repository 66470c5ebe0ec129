package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;

class MeasureTest {
  private static Map<?, ?> json(String model, String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of("check", Run.example(model), "--json", "-"));
    args.addAll(List.of(more));
    Run r = Run.of(args.toArray(String[]::new));
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  private static Map<?, ?> map(Object o, String key) {
    return (Map<?, ?>) ((Map<?, ?>) o).get(key);
  }

  private static double number(Object o, String key) {
    return (Double) ((Map<?, ?>) o).get(key);
  }

  @Test
  void everyTensorIsMeasuredAndRightPredictionsAreCalledSo() throws IOException {
    Map<?, ?> j = json("mlp5_relu_default");
    for (Object t : (List<?>) j.get("tensors")) {
      Map<?, ?> m = map(t, "measured");
      assertTrue(m.keySet().containsAll(List.of("mean", "m2", "cos", "gm2", "zeros", "se")));
      double predicted = number(map(t, "predicted"), "m2_typical");
      // Seed to seed ln m2 scatters by about .2 here; these weights, inputs are fixed.
      assertEquals(0, Math.log(number(m, "m2") / predicted), 0.6, t::toString);
      assertTrue(Math.abs(number(map(m, "z"), "m2")) < 4, t::toString);
    }
    for (Object p : (List<?>) j.get("parameters")) {
      assertTrue(number(map(p, "measured"), "gm2") > 0, p::toString);
    }
    Map<?, ?> n = map(j, "measurement");
    double pairs = 2.0 * ((List<?>) j.get("tensors")).size();
    assertEquals(0, number(n, "rule_off"), n::toString);
    // The input's own pair is counted too, and has no gradient pair where none is asked for.
    double sum =
        number(n, "as_predicted")
            + number(n, "unlucky_seed")
            + number(n, "rule_off")
            + number(n, "not_predicted");
    assertTrue(sum >= pairs, n::toString);
  }

  @Test
  void noMeasureLeavesNoTrace() throws IOException {
    Map<?, ?> j = json("mlp5_relu_default", "--no-measure");
    assertFalse(j.containsKey("measurement"));
    for (Object t : (List<?>) j.get("tensors")) {
      assertFalse(((Map<?, ?>) t).containsKey("measured"));
    }
    Run r = Run.of("check", Run.example("mlp5_relu_default"), "--no-measure");
    assertFalse(r.out().contains("measured"), r::toString);
  }

  @Test
  void drawsStandBesideTheBand() throws IOException {
    int k = 8;
    Map<?, ?> j = json("mlp5_relu_default", "--draws", "" + k);
    assertEquals(k, number(j, "draws"));
    assertEquals(0, number(j, "parameters_kept"), "PyTorch's default, biases too");
    for (Object t : (List<?>) j.get("tensors")) {
      Map<?, ?> d = map(t, "measured_draws");
      double sd = number(d, "m2_ln_sd");
      double predicted = number(map(t, "predicted"), "m2_typical");
      double off = Math.log(number(d, "m2_typical") / predicted);
      // Four standard errors of the mean of ln over draws (false alarm 6e-5 each, were they
      // normal), and what the rules may be off by.
      assertTrue(Math.abs(off) < 4 * sd / Math.sqrt(k) + 0.1, t + " off by " + off);
      assertTrue(number(d, "m2") >= number(d, "m2_typical"), "arithmetic over geometric mean");
    }
  }

  @Test
  void inputAndWeightsAreThoseThatTheForecastAssumed() throws IOException {
    double one = firstM2(json("mlp5_relu_default"));
    double four = firstM2(json("mlp5_relu_default", "--input-m2", "4"));
    assertTrue(four / one > 3.7 && four / one <= 4, "bias apart, four times: " + four / one);
    double he = firstM2(json("mlp5_relu_default", "--weights", "he-normal"));
    // Var w of He is six times that of PyTorch's default.
    assertTrue(he / one > 5 && he / one < 7, "he-normal: " + he / one);
  }

  private static double firstM2(Map<?, ?> j) {
    return number(map(((List<?>) j.get("tensors")).getFirst(), "measured"), "m2");
  }

  @Test
  void largeGraphsAreSkippedWithASentence() {
    Run r = Run.of("check", Run.example("mlp5_relu_default"), "--batch", "60000");
    assertTrue(r.out().contains("Predicted only: not measured: a forward pass takes"), r.out());
    assertEquals(2, Run.of("check", "x.onnx", "--no-measure", "--draws", "2").code());
  }

  @Test
  void tableShowsBothAndCounts() {
    Run r = Run.of("check", Run.example("mlp5_relu_default"), "--width", "120");
    assertTrue(r.out().contains("measured") && r.out().contains("unlucky seed"), r.out());
    assertTrue(r.out().lines().anyMatch(l -> l.matches(".* m2 +measured +z .*")), r.out());
  }
}
