package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

class InputBindingTest {
  private static Net images() {
    return Net.of()
        .symbolic("x", DType.F32, List.of(-1L, -1L, -1L, -1L), List.of("N", "", "h", "w"))
        .weight("w", 8, 3, 3, 3)
        .node("y = Conv x w")
        .output("y");
  }

  @Test
  void theFirstReaderTellsChannelsAndKind() throws Exception {
    Graph g = images().build();
    assertEquals(Shape.of(16, 3, 224, 224), Net.shape(g, "x"));
    assertEquals(Map.of("N", 16L, "x[1]", 3L, "h", 224L, "w", 224L), g.bindings());
  }

  @Test
  void givenShapesWin() throws Exception {
    Graph g = images().build(new Bindings(16, Map.of("x", Shape.of(2, 3, 9, 9))));
    assertEquals(Shape.of(2, 8, 7, 7), Net.shape(g, "y"));
    assertEquals(9, g.bindings().get("h"));
  }

  @Test
  void aSymbolHasOneExtent() throws Exception {
    Graph g =
        Net.of()
            .symbolic("a", DType.I64, List.of(-1L, -1L), List.of("batch", "sequence"))
            .symbolic("b", DType.F32, List.of(-1L, -1L), List.of("batch", "sequence"))
            .node("y = Relu b")
            .output("y")
            .build(new Bindings(3, Map.of("b", Shape.of(5, 11))));
    assertEquals(Shape.of(5, 11), Net.shape(g, "a"));
  }

  @Test
  void listedInitialisersAreNoInputs() throws Exception {
    Graph g =
        Net.of()
            .input("x", 2, 3)
            .input("w", 3, 4)
            .weight("w", 3, 4)
            .node("y = MatMul x w")
            .output("y")
            .build();
    assertEquals(1, g.inputs().size());
    assertEquals(Value.Kind.PARAMETER, Net.value(g, "w").kind());
  }

  @Test
  void aWrongRankIsNamed() {
    var e =
        assertThrows(
            ModelFormatException.class,
            () -> images().build(new Bindings(16, Map.of("x", Shape.of(2, 3)))));
    assertEquals(
        "test.onnx, input x: found 4 axes, wanted the rank of the given shape [2, 3]",
        e.getMessage());
  }

  @Test
  void anInputWithoutShapeTakesItFromItsUse() throws Exception {
    Graph g =
        Net.of()
            .symbolic("x", DType.F32, null, null)
            .weight("w", 5, 3)
            .node("y = Gemm x w", "transB", 1)
            .output("y")
            .build();
    assertEquals(Shape.of(16, 3), Net.shape(g, "x"));
  }
}
