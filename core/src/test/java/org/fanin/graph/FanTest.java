package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;

/// Fans by use. The counts follow theory.md §2: terms in the sum of one output element, and of one
/// input's gradient.
class FanTest {
  private static Fan fan(Graph g, String name) {
    return Net.parameter(g, name).fan().orElseThrow();
  }

  private static void assertFan(double in, double out, int blocks, Fan f) {
    assertEquals(in, f.in(), 1e-12, f.because());
    assertEquals(out, f.out(), 1e-12, f.because());
    assertEquals(blocks, f.blocks(), f.because());
  }

  @Test
  void denseEitherWayRound() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 30)
            .weight("a", 30, 20)
            .weight("b", 10, 20)
            .weight("bias", 10)
            .node("h = MatMul x a")
            .node("r = Relu h")
            .node("y = Gemm r b bias", "transB", 1)
            .output("y")
            .build();
    assertFan(30, 20, 1, fan(g, "a"));
    assertFan(20, 10, 1, fan(g, "b"));
    assertEquals("dense 30 → 20", fan(g, "a").because());
    assertEquals(Role.WEIGHT, Net.parameter(g, "a").role());
    assertEquals(Role.HEAD, Net.parameter(g, "b").role());
    assertEquals(Role.BIAS, Net.parameter(g, "bias").role());
    assertTrue(Net.parameter(g, "bias").fan().isEmpty());
  }

  @Test
  void convolutions() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 16, 9, 9)
            .weight("plain", 32, 16, 3, 3)
            .weight("grouped", 8, 4, 3, 3)
            .weight("depthwise", 16, 1, 5, 5)
            .node("a = Conv x plain", "strides", Net.longs(2, 2))
            .node("b = Conv x grouped", "group", 4)
            .node("c = Conv x depthwise", "group", 16)
            .node("ya = Relu a")
            .node("yb = Relu b")
            .node("yc = Relu c")
            .output("ya", "yb", "yc")
            .build();
    assertFan(9 * 16, 9 * 32 / 4.0, 1, fan(g, "plain"));
    assertFan(9 * 4, 9 * 2, 1, fan(g, "grouped"));
    assertFan(25, 25, 1, fan(g, "depthwise"));
    assertTrue(fan(g, "depthwise").because().contains("depthwise"));
  }

  @Test
  void transposedConvolutionHearsOnePhase() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1, 12, 9, 9)
            .weight("w", 12, 5, 4, 4)
            .node("a = ConvTranspose x w", "strides", Net.longs(2, 2), "group", 3)
            .node("y = Relu a")
            .output("y")
            .build();
    assertFan(16 * 4 / 4.0, 16 * 5, 1, fan(g, "w"));
  }

  @Test
  void gatesOfARecurrentLayer() throws Exception {
    Graph g =
        Net.of()
            .input("x", 7, 2, 5)
            .weight("w", 2, 16, 5)
            .weight("r", 2, 16, 4)
            .node("y = LSTM x w r", "hidden_size", 4, "direction", "bidirectional")
            .output("y")
            .build();
    assertFan(5, 4, 8, fan(g, "w"));
    assertFan(4, 4, 8, fan(g, "r"));
    assertEquals(Role.LSTM_RECURRENT, Net.parameter(g, "r").role());
  }

  @Test
  void stackedExperts() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 6, 8)
            .weight("experts", 4, 8, 3)
            .weight("up", 4, 3, 5)
            .node("h = MatMul x experts")
            .node("r = Relu h")
            .node("z = Einsum r up", "equation", "eti,eio->eto")
            .node("y = Relu z")
            .output("y")
            .build();
    assertFan(8, 3, 4, fan(g, "experts"));
    assertFan(3, 5, 4, fan(g, "up"));
    assertEquals(Role.STACKED, Net.parameter(g, "up").role());
  }

  @Test
  void headAxesOfAnEinsumAreColumnsNotBlocks() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 6, 32)
            .weight("w", 4, 32, 8)
            .node("z = Einsum x w", "equation", "btd,hdk->bthk")
            .node("y = Relu z")
            .output("y")
            .build();
    assertFan(32, 32, 1, fan(g, "w"));
    assertEquals(Role.WEIGHT, Net.parameter(g, "w").role());
  }

  @Test
  void embeddingAloneAndTied() throws Exception {
    Graph g =
        Net.of()
            .input("ids", DType.I64, 2, 5)
            .weight("tok", 50, 8)
            .weight("type", 3, 8)
            .node("e = Gather tok ids")
            .node("f = Gather type ids")
            .node("h = Add e f")
            .node("r = Relu h")
            .node("t = Transpose tok")
            .node("y = MatMul r t")
            .output("y")
            .build();
    assertEquals(Role.TIED, Net.parameter(g, "tok").role());
    assertFan(8, 50, 1, fan(g, "tok"));
    assertTrue(fan(g, "tok").because().contains("also an embedding"));
    assertEquals(Role.EMBEDDING, Net.parameter(g, "type").role());
    assertFan(1, 8, 1, fan(g, "type"));
  }

  @Test
  void fusedQueryKeyValueBySplit() throws Exception {
    Graph g = RoleTest.attention(true);
    assertEquals(Role.FUSED_QKV, Net.parameter(g, "qkv").role());
    assertFan(16, 16, 3, fan(g, "qkv"));
    assertEquals(Role.BIAS, Net.parameter(g, "qkv.bias").role());
  }

  @Test
  void fusedQueryKeyValueByGather() throws Exception {
    // timm: reshape to [B, T, 3, H, D], permute, pick 0, 1, 2.
    Graph g = RoleTest.attention(false);
    assertEquals(Role.FUSED_QKV, Net.parameter(g, "qkv").role());
    assertFan(16, 16, 3, fan(g, "qkv"));
  }

  @Test
  void aSlicedWeightCountsItsParts() throws Exception {
    // PyTorch slices in_proj_weight in the graph when query and key differ.
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .weight("in_proj", 24, 8)
            .node("w = Slice in_proj", "starts", Net.longs(8), "ends", Net.longs(16))
            .node("t = Transpose w")
            .node("h = MatMul x t")
            .node("y = Relu h")
            .output("y")
            .build();
    assertFan(8, 8, 3, fan(g, "in_proj"));
  }
}
