package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.Recipes;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorPlan;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// Roles, fans, gates and factors of weights that the graph cuts, joins, turns or scales before
/// they are used.
class ArrivalTest {
  private static String gates(Graph g, String name) {
    return Net.parameter(g, name).arrival().gates();
  }

  private static Fan fan(Graph g, String name) {
    return Net.parameter(g, name).fan().orElseThrow();
  }

  private static Axes axes(Graph g, String name) {
    return fan(g, name).axes().orElseThrow();
  }

  /// A layer whose weights are stored as PyTorch stores them, as it exports them without constant
  /// folding: gates cut and joined in ONNX's order.
  private static Net torch(String op, int hidden, int[] order) {
    int gates = order.length;
    Net n =
        Net.of()
            .input("x", 5, 3, 6)
            .weight("w", gates * hidden, 6)
            .weight("r", gates * hidden, hidden)
            .weight("bi", gates * hidden)
            .weight("bh", gates * hidden)
            .ints("zero", 0);
    for (int i = 0; i < gates; i++) {
      n.ints("from" + i, (long) order[i] * hidden).ints("to" + i, (order[i] + 1L) * hidden);
    }
    for (String s : new String[] {"w", "r", "bi", "bh"}) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < gates; i++) {
        n.node(s + i + " = Slice " + s + " from" + i + " to" + i + " zero");
        all.append(' ').append(s).append(i);
      }
      n.node(s + "c = Concat" + all, "axis", 0);
    }
    return n.node("bc = Concat bic bhc", "axis", 0)
        .node("W = Unsqueeze wc zero")
        .node("R = Unsqueeze rc zero")
        .node("B = Unsqueeze bc zero")
        .node("y = " + op + " x W R B", "hidden_size", hidden)
        .output("y");
  }

  @Test
  void anLstmAsTorchStoresIt() throws Exception {
    Graph g = torch("LSTM", 4, new int[] {0, 3, 1, 2}).build();
    assertEquals("ifgo", gates(g, "w"));
    assertEquals("ifgo", gates(g, "r"));
    assertEquals("ifgo", gates(g, "bi"));
    assertEquals("IFGO", gates(g, "bh"));
    assertEquals(Role.LSTM_INPUT, Net.parameter(g, "w").role());
    assertEquals(Role.LSTM_BIAS, Net.parameter(g, "bh").role());
    assertEquals(6, fan(g, "w").in());
    assertEquals(4, fan(g, "w").out());
    assertEquals(4, fan(g, "w").blocks());
    assertEquals(4, axes(g, "r").parts());
    assertEquals(0, axes(g, "r").partAxis());
  }

  @Test
  void aGruAsTorchStoresIt() throws Exception {
    Graph g = torch("GRU", 4, new int[] {1, 0, 2}).build();
    assertEquals("rzn", gates(g, "w"));
    assertEquals("rzn", gates(g, "bi"));
    assertEquals("RZN", gates(g, "bh"));
    assertEquals(3, axes(g, "w").parts());
    assertEquals(4, fan(g, "r").in());
  }

  @Test
  void anLstmInOnnxsOrder() throws Exception {
    Graph g =
        Net.of()
            .input("x", 5, 3, 6)
            .weight("w", 2, 16, 6)
            .weight("r", 2, 16, 4)
            .weight("b", 2, 32)
            .node("y = LSTM x w r b", "hidden_size", 4, "direction", "bidirectional")
            .output("y")
            .build();
    assertEquals("iofg", gates(g, "w"));
    assertEquals("iofgiofg", gates(g, "b"));
    assertEquals(8, fan(g, "w").blocks());
  }

  @Test
  void directionsStoredApartAndTransposed() throws Exception {
    Graph g =
        Net.of()
            .input("x", 5, 3, 6)
            .weight("ahead", 6, 16)
            .weight("back", 6, 16)
            .weight("r", 2, 16, 4)
            .ints("zero", 0)
            .node("at = Transpose ahead")
            .node("bt = Transpose back")
            .node("au = Unsqueeze at zero")
            .node("bu = Unsqueeze bt zero")
            .node("w = Concat au bu", "axis", 0)
            .node("y = LSTM x w r", "hidden_size", 4, "direction", "bidirectional")
            .output("y")
            .build();
    assertEquals("iofg", gates(g, "back"));
    assertEquals(4, fan(g, "back").blocks());
    assertEquals(1, axes(g, "ahead").partAxis());
  }

  @Test
  void rowsInAnotherOrderByIndex() throws Exception {
    Graph g =
        Net.of()
            .input("x", 5, 3, 6)
            .weight("w", 1, 4, 6)
            .weight("r", 1, 4, 1)
            .ints("order", 0, 3, 1, 2)
            .node("W = Gather w order", "axis", 1)
            .node("y = LSTM x W r", "hidden_size", 1)
            .output("y")
            .build();
    assertEquals("ifgo", gates(g, "w"));
  }

  @Test
  void gatesThatOverlapAreNotNamed() throws Exception {
    Graph g =
        Net.of()
            .input("x", 5, 3, 6)
            .weight("w", 8, 6)
            .weight("r", 1, 16, 4)
            .ints("zero", 0)
            .node("c = Concat w w", "axis", 0)
            .node("W = Unsqueeze c zero")
            .node("y = LSTM x W r", "hidden_size", 4)
            .output("y")
            .build();
    assertEquals(Role.LSTM_INPUT, Net.parameter(g, "w").role());
    assertEquals(6, fan(g, "w").in());
    assertEquals(8, Net.parameter(g, "w").data().shape().dim(0));
  }

  @Test
  void queryKeyAndValueJoined() throws Exception {
    Net n = Net.of().input("x", 2, 5, 16);
    for (String s : new String[] {"q", "k", "v"}) {
      n.weight(s + ".weight", 16, 16);
    }
    Graph g =
        n.node("w = Concat q.weight k.weight v.weight", "axis", 1)
            .node("p = MatMul x w")
            .node("q k v = Split p", "axis", -1, "split", Net.longs(16, 16, 16))
            .node("kt = Transpose k", "perm", Net.longs(0, 2, 1))
            .node("s = MatMul q kt")
            .node("a = Softmax s", "axis", -1)
            .node("y = MatMul a v")
            .output("y")
            .opset(12)
            .build();
    Fan f = fan(g, "k.weight");
    assertEquals(Role.WEIGHT, Net.parameter(g, "k.weight").role());
    assertEquals(16, f.in());
    assertEquals(16, f.out());
    assertEquals(1, f.blocks());
    assertEquals(List.of(1), f.axes().orElseThrow().rows());
  }

  @Test
  void outputsJoinedAreOneLayers() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10)
            .weight("a", 10, 6)
            .weight("b", 10, 2)
            .node("w = Concat a b", "axis", 1)
            .node("h = MatMul x w")
            .node("y = Relu h")
            .output("y")
            .build();
    assertEquals(10, fan(g, "a").in());
    assertEquals(8, fan(g, "a").out());
  }

  @Test
  void inputsJoinedKeepTheWholeFanIn() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10)
            .weight("a", 6, 8)
            .weight("b", 4, 8)
            .node("w = Concat a b", "axis", 0)
            .node("h = MatMul x w")
            .node("y = Relu h")
            .output("y")
            .build();
    assertEquals(10, fan(g, "a").in());
    assertEquals(8, fan(g, "a").out());
  }

  @Test
  void castsAndFactorsOnTheWay() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10)
            .tensor("w", Tensor.ofDoubles(Shape.of(8, 10), new double[80]))
            .tensor("const_1", Tensor.ofDoubles(Shape.of(), 0.01))
            .node("f = Cast w", "to", 1)
            .node("s = Mul f const_1")
            .node("t = Transpose s", "perm", Net.longs(1, 0))
            .node("y = MatMul x t")
            .output("y")
            .build();
    Parameter p = Net.parameter(g, "w");
    assertEquals(0.01, p.arrival().factor(), 1e-9);
    assertEquals(10, p.fan().orElseThrow().in());
    assertEquals(List.of(0), axes(g, "w").rows());
  }

  @Test
  void aConvolutionStoredWithoutItsUnitAxis() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3, 1, 9)
            .weight("w", 8, 3, 5)
            .ints("two", 2)
            .node("u = Unsqueeze w two")
            .node("y = Conv x u", "kernel_shape", Net.longs(1, 5))
            .output("y")
            .build();
    assertEquals(15, fan(g, "w").in());
    assertEquals(List.of(0), axes(g, "w").rows());
    assertEquals(List.of(1), axes(g, "w").columns());
    assertEquals(List.of(2), axes(g, "w").taps());
  }

  @Test
  void whereWeightsAreStored() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 6)
            .tensor("q", Tensor.ofLongs(Shape.of(6, 6), new long[36]))
            .scalar("scale", 0.1)
            .ints("shape", 6, 6)
            .node("d = DequantizeLinear q scale")
            .node("c = Constant", "value", Tensor.ofDoubles(Shape.of(6, 6), new double[36]))
            .node("f = ConstantOfShape shape", "value", Tensor.ofDoubles(Shape.of(1), .02))
            .node("a = MatMul x d")
            .node("b = MatMul a c")
            .node("y = MatMul b f")
            .output("y")
            .build();
    assertEquals(Storage.QUANTISED, Net.parameter(g, "d").arrival().storage());
    assertEquals(Storage.CONSTANT_NODE, Net.parameter(g, "c").arrival().storage());
    assertEquals(Storage.CONSTANT_OF_SHAPE, Net.parameter(g, "f").arrival().storage());
  }

  @Test
  void aStateOfTheBatchsSizeIsNoStoredWeight() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 6)
            .weight("w", 6, 4)
            .node("shape = Shape x")
            .node("f = ConstantOfShape shape", "value", Tensor.ofDoubles(Shape.of(1), .02))
            .node("h = MatMul x w")
            .node("y = MatMul h f")
            .output("y")
            .build();
    assertEquals(Storage.COMPUTED, Net.parameter(g, "f").arrival().storage());
  }

  @Test
  void moreInputsThanAnOperatorHasAreNoWeights() throws Exception {
    StringBuilder many = new StringBuilder("y = Gemm x w b");
    many.append(" x".repeat(20));
    Graph g =
        Net.of()
            .input("x", 4, 6)
            .weight("w", 6, 3)
            .weight("b", 3)
            .node(many.toString())
            .output("y")
            .build();
    assertEquals(Role.BIAS, Net.parameter(g, "b").role());
    assertEquals(Role.HEAD, Net.parameter(g, "w").role());
  }

  @Test
  void tensorsOfOneNameAreToldApartAndKept() throws Exception {
    Tensor w = Tensor.ofDoubles(Shape.of(6, 6), new double[36]);
    Net body = Net.of().node("w = Constant", "value", w).node("r = MatMul a w");
    Graph g =
        Net.of()
            .function("my", "Dense", List.of("a"), List.of("r"), body)
            .input("x", 4, 6)
            .node("h = my:Dense x")
            .node("t = Relu h")
            .node("y = my:Dense t")
            .output("y")
            .build();
    assertEquals(List.of("w", "w#2"), g.parameters().stream().map(Parameter::name).toList());
    g.parameters().forEach(p -> assertEquals(Storage.AMBIGUOUS, p.arrival().storage()));
  }

  @Test
  void weightsInBodiesAreKeptAndSaid() throws Exception {
    Net step =
        Net.of()
            .input("i")
            .input("c")
            .input("s", 4, 6)
            .weight("inside", 6, 6)
            .node("n = MatMul s inside")
            .output("c", "n");
    Graph g =
        Net.of()
            .input("x", 4, 6)
            .weight("w", 6, 6)
            .tensor("steps", Tensor.ofLongs(Shape.of(), 1L << 40))
            .node("h = MatMul x w")
            .node("y = Loop steps _ h", "body", step.graph())
            .output("y")
            .build();
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 0, PlanOptions.none());
    assertEquals(List.of("w"), plan.tensors().stream().map(TensorPlan::name).toList());
    assertEquals(List.of("inside"), plan.kept().stream().map(InitPlan.Kept::name).toList());
    assertEquals(Storage.BODY.because(), plan.kept().getFirst().because());
  }

  @Test
  void weightsOfABranchThatIsFollowedAreDrawn() throws Exception {
    Net then = Net.of().weight("inside", 6, 6).node("t = MatMul h inside").output("t");
    Net other = Net.of().node("e = Tanh h").output("e");
    Graph g =
        Net.of()
            .input("x", 4, 6)
            .input("c", DType.BOOL)
            .weight("w", 6, 6)
            .node("h = MatMul x w")
            .node("y = If c", "then_branch", then.graph(), "else_branch", other.graph())
            .output("y")
            .build();
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 0, PlanOptions.none());
    assertEquals(List.of("w", "inside"), plan.tensors().stream().map(TensorPlan::name).toList());
  }

  @Test
  void schemesThatGoByFansMakeUpForAFactor() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10)
            .weight("w", 10, 8)
            .scalar("const_1", 0.01)
            .node("s = Mul w const_1")
            .node("h = MatMul x s")
            .node("y = Relu h")
            .output("y")
            .build();
    for (String scheme : List.of("he-normal", "orthogonal")) {
      InitPlan plan = Recipes.named(scheme).plan(Specs.of(g), 0, PlanOptions.none());
      double v = plan.tensors().getFirst().variance();
      assertEquals(scheme.equals("he-normal") ? 2e4 / 10 : 1e4 / 10, v, 1e-3, scheme);
    }
    InitPlan fixed = Recipes.named("gpt2").plan(Specs.of(g), 0, PlanOptions.none());
    assertEquals(4e-4, fixed.tensors().getFirst().variance(), 1e-9);
  }

  /// One stored matrix cut by Split before it is used three times.
  @Test
  void aFusedMatrixCutBeforeUse() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 5, 16)
            .weight("qkv", 16, 48)
            .node("wq wk wv = Split qkv", "axis", 1, "split", Net.longs(16, 16, 16))
            .node("q = MatMul x wq")
            .node("k = MatMul x wk")
            .node("v = MatMul x wv")
            .node("kt = Transpose k", "perm", Net.longs(0, 2, 1))
            .node("s = MatMul q kt")
            .node("a = Softmax s", "axis", -1)
            .node("y = MatMul a v")
            .output("y")
            .opset(12)
            .build();
    assertEquals(Storage.INITIALISER, Net.parameter(g, "qkv").arrival().storage());
    assertEquals(16, fan(g, "qkv").in());
    assertEquals(16, fan(g, "qkv").out());
    assertEquals(List.of(1), axes(g, "qkv").rows());
  }

  @Test
  void anEmbeddingOfBytes() throws Exception {
    Graph g =
        Net.of()
            .input("ids", DType.I64, 2, 5)
            .tensor("q", Tensor.ofLongs(Shape.of(6, 4), new long[24]))
            .scalar("scale", 0.1)
            .weight("w", 4, 3)
            .node("table = DequantizeLinear q scale")
            .node("e = Gather table ids")
            .node("y = MatMul e w")
            .output("y")
            .build();
    assertEquals(Role.EMBEDDING, Net.parameter(g, "table").role());
    assertEquals(Storage.QUANTISED, Net.parameter(g, "table").arrival().storage());
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 0, PlanOptions.none());
    assertEquals(List.of("w"), plan.tensors().stream().map(TensorPlan::name).toList());
  }

  @Test
  void scalesPerChannel() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 2)
            .tensor("q", Tensor.ofLongs(Shape.of(2, 3), 1, 2, 3, -4, 5, -6))
            .tensor("scale", Tensor.ofDoubles(Shape.of(3), 0.5, 0.25, 2))
            .node("w = DequantizeLinear q scale", "axis", 1)
            .node("y = MatMul x w")
            .output("y")
            .build();
    double[] w = Net.parameter(g, "w").data().toDoubles();
    assertArrayEquals(new double[] {0.5, 0.5, 6, -2, 1.25, -12}, w, 1e-6);
    assertEquals(2, fan(g, "w").in());
  }

  /// An encoder and its transpose as the decoder.
  @Test
  void oneTensorThroughTwoViews() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 10)
            .weight("w", 10, 6)
            .node("h = MatMul x w")
            .node("r = Relu h")
            .node("t = Transpose w", "perm", Net.longs(1, 0))
            .node("y = MatMul r t")
            .output("y")
            .build();
    Parameter p = Net.parameter(g, "w");
    assertEquals(1, g.parameters().size());
    assertEquals(2, p.uses().size());
    assertEquals(Storage.INITIALISER, p.arrival().storage());
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 0, PlanOptions.none());
    double v = plan.tensors().getFirst().variance();
    assertEquals(2.0 / fan(g, "w").in(), v, 1e-9);
  }

  /// Weight standardisation and normalisation: a matrix is centred, divided by its deviation and
  /// multiplied by gains. The matrix is a weight; numbers and gains on the way are not.
  @Test
  void numbersAndGainsOnTheWayAreNoWeights() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 16)
            .weight("w", 16, 8)
            .weight("g", 1, 8)
            .scalar("two", 2)
            .scalar("eps", 1e-5)
            .node("q = Pow w two")
            .node("m = ReduceMean q", "axes", Net.longs(0))
            .node("e = Add m eps")
            .node("s = Sqrt e")
            .node("i = Div g s")
            .node("v = Mul w i")
            .node("h = MatMul x v")
            .node("y = Relu h")
            .output("y")
            .build();
    InitPlan plan = Recipes.named("he-normal").plan(Specs.of(g), 0, PlanOptions.none());
    assertEquals(List.of("w"), plan.tensors().stream().map(TensorPlan::name).toList());
    assertEquals(Role.WEIGHT, Net.parameter(g, "w").role());
    assertEquals(Role.OTHER, Net.parameter(g, "g").role());
    assertEquals(
        List.of("eps", "g", "two"),
        plan.kept().stream().map(InitPlan.Kept::name).sorted().toList());
  }
}
