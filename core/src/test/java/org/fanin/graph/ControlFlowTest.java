package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Fns;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ControlFlowTest {
  private static Net conditional(Net n) {
    return n.node(
            "y = If c",
            "then_branch",
            Net.of().node("t = Relu x").output("t").graph(),
            "else_branch",
            Net.of().node("e = Tanh x").node("f = Exp e").output("f").graph())
        .output("y");
  }

  @Test
  void aConstantConditionIsItsBranch() throws Exception {
    Graph g =
        conditional(
                Net.of()
                    .input("x", 2)
                    .node("z = Constant", "value", Tensor.ofLongs(Shape.of(), 0))
                    .node("c = Cast z", "to", 9))
            .build();
    assertEquals(new Op.Pointwise(Fns.exp()), g.nodes().getLast().op());
    assertEquals(List.of(g.nodes().getLast().outputs().getFirst()), g.outputs());
  }

  @Test
  void ofAConditionFromDataBothBranchesAreFollowed() throws Exception {
    Graph g = conditional(Net.of().input("x", 2).input("c", DType.BOOL)).build();
    assertEquals(new Op.Where(), Net.op(g, "y"));
    assertEquals(
        List.of("c", "t", "f"),
        Net.maker(g, "y").inputs().stream().map(i -> g.value(i).name()).toList());
  }

  @Test
  void whatABodyReadsIsReadByItsNode() throws Exception {
    Net body = Net.of().input("i").input("c").input("h").node("n = Add h x").output("c", "n");
    Graph g =
        Net.of()
            .input("x", 2)
            .input("start", 2)
            .input("n", DType.I64)
            .node("y = Loop n _ start", "body", body.graph())
            .output("y")
            .build();
    assertEquals(new Op.ControlFlow("Loop", 1), Net.op(g, "y"));
    assertTrue(Net.maker(g, "y").inputs().contains(Net.value(g, "x").id()));
  }

  @Test
  void stepsAreBounded() throws Exception {
    Net body = Net.of().input("i").input("c").input("h").node("n = Exp h").output("c", "n");
    Graph g =
        Net.of()
            .input("x", 2)
            .tensor("n", Tensor.ofLongs(Shape.of(), 1L << 40))
            .node("y = Loop n _ x", "body", body.graph())
            .output("y")
            .build();
    assertEquals(new Op.ControlFlow("Loop", 1), Net.op(g, "y"));
  }

  @Test
  void functionsAreInlinedWithTheirAttributes() throws Exception {
    Net body =
        Net.of()
            .node("h = LeakyRelu a", "alpha", new Attr.Ignored("the function's parameter slope"))
            .node("r = Add h b");
    Graph g =
        Net.of()
            .function("my", "Block", List.of("a", "b"), List.of("r"), body)
            .input("x", 2, 3)
            .node("u = my:Block x x", "slope", 0.3)
            .node("y = my:Block u x", "slope", 0.1)
            .output("y")
            .build();
    assertEquals(4, g.nodes().size());
    assertEquals(new Op.Pointwise(Fns.leakyRelu(0.3)), g.nodes().get(0).op());
    assertEquals(new Op.Pointwise(Fns.leakyRelu(0.1)), g.nodes().get(2).op());
    assertEquals(4, g.nodes().stream().map(Node::name).distinct().count());
  }

  @Test
  void endlessFunctionsAreRefused() {
    Net self = Net.of().node("r = my:F a").node("s = my:F r");
    Net n =
        Net.of()
            .function("my", "F", List.of("a"), List.of("s"), self)
            .input("x", 2)
            .node("y = my:F x")
            .output("y");
    assertTrue(
        assertThrows(ModelFormatException.class, n::build).getMessage().contains("nested deeper"));
    // Doubling, with an empty innermost function, does not nest deeply but would run for ever.
    Net doubling = Net.of().input("x", 2).node("y = my:F0 x").output("y");
    for (int i = 0; i < 50; i++) {
      Net body = Net.of().node("r = my:F" + (i + 1) + " a").node("s = my:F" + (i + 1) + " r");
      doubling.function("my", "F" + i, List.of("a"), List.of("s"), body);
    }
    doubling.function("my", "F50", List.of("a"), List.of("a"), Net.of());
    assertTrue(
        assertThrows(ModelFormatException.class, doubling::build)
            .getMessage()
            .contains("more than"));
  }

  @Test
  void unsortedNodesAreSorted() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2)
            .node("y = Exp b")
            .node("b = Tanh a")
            .node("a = Relu x")
            .output("y")
            .build();
    assertEquals(List.of("Relu", "Tanh", "Exp"), g.nodes().stream().map(Node::onnxOp).toList());
  }

  @Test
  void aDeepChainIsLinear() throws Exception {
    int depth = 100_000;
    Net n = Net.of().input("v0", 4, 8).weight("w", 8, 8);
    for (int i = 0; i < depth; i++) {
      n.node("v" + (i + 1) + " = " + (i % 2 == 0 ? "MatMul v" + i + " w" : "Relu v" + i));
    }
    Graph g = n.output("v" + depth).build();
    assertEquals(depth, g.nodes().size());
    assertEquals(depth / 2, g.parameters().getFirst().uses().size());
    assertInstanceOf(Op.Contract.class, g.nodes().getFirst().op());
  }
}
