package org.fanin.torch;

import static org.fanin.torch.OnnxNodes.d;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/// Operators that no rule predicts, or whose attributes change what they are, as files: name and
/// file.
final class RareCases {
  private RareCases() {}

  private static Arguments of(String name, OnnxNodes n) {
    return arguments(name, n);
  }

  private static OnnxNodes net() {
    return OnnxNodes.of(17);
  }

  /// Gradients pass.
  static Stream<Arguments> differentiable() {
    return Stream.of(sums(), norms(), windows(), moves()).flatMap(s -> s);
  }

  private static Stream<Arguments> sums() {
    OnnxNodes three = net().input("a", 2, 3).input("b", 4, 5).input("c", 3, 4);
    return Stream.of(
        of(
            "einsum of three",
            three.node("y = Einsum a b c", "equation", "ij,kl,jk->il").output("y")),
        of(
            "einsum of three that broadcasts",
            net()
                .input("a", 2, 1, 3)
                .input("b", 4, 3)
                .input("c", 4)
                .node("y = Einsum a b c", "equation", "b...d,qd,q->q...b")
                .output("y")),
        of(
            "einsum of four",
            net()
                .input("a", 3, 2)
                .input("b", 3)
                .input("c", 2, 3)
                .input("e", 4, 3)
                .node("y = Einsum a b c e", "equation", "ij,i,jk,lk->jl")
                .output("y")),
        of(
            "einsum of one tensor with itself",
            net()
                .input("a", 3, 2)
                .input("b", 3)
                .node("y = Einsum a b a b", "equation", "ij,i,ij,k->jk")
                .output("y")),
        of(
            "einsum with diagonals",
            net()
                .input("a", 3, 3, 2)
                .input("b", 2)
                .node("y = Einsum a b", "equation", "iij,j->i")
                .output("y")),
        of("trace", net().input("a", 3, 3).node("y = Einsum a", "equation", "ii").output("y")),
        of("determinant", net().input("x", 2, 3, 3).node("y = Det x").output("y")),
        of(
            "remainder",
            net()
                .input("x", 3, 4)
                .input("z", 4)
                .floats("three", d(), 3)
                .floats("four", d(), 4)
                .node("a = Mul x three")
                .node("b = Add z four")
                .node("y = Mod a b", "fmod", 1)
                .output("y")),
        of("DFT", net().input("x", 2, 5, 3, 1).node("y = DFT x", "axis", 1).output("y")),
        of(
            "DFT of complex numbers, filled",
            net()
                .input("x", 2, 3, 5, 2)
                .longs("n", d(), 7)
                .node("y = DFT x n", "axis", -2)
                .output("y")),
        of(
            "DFT, cut, one side",
            net()
                .input("x", 2, 8, 1)
                .longs("n", d(), 6)
                .node("y = DFT x n", "onesided", 1)
                .output("y")),
        of(
            "inverse DFT, axis given",
            OnnxNodes.of(20)
                .input("x", 2, 4, 3, 2)
                .longs("axis", d(), 1)
                .node("y = DFT x _ axis", "inverse", 1)
                .output("y")));
  }

  private static Stream<Arguments> norms() {
    return Stream.of(
        of(
            "L1 normalisation",
            net().input("x", 2, 3, 4).node("y = LpNormalization x", "p", 1, "axis", 1).output("y")),
        of(
            "global L3 pool",
            net().input("x", 2, 3, 4, 2).node("y = GlobalLpPool x", "p", 3).output("y")),
        of(
            "L3 pool",
            net()
                .input("x", 2, 3, 5, 4)
                .node(
                    "y = LpPool x",
                    "p",
                    3,
                    "kernel_shape",
                    d(3, 2),
                    "strides",
                    d(2, 1),
                    "pads",
                    d(1, 0, 1, 1))
                .output("y")),
        of(
            "L1 pool",
            net()
                .input("x", 2, 3, 5)
                .node("y = LpPool x", "p", 1, "kernel_shape", d(3))
                .output("y")));
  }

  private static Stream<Arguments> windows() {
    return Stream.of(
        of(
            "columns to image",
            OnnxNodes.of(18)
                .input("x", 2, 12, 9)
                .longs("image", d(2), 5, 6)
                .longs("block", d(2), 2, 3)
                .node(
                    "y = Col2Im x image block",
                    "strides",
                    d(2, 1),
                    "pads",
                    d(1, 0, 0, 1),
                    "dilations",
                    d(1, 2))
                .output("y")),
        of(
            "columns to line",
            OnnxNodes.of(18)
                .input("x", 1, 4, 2)
                .longs("image", d(1), 6)
                .longs("block", d(1), 2)
                .node("y = Col2Im x image block", "strides", d(3))
                .output("y")),
        of(
            "max unpool",
            net()
                .input("x", 2, 3, 4, 6)
                .node("m at = MaxPool x", "kernel_shape", d(2, 2), "strides", d(2, 2))
                .node("y = MaxUnpool m at", "kernel_shape", d(2, 2), "strides", d(2, 2))
                .output("m", "y")),
        of(
            "max unpool, shape given",
            net()
                .input("x", 1, 2, 4, 5)
                .longs("to", d(4), 1, 2, 4, 5)
                .node("m at = MaxPool x", "kernel_shape", d(2, 2), "strides", d(2, 2))
                .node("y = MaxUnpool m at to", "kernel_shape", d(2, 2), "strides", d(2, 2))
                .output("y")),
        of(
            "max unpool of padded windows",
            net()
                .input("x", 2, 2, 5)
                .node("m at = MaxPool x", "kernel_shape", d(3), "strides", d(2), "pads", d(1, 1))
                .node("y = MaxUnpool m at", "kernel_shape", d(3), "strides", d(2), "pads", d(1, 1))
                .output("m", "y")));
  }

  private static Stream<Arguments> moves() {
    return Stream.of(
        of(
            "reverse sequence",
            net()
                .input("x", 4, 3, 2)
                .longs("n", d(3), 4, 1, 3)
                .node("y = ReverseSequence x n")
                .output("y")),
        of(
            "reverse sequence, batch first",
            net()
                .input("x", 3, 4)
                .longs("n", d(3), 2, 4, 1)
                .node("y = ReverseSequence x n", "batch_axis", 0, "time_axis", 1)
                .output("y")),
        cache("linear", 2, 0),
        cache("circular", 3, 1),
        scattered("mul"),
        scattered("max"),
        of(
            "scatter nd by the smallest",
            OnnxNodes.of(18)
                .input("x", 4, 3)
                .longs("at", d(2, 1), 2, 0)
                .input("u", 2, 3)
                .node("y = ScatterND x at u", "reduction", "min")
                .output("y")));
  }

  private static Arguments cache(String mode, long... starts) {
    return of(
        "tensor scatter, " + mode,
        OnnxNodes.of(24)
            .input("x", 2, 3, 4, 2)
            .input("u", 2, 3, 2, 2)
            .longs("at", d(2), starts)
            .node("y = TensorScatter x u at", "mode", mode)
            .output("y"));
  }

  private static Arguments scattered(String reduction) {
    return of(
        "scatter elements by " + reduction,
        OnnxNodes.of(18)
            .input("x", 3, 2)
            .longs("at", d(2, 2), 0, 2, 0, 1)
            .input("u", 2, 2)
            .node("y = ScatterElements x at u", "reduction", reduction)
            .output("y"));
  }

  /// No gradient passes, or none that differences show.
  static Stream<Arguments> flat() {
    return Stream.of(
        of("hardmax", net().input("x", 3, 4, 2).node("y = Hardmax x", "axis", 1).output("y")),
        of(
            "hardmax of opset 11",
            OnnxNodes.of(11).input("x", 3, 4, 2).node("y = Hardmax x").output("y")),
        shifted("LEFT"),
        shifted("RIGHT"),
        of(
            "quantised along an axis",
            net()
                .input("x", 2, 3, 2)
                .floats("s", d(3), 0.01, 0.02, 0.1)
                .ints("z", DataType.INT8, d(3), 3, -5, 0)
                .node("q = QuantizeLinear x s z", "axis", 1)
                .node("y = DequantizeLinear q s z", "axis", 1)
                .output("y")),
        of(
            "quantised in blocks",
            OnnxNodes.of(21)
                .input("x", 2, 5)
                .floats("s", d(2, 2), 0.01, 0.02, 0.1, 0.03)
                .ints("z", DataType.UINT8, d(2, 2), 100, 120, 128, 90)
                .node("q = QuantizeLinear x s z", "axis", 1, "block_size", 3)
                .node("y = DequantizeLinear q s z", "axis", 1, "block_size", 3)
                .output("y")),
        of(
            "dynamically quantised product",
            net()
                .input("x", 3, 4)
                .ints("w", DataType.INT8, d(4, 2), 3, -7, 100, 20, -128, 5, 66, 1)
                .ints("zw", DataType.INT8, d(), 4)
                .node("q s z = DynamicQuantizeLinear x")
                .node("i = MatMulInteger q w z zw")
                .node("f = Cast i", "to", DataType.FLOAT_VALUE)
                .node("y = Mul f s")
                .output("y", "s")),
        of(
            "convolution of integers",
            net()
                .input("x", 1, 2, 5)
                .ints("w", DataType.UINT8, d(1, 2, 3), 3, 7, 100, 20, 200, 5)
                .ints("zw", DataType.UINT8, d(), 128)
                .node("q s z = DynamicQuantizeLinear x")
                .node("i = ConvInteger q w z zw", "pads", d(1, 1))
                .node("y = Cast i", "to", DataType.FLOAT_VALUE)
                .output("y")),
        quantisedProduct(),
        quantisedConvolution());
  }

  private static Arguments shifted(String direction) {
    return of(
        "shifted " + direction,
        net()
            .input("x", 4)
            .floats("s", d(), 0.02)
            .ints("z", DataType.UINT8, d(), 128)
            .ints("by", DataType.UINT8, d(4), 0, 1, 3, 7)
            .node("q = QuantizeLinear x s z")
            .node("i = BitShift q by", "direction", direction)
            .node("y = Cast i", "to", DataType.FLOAT_VALUE)
            .output("y"));
  }

  private static OnnxNodes bytes(long... shape) {
    return net()
        .input("x", shape)
        .floats("s", d(), 0.02)
        .ints("z", DataType.UINT8, d(), 128)
        .floats("sy", d(), 0.05)
        .ints("zy", DataType.UINT8, d(), 110)
        .node("q = QuantizeLinear x s z");
  }

  private static Arguments quantisedProduct() {
    return of(
        "quantised product",
        bytes(3, 4)
            .ints("w", DataType.INT8, d(4, 2), 3, -7, 100, 20, -128, 5, 66, 1)
            .floats("sw", d(2), 0.01, 0.02)
            .ints("zw", DataType.INT8, d(2), 0, 0)
            .node("i = QLinearMatMul q s z w sw zw sy zy")
            .node("y = DequantizeLinear i sy zy")
            .output("y"));
  }

  private static Arguments quantisedConvolution() {
    return of(
        "quantised convolution",
        bytes(1, 2, 5)
            .ints("w", DataType.INT8, d(2, 2, 2), 3, -7, 100, 20, -128, 5, 66, 1)
            .floats("sw", d(2), 0.01, 0.02)
            .ints("zw", DataType.INT8, d(2), 0, 0)
            .ints("b", DataType.INT32, d(2), 1000, -300)
            .node("i = QLinearConv q s z w sw zw sy zy b", "strides", d(2), "pads", d(1, 0))
            .node("y = DequantizeLinear i sy zy")
            .output("y"));
  }
}
