package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

class OpenExtentsTest {
  /// A kernel of 256 over an axis whose usual extent is 32.
  private static Net longKernel() {
    return Net.of()
        .symbolic("a", DType.F32, List.of(-1L, 1L, -1L), List.of("batch", "", "sequence"))
        .weight("k", 8, 1, 256)
        .node("y = Conv a k")
        .output("y");
  }

  @Test
  void anAxisIsAsLongAsItsKernelWants() throws Exception {
    Graph g = longKernel().build();
    assertEquals(Shape.of(16, 1, 256), Net.shape(g, "a"));
    assertEquals(Map.of("sequence", 32L), g.usualExtents());
  }

  @Test
  void aGivenExtentIsTaken() throws Exception {
    Graph g = longKernel().build(new Bindings(4, Map.of(), Map.of("sequence", 512L)));
    assertEquals(Shape.of(4, 8, 257), Net.shape(g, "y"));
    assertEquals(Map.of(), g.usualExtents());
  }

  @Test
  void aGivenExtentThatDoesNotFitIsRefusedWithItsName() {
    ModelFormatException e =
        assertThrows(
            ModelFormatException.class,
            () -> longKernel().build(new Bindings(4, Map.of(), Map.of("sequence", 99L))));
    assertTrue(e.getMessage().contains("sequence=99"), e.getMessage());
  }

  @Test
  void aBatchOfOneThatTheNetworkHoldsIsTaken() throws Exception {
    Graph g =
        Net.of()
            .symbolic("x", DType.F32, List.of(-1L, 12L), List.of("batch", ""))
            .ints("to", 1, 3, 4)
            .weight("w", 4, 5)
            .node("r = Reshape x to")
            .node("y = MatMul r w")
            .output("y")
            .build();
    assertEquals(Shape.of(1, 12), Net.shape(g, "x"));
    assertEquals(Map.of("batch", 16L), g.usualExtents());
  }

  @Test
  void aTableOfPositionsSetsTheLength() throws Exception {
    Graph g =
        Net.of()
            .symbolic("x", DType.F32, List.of(-1L, -1L, 8L), List.of("batch", "tokens", ""))
            .weight("positions", 1, 77, 8)
            .node("y = Add x positions")
            .output("y")
            .build();
    assertEquals(Shape.of(16, 77, 8), Net.shape(g, "x"));
  }

  @Test
  void whatFitsNoExtentIsRefusedForItsFirstReason() {
    ModelFormatException e =
        assertThrows(
            ModelFormatException.class,
            () ->
                Net.of()
                    .symbolic("x", DType.F32, List.of(-1L, 8L), List.of("batch", ""))
                    .weight("w", 9, 5)
                    .node("y = MatMul x w")
                    .output("y")
                    .build());
    assertTrue(e.getMessage().contains("batch=16"), e.getMessage());
  }

  @Test
  void extentsAreAtLeastOne() {
    assertThrows(
        IllegalArgumentException.class, () -> new Bindings(4, Map.of(), Map.of("sequence", 0L)));
  }
}
