package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

class FoldingTest {
  @Test
  void reshapeByAShapeComputedInTheGraph() throws Exception {
    // view(x, [x.size(0), -1, 4]) as PyTorch writes it.
    Graph g =
        Net.of()
            .input("x", 6, 8)
            .ints("zero", 0)
            .ints("rest", -1, 4)
            .node("s = Shape x")
            .node("n = Gather s zero", "axis", 0)
            .node("to = Concat n rest", "axis", 0)
            .node("y = Reshape x to")
            .output("y")
            .build();
    assertEquals(Shape.of(6, 2, 4), Net.shape(g, "y"));
    assertEquals(new Op.Reshape(), Net.op(g, "y"));
    assertInstanceOf(Op.Folded.class, Net.op(g, "to"));
    assertArrayEquals(new long[] {6, -1, 4}, Net.constant(g, "to"));
    assertEquals(Value.Kind.CONSTANT, Net.value(g, "to").kind());
  }

  @Test
  void integerDivisionAndNegativeIndices() throws Exception {
    Graph g =
        Net.of()
            .ints("a", 7, -7, 9)
            .ints("two", 2)
            .ints("last", -1)
            .node("d = Div a two")
            .node("m = Mod a two")
            .node("l = Gather a last")
            .node("r = Slice a from to axis by")
            .ints("from", -1)
            .ints("to", Long.MIN_VALUE)
            .ints("axis", 0)
            .ints("by", -2)
            .node("u = Unsqueeze l axis")
            .output("u")
            .build();
    assertArrayEquals(new long[] {3, -3, 4}, Net.constant(g, "d"));
    assertArrayEquals(new long[] {1, 1, 1}, Net.constant(g, "m"));
    assertArrayEquals(new long[] {9}, Net.constant(g, "l"));
    assertArrayEquals(new long[] {9, 7}, Net.constant(g, "r"));
    assertEquals(Shape.of(1, 1), Net.shape(g, "u"));
  }

  @Test
  void causalMask() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3, 3)
            .ints("shape", 3, 3)
            .node("ones = ConstantOfShape shape", "value", Tensor.ofLongs(Shape.of(1), 1))
            .node("low = Trilu ones", "upper", 0)
            .node("keep = Cast low", "to", 9)
            .tensor("1", Tensor.ofDoubles(Shape.of(), Double.NEGATIVE_INFINITY))
            .node("y = Where keep x 1")
            .output("y")
            .build();
    assertArrayEquals(new long[] {1, 0, 0, 1, 1, 0, 1, 1, 1}, Net.constant(g, "keep"));
    assertEquals(DType.BOOL, Net.value(g, "keep").dtype());
    assertEquals(new Op.Where(), Net.op(g, "y"));
    assertEquals(Shape.of(2, 3, 3), Net.shape(g, "y"));
  }

  @Test
  void rotaryTable() throws Exception {
    // cos(positions × inverse frequencies), from an initialiser that is known to be a buffer by
    // name.
    Graph g =
        Net.of()
            .tensor("rotary.inv_freq", Tensor.ofDoubles(Shape.of(2), 1, 0.5))
            .tensor("a", Tensor.ofDoubles(Shape.of(), 0))
            .tensor("b", Tensor.ofDoubles(Shape.of(), 3))
            .tensor("c", Tensor.ofDoubles(Shape.of(), 1))
            .node("k0 = Constant", "value", Tensor.ofDoubles(Shape.of(), 0))
            .node("k3 = Constant", "value", Tensor.ofDoubles(Shape.of(), 3))
            .node("k1 = Constant", "value", Tensor.ofDoubles(Shape.of(), 1))
            .node("t = Range k0 k3 k1")
            .node("f = Einsum t rotary.inv_freq", "equation", "i,j->ij")
            .node("y = Cos f")
            .output("y")
            .build();
    double[] y = Net.value(g, "y").constant().orElseThrow().toDoubles();
    assertEquals(Shape.of(3, 2), Net.shape(g, "y"));
    assertEquals(Math.cos(2), y[4], 1e-12);
    assertEquals(Math.cos(1), y[5], 1e-12);
  }

  @Test
  void scatterTileAndReductions() throws Exception {
    Graph g =
        Net.of()
            .ints("data", 1, 2, 3, 4)
            .tensor("at", Tensor.ofLongs(Shape.of(2, 1), 3, 0))
            .ints("new", 40, 10)
            .ints("twice", 2)
            .node("s = ScatterND data at new")
            .node("t = Tile s twice")
            .node("p = ReduceProd data", "keepdims", 0)
            .node("c = CumSum data axis")
            .tensor("axis", Tensor.ofLongs(Shape.of(), 0))
            .node("n = NonZero s")
            .node("e = Expand one to")
            .ints("one", 5)
            .ints("to", 2, 2)
            .node("parts1 parts2 = Split t", "axis", 0)
            .output("t")
            .build();
    assertArrayEquals(new long[] {10, 2, 3, 40}, Net.constant(g, "s"));
    assertArrayEquals(new long[] {10, 2, 3, 40, 10, 2, 3, 40}, Net.constant(g, "t"));
    assertArrayEquals(new long[] {24}, Net.constant(g, "p"));
    assertArrayEquals(new long[] {1, 3, 6, 10}, Net.constant(g, "c"));
    assertArrayEquals(new long[] {0, 1, 2, 3}, Net.constant(g, "n"));
    assertArrayEquals(new long[] {5, 5, 5, 5}, Net.constant(g, "e"));
    assertArrayEquals(new long[] {10, 2, 3, 40}, Net.constant(g, "parts2"));
  }

  @Test
  void tiesAndInfinitiesByAttribute() throws Exception {
    Graph g =
        Net.of()
            .ints("v", 3, 7, 7, 1)
            .node("i = ArgMax v", "keepdims", 0)
            .node("j = ArgMax v", "keepdims", 0, "select_last_index", 1)
            .tensor("onnx::f", Tensor.ofDoubles(Shape.of(2), Double.NEGATIVE_INFINITY, Double.NaN))
            .node("up = IsInf onnx::f", "detect_negative", 0)
            .node("any = IsInf onnx::f")
            .output("any")
            .build();
    assertArrayEquals(new long[] {1}, Net.constant(g, "i"));
    assertArrayEquals(new long[] {2}, Net.constant(g, "j"));
    assertArrayEquals(new long[] {0, 0}, Net.constant(g, "up"));
    assertArrayEquals(new long[] {1, 0}, Net.constant(g, "any"));
  }

  @Test
  void viewsOfAWeightStayTheWeight() throws Exception {
    Graph g =
        Net.of()
            .input("x", 4, 3)
            .weight("w", 5, 3)
            .node("i = Identity w")
            .node("t = Transpose i", "perm", Net.longs(1, 0))
            .node("y = MatMul x t")
            .output("y")
            .build();
    Value t = Net.value(g, "t");
    assertEquals(Value.Kind.PARAMETER, t.kind());
    assertEquals(Net.value(g, "w").id(), t.origin());
    Tensor w = Net.value(g, "w").constant().orElseThrow();
    assertEquals(w.at(1 * 3 + 2), t.constant().orElseThrow().at(2 * 5 + 1));
    assertEquals(new Op.Folded("Transpose", List.of(1, 0)), Net.op(g, "t"));
    assertEquals(java.util.List.of(2), Net.parameter(g, "w").uses());
  }

  @Test
  void aNamedWeightIsNeverFoldedAway() throws Exception {
    // Weight normalisation: g·v/‖v‖ must stay in the graph, gradients go through it.
    Graph g =
        Net.of()
            .input("x", 4, 3)
            .weight("v", 5, 3)
            .weight("g", 5, 1)
            .node("n = ReduceL2 v", "axes", Net.longs(1))
            .node("u = Div v n")
            .node("w = Mul u g")
            .node("y = Gemm x w", "transB", 1)
            .output("y")
            .build();
    assertEquals(Value.Kind.ACTIVATION, Net.value(g, "w").kind());
    assertEquals(Role.HEAD, Net.parameter(g, "v").role());
  }

  @Test
  void hugeConstantsKeepTheirShapeOnly() throws Exception {
    Graph g =
        Net.of()
            .input("x", 1)
            .ints("shape", 1L << 20, 1L << 20)
            .node("big = ConstantOfShape shape", "value", Tensor.ofDoubles(Shape.of(1), 2.5))
            .node("many = ConstantOfShape shape", "value", Tensor.ofLongs(Shape.of(1), 1))
            .node("y = Mul x big")
            .output("y")
            .build();
    assertEquals(Shape.of(1L << 20, 1L << 20), Net.shape(g, "y"));
    assertEquals(new Op.Random(2.5, 0), Net.op(g, "big"));
    assertTrue(Net.value(g, "many").constant().isEmpty());
  }

  @Test
  void theBudgetOfFoldingIsBounded() throws Exception {
    // 400 nodes that each ask for 2^24 elements: all have a shape, few are held.
    Net n = Net.of().input("x", 1).ints("shape", 1L << 12, 1L << 12);
    for (int i = 0; i < 400; i++) {
      n.node("c" + i + " = ConstantOfShape shape", "value", Tensor.ofLongs(Shape.of(1), i));
    }
    Graph g = n.node("y = Relu x").output("y").build();
    long held =
        g.values().stream().flatMap(v -> v.constant().stream()).mapToLong(Tensor::count).sum();
    // The shape itself is two more.
    assertTrue(held <= (1L << 26) + 2, () -> "held " + held);
  }
}
