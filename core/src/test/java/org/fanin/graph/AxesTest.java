package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// Axes are those of the stored tensor, however the graph turns it before use.
class AxesTest {
  private static String axes(Graph g, String name) {
    Axes a = Net.parameter(g, name).fan().orElseThrow().axes().orElseThrow();
    String s = "r" + a.rows() + " c" + a.columns();
    s += a.taps().isEmpty() ? "" : " t" + a.taps();
    s += a.batch().isEmpty() ? "" : " b" + a.batch();
    s += a.parts() > 1 ? " axis " + a.partAxis() + " in " + a.parts() : "";
    return s + (a.groups() > 1 ? " groups " + a.groups() : "");
  }

  @Test
  void denseEitherWayRound() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 30)
            .weight("a", 30, 20)
            .weight("b", 10, 20)
            .weight("c", 8, 10)
            .node("h = MatMul x a")
            .node("r = Relu h")
            .node("s = Gemm r b", "transB", 1)
            .node("t = Transpose c")
            .node("y = MatMul s t")
            .output("y")
            .build();
    assertEquals("r[1] c[0]", axes(g, "a"));
    assertEquals("r[0] c[1]", axes(g, "b"));
    assertEquals("r[0] c[1]", axes(g, "c"));
  }

  @Test
  void weightOnTheLeft() throws Exception {
    Graph g =
        Net.of()
            .input("x", 30, 4)
            .weight("a", 20, 30)
            .weight("b", 20, 10)
            .node("h = MatMul a x")
            .node("r = Relu h")
            .node("y = Gemm b r", "transA", 1)
            .output("y")
            .build();
    assertEquals("r[0] c[1]", axes(g, "a"));
    assertEquals("r[1] c[0]", axes(g, "b"));
  }

  @Test
  void convolutions() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 16, 9, 9)
            .weight("grouped", 8, 4, 3, 3)
            .weight("up", 8, 5, 4, 4)
            .node("a = Conv x grouped", "group", 4)
            .node("b = Relu a")
            .node("y = ConvTranspose b up", "group", 2)
            .output("y")
            .build();
    assertEquals("r[0] c[1] t[2, 3] groups 4", axes(g, "grouped"));
    assertEquals("r[1] c[0] t[2, 3] groups 2", axes(g, "up"));
  }

  @Test
  void gatesOfEachDirection() throws Exception {
    Graph g =
        Net.of()
            .input("x", 7, 2, 5)
            .weight("w", 2, 16, 5)
            .weight("r", 2, 16, 4)
            .node("y = LSTM x w r", "hidden_size", 4, "direction", "bidirectional")
            .output("y")
            .build();
    assertEquals("r[1] c[2] b[0] axis 1 in 4", axes(g, "w"));
    assertEquals("r[1] c[2] b[0] axis 1 in 4", axes(g, "r"));
  }

  @Test
  void stackedExpertsAndHeads() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 6, 8)
            .weight("experts", 4, 8, 3)
            .weight("up", 4, 3, 5)
            .weight("heads", 2, 5, 7)
            .node("h = MatMul x experts")
            .node("r = Relu h")
            .node("z = Einsum r up", "equation", "eti,eio->eto")
            .node("q = Einsum z heads", "equation", "etd,hdk->ethk")
            .node("y = Relu q")
            .output("y")
            .build();
    assertEquals("r[2] c[1] b[0]", axes(g, "experts"));
    assertEquals("r[2] c[1] b[0]", axes(g, "up"));
    assertEquals("r[0, 2] c[1]", axes(g, "heads"));
  }

  /// Experts stored end to end along one axis, as Mixtral's fused kernels like them.
  @Test
  void expertsLaidEndToEnd() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 6, 8)
            .weight("w", 32, 3)
            .ints("to", 4, 8, 3)
            .node("e = Reshape w to")
            .node("h = MatMul x e")
            .node("y = Relu h")
            .output("y")
            .build();
    assertEquals("r[1] c[0] axis 0 in 4", axes(g, "w"));
  }

  @Test
  void embeddingAndTied() throws Exception {
    Graph g =
        Net.of()
            .input("ids", DType.I64, 2, 5)
            .weight("tok", 50, 8)
            .weight("type", 3, 8)
            .node("e = Gather tok ids")
            .node("f = Gather type ids")
            .node("h = Add e f")
            .node("t = Transpose tok")
            .node("y = MatMul h t")
            .output("y")
            .build();
    assertEquals("r[0] c[1]", axes(g, "tok"));
    assertEquals("r[1] c[0]", axes(g, "type"));
  }

  @Test
  void fusedQueryKeyValue() throws Exception {
    assertEquals("r[1] c[0] axis 1 in 3", axes(RoleTest.attention(true), "qkv"));
    assertEquals("r[1] c[0] axis 1 in 3", axes(RoleTest.attention(false), "qkv"));
  }

  @Test
  void slicesReshapesAndPicks() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .weight("in_proj", 24, 8)
            .weight("stack", 3, 8, 8)
            .weight("square", 2, 4, 5)
            .tensor("one", Tensor.ofLongs(Shape.of(), 1))
            .ints("flat", 8, 5)
            .node("w = Slice in_proj", "starts", Net.longs(8), "ends", Net.longs(16))
            .node("t = Transpose w")
            .node("h = MatMul x t")
            .node("r = Relu h")
            .node("s = Gather stack one", "axis", 0)
            .node("k = MatMul r s")
            .node("v = Reshape square flat")
            .node("q = MatMul k v")
            .node("y = Relu q")
            .output("y")
            .opset(9)
            .build();
    assertEquals("r[0] c[1] axis 0 in 3", axes(g, "in_proj"));
    assertEquals("r[2] c[1] b[0]", axes(g, "stack"));
    assertEquals("r[2] c[0, 1]", axes(g, "square"));
  }

  @Test
  void mixedAxesAreNotGuessed() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .weight("flat", 48)
            .ints("to", 8, 6)
            .node("w = Reshape flat to")
            .node("h = MatMul x w")
            .node("y = Relu h")
            .output("y")
            .build();
    assertTrue(Net.parameter(g, "flat").fan().orElseThrow().axes().isEmpty());
  }

  @Test
  void everyAxisStandsOnce() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Axes(List.of(0), List.of(0), List.of(), List.of(), -1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> Axes.matrix(0).cut(5, 3));
    assertEquals(List.of(1, 2, 3), Axes.conv(4, 1).inputs());
  }
}
