package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ExportTracesTest {
  @Test
  void aWeightAndABiasThatTheExporterComputedHoldANormalisation() throws Exception {
    Export e =
        Net.of()
            .input("x", 4, 3, 8, 8)
            .weight("onnx::Conv_12", 8, 3, 3, 3)
            .weight("onnx::Conv_13", 8)
            .weight("own.weight", 8, 8, 3, 3)
            .weight("own.bias", 8)
            .node("h = Conv x onnx::Conv_12 onnx::Conv_13")
            .node("y = Conv h own.weight own.bias")
            .output("y")
            .build()
            .export();
    assertEquals(List.of("h/node"), e.foldedNorms());
    assertTrue(e.certain());
    assertTrue(e.changed());
  }

  @Test
  void aComputedWeightBesideABiasOfItsOwnIsNoFoldedNormalisation() throws Exception {
    Export e =
        Net.of()
            .input("x", 4, 3, 8, 8)
            .weight("onnx::Conv_12", 8, 3, 3, 3)
            .weight("standardised.bias", 8)
            .node("y = Conv x onnx::Conv_12 standardised.bias")
            .output("y")
            .build()
            .export();
    assertEquals(List.of(), e.foldedNorms());
  }

  @Test
  void oneInitialiserUnderSeveralNamesWasMerged() throws Exception {
    Export e =
        Net.of()
            .input("x", 4, 8)
            .weight("layers.0.weight", 8, 8)
            .tensor("layers.0.bias", Tensor.ofDoubles(Shape.of(8), 0, 0, 0, 0, 0, 0, 0, 0))
            .node("layers.1.weight = Identity layers.0.weight")
            .node("layers.1.bias = Identity layers.0.bias")
            .node("a = MatMul x layers.0.weight")
            .node("b = Add a layers.0.bias")
            .node("c = MatMul b layers.1.weight")
            .node("y = Add c layers.1.bias")
            .output("y")
            .build()
            .export();
    assertEquals(
        List.of(
            new Export.Merged("layers.0.weight", List.of("layers.1.weight"), true),
            new Export.Merged("layers.0.bias", List.of("layers.1.bias"), false)),
        e.merged());
    assertEquals(1, e.copies().size());
  }

  @Test
  void anIntermediateValueIsNoMergedParameter() throws Exception {
    Export e =
        Net.of()
            .input("x", 4, 8)
            .weight("w", 8, 8)
            .node("/layer/Identity_output_0 = Identity w")
            .node("y = MatMul x /layer/Identity_output_0")
            .output("y")
            .build()
            .export();
    assertFalse(e.changed());
  }

  @Test
  void scalesThatDifferFromChannelToChannelTellWithoutNames() throws Exception {
    Export folded = convolutions(true).build().export();
    assertEquals(5, folded.foldedNorms().size());
    assertFalse(folded.certain());
    assertEquals(List.of(), convolutions(false).build().export().foldedNorms());
  }

  /// Five convolutions whose channels are drawn with one scale, or with scales of e^-1.5 to e^1.5.
  private static Net convolutions(boolean uneven) {
    Net net = Net.of().input("x", 2, 8, 6, 6);
    String from = "x";
    for (int layer = 0; layer < 5; layer++) {
      double[] w = new double[8 * 8 * 9];
      for (int i = 0; i < w.length; i++) {
        double scale = uneven ? Math.exp(3.0 * (i / 72) / 7 - 1.5) : 1;
        w[i] = scale * Math.sin(12.9898 * (i + 1) * (layer + 1)) * .1;
      }
      net.tensor("w" + layer, Tensor.ofDoubles(Shape.of(8, 8, 3, 3), w)).weight("b" + layer, 8);
      net.node(
          "h" + layer + " = Conv " + from + " w" + layer + " b" + layer,
          "pads",
          new long[] {1, 1, 1, 1});
      from = "h" + layer;
    }
    return net.output(from);
  }

  @Test
  void normalisationsOfAnInferenceExportAreCounted() throws Exception {
    Net net = Net.of().input("x", 4, 8).weight("g", 8).weight("b", 8).weight("m", 8).weight("v", 8);
    Graph inference = net.node("y = BatchNormalization x g b m v").output("y").build();
    assertEquals(1, inference.export().inferenceNorms());
  }

  @Test
  void aFileLeftAloneShowsNothing() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 8)
            .weight("0.weight", 8, 8)
            .weight("2.weight", 8, 8)
            .node("a = MatMul x 0.weight")
            .node("y = MatMul a 2.weight")
            .output("y")
            .build();
    assertFalse(g.export().changed());
    assertEquals(Map.of(), g.usualExtents());
  }
}
