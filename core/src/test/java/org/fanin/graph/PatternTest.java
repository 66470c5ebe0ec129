package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.graph.Graph.Pattern;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PatternTest {
  private static Pattern only(Graph g, Pattern.Kind kind) {
    List<Pattern> p = g.patterns().stream().filter(x -> x.kind() == kind).toList();
    assertEquals(1, p.size(), () -> kind + " among " + g.patterns());
    return p.getFirst();
  }

  private static void assertPattern(Graph g, Pattern.Kind kind, String root, String result) {
    Pattern p = only(g, kind);
    assertEquals(root, g.value(p.root()).name());
    assertEquals(result, g.value(p.result()).name());
    assertEquals(g.value(p.result()).producer(), p.nodes().getLast());
  }

  private static Net x() {
    return Net.of().input("x", 2, 3, 8).output("y");
  }

  private static Net with(Net n, String name, double value) {
    return n.node(name + " = Constant", "value", Tensor.ofDoubles(Shape.of(), value));
  }

  private static Net constants() {
    Net n = x();
    with(n, "half", 0.5);
    with(n, "one", 1);
    with(n, "two", 2);
    with(n, "three", 3);
    with(n, "root2", 1.4142135381698608);
    with(n, "eps", 1e-5);
    with(n, "cubic", 0.044714998453855515);
    with(n, "rate", 0.7978845834732056);
    return n;
  }

  @Test
  void geluByErfInThreeSpellings() throws Exception {
    Net core = constants().node("d = Div x root2").node("e = Erf d").node("a = Add e one");
    assertPattern(
        core.node("m = Mul x a").node("y = Mul m half").build(), Pattern.Kind.GELU_ERF, "x", "y");
    core = constants().node("d = Div x root2").node("e = Erf d").node("a = Add e one");
    assertPattern(
        core.node("h = Mul x half").node("y = Mul h a").build(), Pattern.Kind.GELU_ERF, "x", "y");
    core = constants().node("d = Div x root2").node("e = Erf d").node("a = Add e one");
    assertPattern(
        core.node("h = Mul a half").node("y = Mul x h").build(), Pattern.Kind.GELU_ERF, "x", "y");
  }

  @Test
  void geluByTanh() throws Exception {
    Graph g =
        constants()
            .node("p = Pow x three")
            .node("c = Mul p cubic")
            .node("s = Add x c")
            .node("r = Mul s rate")
            .node("t = Tanh r")
            .node("a = Add t one")
            .node("h = Mul x half")
            .node("y = Mul h a")
            .build();
    assertPattern(g, Pattern.Kind.GELU_TANH, "x", "y");
  }

  @Test
  void siluMishHardSwish() throws Exception {
    assertPattern(
        x().node("s = Sigmoid x").node("y = Mul x s").build(), Pattern.Kind.SILU, "x", "y");
    assertPattern(
        x().node("s = Softplus x").node("t = Tanh s").node("y = Mul x t").build(),
        Pattern.Kind.MISH,
        "x",
        "y");
    assertPattern(
        x().node("s = HardSigmoid x", "alpha", 1 / 6.0).node("y = Mul s x").build(),
        Pattern.Kind.HARD_SWISH,
        "x",
        "y");
  }

  @Test
  void aLookAlikeIsNone() throws Exception {
    Graph g = constants().node("d = Div x half").node("s = Sigmoid d").node("y = Mul x s").build();
    assertTrue(g.patterns().isEmpty());
  }

  @Test
  void layerNorm() throws Exception {
    Graph g =
        constants()
            .weight("g", 8)
            .weight("b", 8)
            .node("m = ReduceMean x", "axes", Net.longs(-1))
            .node("d = Sub x m")
            .node("p = Pow d two")
            .node("v = ReduceMean p", "axes", Net.longs(-1))
            .node("e = Add v eps")
            .node("s = Sqrt e")
            .node("n = Div d s")
            .node("w = Mul n g")
            .node("y = Add w b")
            .build();
    assertPattern(g, Pattern.Kind.LAYER_NORM, "x", "n");
    assertEquals(7, only(g, Pattern.Kind.LAYER_NORM).nodes().size());
    assertEquals(Role.NORM_SCALE, Net.parameter(g, "g").role());
    assertEquals(Role.NORM_SHIFT, Net.parameter(g, "b").role());
  }

  @Test
  void rmsNormWithCastsAndReciprocal() throws Exception {
    Graph g =
        constants()
            .weight("g", 8)
            .node("c = Cast x", "to", 11)
            .node("p = Mul c c")
            .node("v = ReduceMean p", "axes", Net.longs(-1))
            .node("e = Add v eps")
            .node("s = Sqrt e")
            .node("r = Reciprocal s")
            .node("n = Mul c r")
            .node("h = Cast n", "to", 1)
            .node("y = Mul g h")
            .build();
    assertPattern(g, Pattern.Kind.RMS_NORM, "x", "n");
    assertEquals(Role.NORM_SCALE, Net.parameter(g, "g").role());
  }

  @Test
  void l2NormAsFunctionalNormalizeWritesIt() throws Exception {
    Graph g =
        constants()
            .node("s = ReduceL2 x", "axes", Net.longs(-1))
            .node("k = Clip s eps")
            .ints("to", 2, 3, 8)
            .node("e = Expand k to")
            .node("y = Div x e")
            .build();
    assertPattern(g, Pattern.Kind.L2_NORM, "x", "y");
  }

  @Test
  void attention() throws Exception {
    Graph g = RoleTest.attention(true);
    assertPattern(g, Pattern.Kind.ATTENTION, "sm", "o");
  }

  @Test
  void rotaryInHalves() throws Exception {
    Graph g =
        x().weight("cos", 3, 8)
            .weight("sin", 3, 8)
            .node("a = Slice x", "starts", Net.longs(0), "ends", Net.longs(4), "axes", Net.longs(2))
            .node("b = Slice x", "starts", Net.longs(4), "ends", Net.longs(8), "axes", Net.longs(2))
            .node("n = Neg b")
            .node("r = Concat n a", "axis", 2)
            .node("c = Mul x cos")
            .node("s = Mul r sin")
            .node("y = Add c s")
            .build();
    assertPattern(g, Pattern.Kind.ROPE, "x", "y");
    assertEquals(Role.TABLE, Net.parameter(g, "cos").role());
  }

  @Test
  void gatedUnit() throws Exception {
    Graph g =
        x().weight("w", 8, 16)
            .weight("v", 8, 16)
            .node("a = MatMul x w")
            .node("b = MatMul x v")
            .node("s = Sigmoid a")
            .node("t = Mul a s")
            .node("y = Mul t b")
            .build();
    assertPattern(g, Pattern.Kind.GATED_UNIT, "a", "y");
    assertPattern(g, Pattern.Kind.SILU, "a", "t");
  }
}
