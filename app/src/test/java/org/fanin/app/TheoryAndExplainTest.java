package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.fanin.formats.JsonTree;
import org.junit.jupiter.api.Test;

class TheoryAndExplainTest {
  private static Map<?, ?> json(String line) throws IOException {
    Run r = Run.of(line.split(" "));
    assertEquals(0, r.code(), r::toString);
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  private static double number(Map<?, ?> m, String key) {
    return (Double) m.get(key);
  }

  /// theory.md section 9.
  @Test
  void tanhAsInTheLiterature() throws IOException {
    Map<?, ?> t = json("theory --activation tanh --sigma-w 1.3 --sigma-b 0.3 --json -");
    assertEquals(.60705, number(t, "q_star"), 5e-6);
    assertEquals(.93981, number(t, "chi_1"), 5e-6);
    assertEquals(16.11, number(t, "xi_c"), 5e-3);
    assertEquals(1.59254, number(t, "gain_forward"), 5e-6);
    assertEquals(1.46741, number(t, "gain_backward"), 5e-6);
  }

  @Test
  void edgeOfChaos() throws IOException {
    Map<?, ?> t = json("theory --activation tanh --sigma-b 0.22360679775 --edge-of-chaos --json -");
    assertEquals(1.7610, Math.pow(number(t, "sigma_w_critical"), 2), 5e-5);
    assertEquals(.570, number(t, "q_critical"), 5e-4);
  }

  @Test
  void undefinedIsNullWithAReason() throws IOException {
    Map<?, ?> t = json("theory --activation relu --json -");
    assertNull(t.get("q_star"));
    assertTrue(t.get("q_star_because").toString().contains("every q"), t::toString);
  }

  @Test
  void tableOfAllActivations() throws IOException {
    assertTrue(((List<?>) json("theory --json -").get("activations")).size() > 10);
    Run r = Run.of("theory");
    assertTrue(r.out().contains("1.84623"), r::toString);
  }

  @Test
  void layersAreFollowed() throws IOException {
    List<?> layers = (List<?>) json("theory --activation relu --depth 10 --json -").get("layers");
    assertEquals(.871536, number((Map<?, ?>) layers.get(10), "cos"), 5e-7);
  }

  @Test
  void explainBeginsWithTheNeuron() throws IOException {
    Run r = Run.of("explain", "--fan-in", "4");
    assertEquals(0, r.code(), r::toString);
    assertTrue(r.out().contains("Var(z) = n·Var(w)·E[x²]"), r::toString);
    Map<?, ?> first =
        (Map<?, ?>) ((List<?>) json("explain --fan-in 4 --json -").get("steps")).getFirst();
    assertEquals(4.0, number(first, "predicted"));
  }

  @Test
  void explainALayerOfAModel() throws IOException {
    Run r = Run.of("explain", Run.example("mlp5_relu_default"), "--layer", "2.weight");
    assertEquals(0, r.code(), r::toString);
    assertTrue(r.out().contains("fan_in · E[w²] · E[x²]"), r::toString);
    Run unknown = Run.of("explain", Run.example("mlp5_relu_default"), "--layer", "nowhere");
    assertEquals(2, unknown.code(), unknown::toString);
    assertTrue(unknown.err().contains("there are 5"), unknown::toString);
    assertEquals(2, Run.of("explain", "--layer", "x").code());
  }
}
