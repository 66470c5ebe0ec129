package org.fanin.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A file that contradicts itself: where, what was found, what was wanted.
class BuilderErrorTest {
  private static Net x() {
    return Net.of().input("x", 2, 3).output("y");
  }

  private static Arguments wrong(Net n, String found) {
    return Arguments.of(n, found);
  }

  static Stream<Arguments> contradictions() {
    return Stream.of(
        wrong(x().weight("w", 4, 5).node("y = MatMul x w"), "shapes [2, 3] and [4, 5]"),
        wrong(x().ints("to", 4, -1).node("y = Reshape x to"), "target [4, -1]"),
        wrong(x().ints("to", -1, -1).node("y = Reshape x to"), "target [-1, -1]"),
        wrong(x().weight("w", 5).node("y = Add x w"), "shapes [2, 3] and [5]"),
        wrong(x().node("y = Softmax x", "axis", 2), "axis 2"),
        wrong(x().node("y = Transpose x", "perm", Net.longs(0, 0)), "axis 0 twice"),
        wrong(x().node("y = Concat x z", "axis", 0).weight("z", 2, 4), "shapes [2, 3] and [2, 4]"),
        wrong(x().node("y = Clip x lo hi").scalar("lo", 2).scalar("hi", 1), "bounds 2.0 to 1.0"),
        wrong(x().node("y = Gather x i").ints("i", 0).node("z = Add x"), "1 inputs"),
        wrong(x().node("y = Relu q"), "input q that nothing makes"),
        wrong(x().node("y = Relu x").node("y = Tanh x"), "tensor y made twice"),
        wrong(x().node("y = Relu z").node("z = Tanh y"), "a cycle"),
        wrong(x().node("z = Relu x"), "output y that nothing makes"));
  }

  /// Of operators that no rule predicts.
  static Stream<Arguments> rarities() {
    Net square = Net.of().input("x", 2, 2).output("y");
    return Stream.of(
        wrong(square.node("y = Einsum x x x", "equation", "ij,jk->ik"), "equation ij,jk->ik"),
        wrong(
            x().weight("w", 3, 4).weight("v", 5).node("y = Einsum x w v", "equation", "ij,jk,k->i"),
            "shapes [2, 3] and [3, 4] and [5]"),
        wrong(x().node("y = Einsum x", "equation", "ij->ii"), "equation ij->ii"),
        wrong(x().node("y = Einsum x", "equation", "ii->i"), "a diagonal of shape [2, 3]"),
        wrong(
            Net.of().input("x", 1, 3).output("y").node("y = Einsum x", "equation", "ii->i"),
            "a diagonal of shape [1, 3]"),
        wrong(x().ints("i", 1).node("y = BitwiseAnd x i"), "elements of type F32"),
        wrong(
            x().ints("i", 1).node("y = BitShift x i", "direction", "LEFT"), "elements of type F32"),
        wrong(
            wide()
                .input("at", 2, 4, 6)
                .node("y = MaxUnpool x at", "kernel_shape", Net.longs(1L << 31)),
            "kernel, stride or dilation 2147483648"),
        wrong(x().node("y = Hardmax x", "axis", 7), "axis 7"),
        wrong(x().ints("n", 1, 2).node("y = ReverseSequence x n"), "lengths of shape [2]"),
        wrong(
            x().ints("n", 1, 2, 3).node("y = ReverseSequence x n", "time_axis", 1),
            "batch_axis 1 and time_axis 1"),
        wrong(x().node("y = LpNormalization x", "p", 0), "p = 0"),
        wrong(wide().node("y = LpPool x", "p", -1, "kernel_shape", Net.longs(2)), "p = -1"),
        wrong(wide().node("y = GlobalLpPool x", "p", 1 << 30), "p = 1073741824"),
        wrong(
            wide().ints("image", 9).ints("block", 2).node("y = Col2Im x image block"),
            "columns [2, 4, 6]"),
        wrong(
            wide().ints("image", 7).ints("block", 1L << 40).node("y = Col2Im x image block"),
            "kernel, stride or dilation 1099511627776"),
        wrong(
            wide().ints("at", 1, 2).node("y = MaxUnpool x at", "kernel_shape", Net.longs(2)),
            "indices of shape [2]"),
        wrong(x().node("y = DFT x"), "shape [2, 3]"),
        wrong(
            Net.of().input("x", 2, 3, 1).output("y").scalar("n", -4).node("y = DFT x n", "axis", 1),
            "length -4 on axis 1"),
        wrong(
            wide().input("u", 2, 4, 7).node("y = TensorScatter x u", "axis", 2),
            "update [2, 4, 7] on axis 2 of [2, 4, 6]"),
        wrong(
            x().ints("at", 0).weight("u", 1).node("y = ScatterND x at u", "reduction", "avg"),
            "reduction avg"),
        wrong(
            x().ints("i", 1).ints("j", 1).node("y = BitShift i j", "direction", "UP"),
            "direction 'UP'"),
        wrong(x().weight("s", 4).node("y = QuantizeLinear x s"), "scales of shape [4]"),
        wrong(
            x().weight("s", 2, 2).node("y = QuantizeLinear x s", "block_size", 7), "block_size 7"),
        wrong(
            x().weight("s", 2, 2).ints("z", 0).node("y = QuantizeLinear x s z"),
            "zero points of shape [1]"),
        wrong(x().weight("w", 4, 5).node("y = MatMulInteger x w"), "shapes [2, 3] and [4, 5]"));
  }

  private static Net wide() {
    return Net.of().input("x", 2, 4, 6).output("y");
  }

  @ParameterizedTest
  @MethodSource({"contradictions", "rarities"})
  void saysWhatWasFound(Net n, String found) {
    var e = assertThrows(ModelFormatException.class, n::build);
    assertTrue(e.getMessage().contains("found " + found), e::getMessage);
    assertTrue(e.getMessage().startsWith("test.onnx"), e::getMessage);
    assertTrue(e.getMessage().lines().count() == 1, e::getMessage);
  }

  @Test
  void convolutionChannels() {
    var e =
        assertThrows(
            ModelFormatException.class,
            () ->
                Net.of()
                    .input("x", 1, 4, 8, 8)
                    .weight("w", 6, 3, 3, 3)
                    .node("y = Conv x w")
                    .output("y")
                    .build());
    assertEquals(
        "test.onnx, node y/node (Conv): found input [1, 4, 8, 8], weight [6, 3, 3, 3], group 1,"
            + " wanted channels = group × 3",
        e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void hostileNumbersAreRefused(Net n) {
    assertThrows(ModelFormatException.class, n::build);
  }

  static Stream<Net> hostile() {
    long big = Long.MAX_VALUE;
    return Stream.of(
        x().ints("to", big, big).node("y = Expand x to"),
        x().ints("r", big, big).node("y = Tile x r"),
        x().ints("p", 0, big, 0, big).node("y = Pad x p"),
        x().node("y = Concat x x", "axis", Long.MIN_VALUE),
        x().ints("a", new long[100]).node("y = Unsqueeze x a"),
        x().ints("s", big, 2).node("y = ConstantOfShape s"),
        x().tensor("s", Tensor.ofDoubles(Shape.of(2), 1e300, 1)).node("y = Resize x _ s"),
        Net.of()
            .input("x", 1, 1, 9)
            .weight("w", 1, 1, 1)
            .output("y")
            .node("y = Conv x w", "pads", Net.longs(big, big)),
        Net.of()
            .input("x", 1, 1, 9)
            .output("y")
            .node("y = MaxPool x", "kernel_shape", Net.longs(0)));
  }

  @Test
  void assumedExtentsAreSaid() {
    var e =
        assertThrows(
            ModelFormatException.class,
            () ->
                Net.of()
                    .symbolic(
                        "x",
                        org.fanin.tensor.DType.F32,
                        java.util.List.of(-1L, 3L),
                        java.util.List.of("batch", ""))
                    .ints("to", 8, 3)
                    .node("y = Reshape x to")
                    .output("y")
                    .build());
    assertTrue(e.getMessage().endsWith("(with batch=16)"), e::getMessage);
  }
}
