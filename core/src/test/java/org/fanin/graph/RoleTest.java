package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

class RoleTest {
  private static Role role(Graph g, String name) {
    return Net.parameter(g, name).role();
  }

  /// One attention layer with a fused projection, residual, and a mask.
  static Graph attention(boolean split) throws ModelFormatException {
    Net n =
        Net.of()
            .input("x", 2, 5, 16)
            .weight("qkv", 16, 48)
            .weight("qkv.bias", 48)
            .weight("out", 16, 16)
            .weight("out.bias", 16)
            .weight("rel_bias", 1, 4, 5, 5)
            .node("p = MatMul x qkv")
            .node("pb = Add qkv.bias p");
    if (split) {
      n.node("q0 k0 v0 = Split pb", "axis", -1, "split", Net.longs(16, 16, 16))
          .ints("heads", 2, 5, 4, 4);
      for (String s : new String[] {"q", "k", "v"}) {
        n.node(s + "1 = Reshape " + s + "0 heads")
            .node(s + " = Transpose " + s + "1", "perm", Net.longs(0, 2, 1, 3));
      }
    } else {
      n.ints("five", 2, 5, 3, 4, 4)
          .node("p5 = Reshape pb five")
          .node("pt = Transpose p5", "perm", Net.longs(2, 0, 3, 1, 4));
      for (int i = 0; i < 3; i++) {
        n.tensor("i" + i, Tensor.ofLongs(Shape.of(), i))
            .node("qkv".charAt(i) + " = Gather pt i" + i, "axis", 0);
      }
    }
    return n.node("kt = Transpose k", "perm", Net.longs(0, 1, 3, 2))
        .node("s = MatMul q kt")
        .node("scale = Constant", "value_float", 2.0)
        .node("sd = Div s scale")
        .node("sm = Add sd rel_bias")
        .node("a = Softmax sm", "axis", -1)
        .node("o = MatMul a v")
        .node("ot = Transpose o", "perm", Net.longs(0, 2, 1, 3))
        .ints("back", 2, 5, 16)
        .node("or = Reshape ot back")
        .node("f = MatMul or out")
        .node("fb = Add f out.bias")
        .node("y = Add x fb")
        .output("y")
        .opset(12)
        .build();
  }

  @Test
  void attentionLayer() throws Exception {
    Graph g = attention(true);
    assertEquals(Role.POSITION, role(g, "rel_bias"));
    assertEquals(Role.WEIGHT, role(g, "out"));
    assertEquals(Role.BIAS, role(g, "out.bias"));
    assertTrue(Net.parameter(g, "out").residualBranchEnd());
    assertFalse(Net.parameter(g, "qkv").residualBranchEnd());
  }

  @Test
  void embeddingsOfAVisionTransformer() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 9, 8)
            .weight("cls", 1, 1, 8)
            .weight("pos", 1, 10, 8)
            .ints("to", 4, 1, 8)
            .node("c = Expand cls to")
            .node("t = Concat c x", "axis", 1)
            .node("y = Add t pos")
            .output("y")
            .build();
    assertEquals(Role.CLASS_TOKEN, role(g, "cls"));
    assertEquals(Role.POSITION, role(g, "pos"));
  }

  @Test
  void positionsByConstantIndexOrByName() throws Exception {
    Graph g =
        Net.of()
            .input("ids", DType.I64, 2, 5)
            .input("position_ids", DType.I64, 2, 5)
            .weight("tok", 50, 8)
            .weight("wpe", 64, 8)
            .weight("wpe2", 64, 8)
            .tensor("range", Tensor.ofLongs(Shape.of(1, 5), 0, 1, 2, 3, 4))
            .node("e = Gather tok ids")
            .node("p = Gather wpe range")
            .node("q = Gather wpe2 position_ids")
            .node("h = Add e p")
            .node("y = Add h q")
            .output("y")
            .build();
    assertEquals(Role.EMBEDDING, role(g, "tok"));
    assertEquals(Role.POSITION, role(g, "wpe"));
    assertEquals(Role.POSITION, role(g, "wpe2"));
  }

  @Test
  void batchNormAndResidual() throws Exception {
    Net n = Net.of().input("x", 2, 4, 8, 8).weight("w1", 4, 4, 3, 3).weight("w2", 4, 4, 3, 3);
    for (String s : new String[] {"s", "b", "m", "v"}) {
      n.weight(s, 4);
    }
    Graph g =
        n.node("c1 = Conv x w1", "pads", Net.longs(1, 1, 1, 1))
            .node("r = Relu c1")
            .node("c2 = Conv r w2", "pads", Net.longs(1, 1, 1, 1))
            .node("n = BatchNormalization c2 s b m v")
            .node("y = Add n x")
            .output("y")
            .build();
    assertEquals(Role.NORM_SCALE, role(g, "s"));
    assertEquals(Role.NORM_SHIFT, role(g, "b"));
    assertEquals(Role.RUNNING_MEAN, role(g, "m"));
    assertEquals(Role.RUNNING_VARIANCE, role(g, "v"));
    assertTrue(Net.parameter(g, "w2").residualBranchEnd());
    assertFalse(Net.parameter(g, "w1").residualBranchEnd());
  }

  @Test
  void aProjectedSkipIsNotTheBranch() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 4, 8, 8)
            .weight("w1", 8, 4, 3, 3)
            .weight("w2", 8, 8, 3, 3)
            .weight("down", 8, 4, 1, 1)
            .node("c1 = Conv x w1", "pads", Net.longs(1, 1, 1, 1))
            .node("r = Relu c1")
            .node("c2 = Conv r w2", "pads", Net.longs(1, 1, 1, 1))
            .node("d = Conv x down")
            .node("s = Add c2 d")
            .node("y = Relu s")
            .output("y")
            .build();
    assertTrue(Net.parameter(g, "w2").residualBranchEnd());
    assertFalse(Net.parameter(g, "down").residualBranchEnd());
  }

  @Test
  void parallelTowersAreNoResidual() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 4)
            .weight("a", 4, 4)
            .weight("b", 4, 4)
            .node("ya = MatMul x a")
            .node("yb = MatMul x b")
            .node("s = Add ya yb")
            .node("y = Relu s")
            .output("y")
            .build();
    assertFalse(Net.parameter(g, "a").residualBranchEnd());
    assertFalse(Net.parameter(g, "b").residualBranchEnd());
  }

  @Test
  void layerScaleGateAndSlope() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 5, 8)
            .weight("w", 8, 8)
            .weight("slope", 8)
            .weight("gamma", 8)
            .weight("v", 8, 8)
            .scalar("alpha", 0)
            .node("p = PRelu x slope")
            .node("f = MatMul p w")
            .node("fs = Mul gamma f")
            .node("h = Add x fs")
            .node("k = MatMul h v")
            .node("kg = Mul k alpha")
            .node("y = Add kg h")
            .output("y")
            .build();
    assertEquals(Role.PRELU_SLOPE, role(g, "slope"));
    assertEquals(Role.LAYER_SCALE, role(g, "gamma"));
    assertEquals(Role.GATE, role(g, "alpha"));
    assertTrue(Net.parameter(g, "v").residualBranchEnd());
  }

  @Test
  void anActivationMayCloseTheBranch() throws Exception {
    // x + silu(W x), with SiLU decomposed.
    Graph g =
        Net.of()
            .input("x", 2, 8)
            .weight("w", 8, 8)
            .node("h = MatMul x w")
            .node("s = Sigmoid h")
            .node("a = Mul h s")
            .node("y = Add x a")
            .output("y")
            .build();
    assertTrue(Net.parameter(g, "w").residualBranchEnd());
  }

  @Test
  void mergedEqualTensorsTakeTheRoleThatMatters() throws Exception {
    // Exporters merge equal initialisers: ones are scale and running variance.
    Graph g =
        Net.of()
            .input("x", 2, 4, 8)
            .weight("ones", 4)
            .weight("zeros", 4)
            .node("s = Identity ones")
            .node("m = Identity zeros")
            .node("y = BatchNormalization x s zeros m ones")
            .output("y")
            .build();
    assertEquals(Role.NORM_SCALE, role(g, "ones"));
    assertEquals(Role.NORM_SHIFT, role(g, "zeros"));
  }

  @Test
  void masksAreTables() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 2)
            .tensor("buffer", Tensor.ofDoubles(Shape.of(2, 2), 0, Double.NEGATIVE_INFINITY, 0, 0))
            .node("s = Add x buffer")
            .node("y = Softmax s")
            .output("y")
            .build();
    assertEquals(Role.TABLE, role(g, "buffer"));
  }

  @Test
  void groupNormAsPyTorchWritesIt() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 6, 4)
            .weight("w", 6)
            .weight("b", 6)
            .ints("groups", 2, 3, -1)
            .ints("back", 2, 6, 4)
            .ints("one", 1)
            .node("r = Reshape x groups")
            .node("ones = Constant", "value", Tensor.ofDoubles(Shape.of(3), 1, 1, 1))
            .node("zeros = Constant", "value", Tensor.ofDoubles(Shape.of(3), 0, 0, 0))
            .node("n = InstanceNormalization r ones zeros")
            .node("m = Reshape n back")
            .node("wc = Unsqueeze w one")
            .node("bc = Unsqueeze b one")
            .node("s = Mul m wc")
            .node("y = Add s bc")
            .output("y")
            .build();
    assertEquals(Role.NORM_SCALE, role(g, "w"));
    assertEquals(Role.NORM_SHIFT, role(g, "b"));
    assertEquals(2, g.parameters().size());
  }

  @Test
  void weightsInConstantNodesAreParameters() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 2)
            .node("w = Constant", "value", Tensor.ofDoubles(Shape.of(2, 2), 1, 2, 3, 4))
            .node("h = MatMul x w")
            .node("y = Relu h")
            .output("y")
            .build();
    assertEquals(Value.Kind.PARAMETER, Net.value(g, "w").kind());
    assertEquals(Role.WEIGHT, role(g, "w"));
  }
}
