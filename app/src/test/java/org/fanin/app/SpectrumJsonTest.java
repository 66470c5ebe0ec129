package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;

/// `check --spectrum`
class SpectrumJsonTest {
  private static Run check(String model, String... more) {
    List<String> args = new ArrayList<>(List.of("check", Run.example(model), "--batch", "4"));
    args.addAll(List.of(more));
    Run r = Run.of(args.toArray(String[]::new));
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    return r;
  }

  private static Map<?, ?> map(Object o, String key) {
    return (Map<?, ?>) ((Map<?, ?>) o).get(key);
  }

  private static double number(Object o, String key) {
    return (Double) ((Map<?, ?>) o).get(key);
  }

  @Test
  void jacobianAndKernelStandBesideThePrediction() throws IOException {
    Run first = check("mlp5_relu_default", "--spectrum", "--json", "-");
    assertEquals(first.out(), check("mlp5_relu_default", "--spectrum", "--json", "-").out());
    Map<?, ?> j = map(JsonTree.parse(first.out()), "jacobian");
    assertEquals("exact", j.get("method"));
    assertEquals("sample", j.get("unit"));
    assertEquals(4, ((List<?>) j.get("matrices")).size());
    assertEquals(
        number(j, "largest") / number(j, "smallest"),
        number(j, "condition"),
        1e-4 * number(j, "condition"));
    // Right rules are within 4 standard deviations but for 6e-5 of seeds; this one is fixed.
    assertTrue(Math.abs(number(map(j, "predicted"), "z")) < 4, j::toString);
    double shares = number(map(j, "density"), "zeros");
    for (Object bin : (List<?>) map(j, "density").get("bins")) {
      shares += number(bin, "share");
    }
    assertEquals(1, shares, 1e-4);
    Map<?, ?> k = map(JsonTree.parse(first.out()), "ntk");
    assertTrue(Math.abs(number(map(k, "predicted"), "z")) < 4, k::toString);
    assertEquals(4, ((List<?>) k.get("kernel")).size());
    double trace = 4 * number(k, "outputs") * number(k, "mean_diagonal");
    assertEquals(trace, number(k, "trace"), 1e-4 * trace);
  }

  @Test
  void zeroJacobianIsSaidInWords() throws IOException {
    Run r = check("mlp5_relu_default", "--weights", "zeros", "--spectrum", "--json", "-");
    Map<?, ?> j = map(JsonTree.parse(r.out()), "jacobian");
    assertNull(j.get("condition"));
    assertEquals("the Jacobian is exactly 0", j.get("condition_because"));
    assertEquals(0, number(j, "mean_square"));
    assertFalse(r.out().contains("NaN"), r::out);
    Run text = check("mlp5_relu_default", "--weights", "zeros", "--spectrum");
    assertTrue(text.out().contains("It is exactly 0"), text::out);
  }

  @Test
  void offByDefault() {
    Run r = check("mlp5_relu_default", "--json", "-");
    assertFalse(r.out().contains("\"jacobian\"") || r.out().contains("\"ntk\""));
    assertEquals(2, Run.of("check", "x.onnx", "--no-measure", "--spectrum").code());
  }
}
