package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;
import org.junit.jupiter.api.Test;

/// What a plan needs to know, from a graph.
class SpecsOfGraphTest {
  private static TensorSpec spec(Graph g, String name) {
    return Specs.of(g).stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void blocksAreCountedAlongTheGraph() throws Exception {
    Net n = Net.of().input("x", 2, 8);
    String h = "x";
    for (int i = 0; i < 3; i++) {
      n.weight("up" + i, 8, 16)
          .weight("down" + i, 16, 8)
          .node("a" + i + " = MatMul " + h + " up" + i)
          .node("r" + i + " = Relu a" + i)
          .node("d" + i + " = MatMul r" + i + " down" + i)
          .node("h" + i + " = Add " + h + " d" + i);
      h = "h" + i;
    }
    Graph g = n.weight("out", 8, 4).node("y = MatMul " + h + " out").output("y").build();
    assertEquals(2, spec(g, "down2").layer());
    assertEquals(1, spec(g, "up1").layer());
    assertEquals(3, spec(g, "up1").layers());
    assertTrue(spec(g, "down0").residualEnd());
    assertEquals("relu", spec(g, "up0").activation());
    assertEquals("", spec(g, "down0").activation());
    assertEquals(-1, spec(g, "out").layer());
    assertEquals("graph: dense 8 → 16", spec(g, "up0").because());
  }

  /// The stem comes before the first branch, the projection lies beside one.
  @Test
  void stemAndProjectionAreInNoBlock() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3, 8, 8)
            .weight("stem", 4, 3, 1, 1)
            .weight("w1", 8, 4, 1, 1)
            .weight("w2", 8, 8, 1, 1)
            .weight("skip", 8, 4, 1, 1)
            .weight("w3", 8, 8, 1, 1)
            .weight("w4", 8, 8, 1, 1)
            .node("s = Conv x stem")
            .node("sr = Relu s")
            .node("a = Conv sr w1")
            .node("r = Relu a")
            .node("b = Conv r w2")
            .node("p = Conv sr skip")
            .node("h = Add b p")
            .node("c = Conv h w3")
            .node("cr = Relu c")
            .node("d = Conv cr w4")
            .node("y = Add d h")
            .output("y")
            .build();
    assertEquals(-1, spec(g, "stem").layer());
    assertEquals(-1, spec(g, "skip").layer());
    assertEquals(0, spec(g, "w1").layer());
    assertEquals(0, spec(g, "w2").layer());
    assertEquals(1, spec(g, "w3").layer());
    assertEquals(2, spec(g, "w3").layers());
  }

  @Test
  void gatesComeInTheOperatorsOrder() throws Exception {
    Graph g =
        Net.of()
            .input("x", 7, 2, 5)
            .weight("w", 1, 16, 5)
            .weight("r", 1, 16, 4)
            .weight("b", 1, 32)
            .node("y = LSTM x w r b", "hidden_size", 4)
            .output("y")
            .build();
    assertEquals("iofg", spec(g, "w").gates());
    assertEquals("iofgiofg", spec(g, "b").gates());
    assertEquals(Role.LSTM_BIAS, spec(g, "b").role());
  }
}
