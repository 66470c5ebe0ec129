package org.fanin.predict;

import static org.fanin.predict.RuleMeasureTest.of;
import static org.fanin.predict.RuleMeasureTest.one;
import static org.fanin.predict.RuleMeasureTest.relu;
import static org.fanin.predict.RuleMeasureTest.rows;
import static org.fanin.predict.RuleMeasureTest.two;

import java.util.Arrays;
import java.util.stream.Stream;
import org.fanin.graph.Net;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.RuleMeasureTest.Case;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Windows over functions of Gaussian tensors, and tensors that stay such functions, as
/// [RuleMeasureTest] measures rules.
class WindowMeasureTest {

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "maximum over ReLUs side by side",
            two(4, 2, 4)
                .node("u = Relu x")
                .node("v = Relu z")
                .node("w = Concat u v", "axis", 1)
                .node("y = MaxPool w", "kernel_shape", Net.longs(2), "strides", Net.longs(2))
                .output("y"),
            of(32, 32),
            4,
            WindowMeasureTest::sideBySide,
            0.05,
            0.05),
        new Case(
            "maximum of SiLU, which falls below −1.28",
            one(4, 2, 4)
                .node("s = Sigmoid x")
                .node("u = Mul x s")
                .node("y = MaxPool u", "kernel_shape", Net.longs(2), "strides", Net.longs(2))
                .output("y"),
            of(32),
            4,
            rows(2, v -> new double[] {Math.max(silu(v[0]), silu(v[1]))}),
            0.05,
            0.05),
        new Case(
            "maximum of what falls everywhere",
            one(4, 8)
                .node("u = Neg x")
                .node("w = Relu u")
                .node("y = ReduceMax w", "axes", Net.longs(1))
                .output("y"),
            of(32),
            4,
            rows(8, v -> new double[] {relu(-Arrays.stream(v).min().orElseThrow())}),
            0.05,
            0.05),
        new Case(
            "ReLU of ReLU plus a branch that starts at 0",
            one(4, 8)
                .tensor("0", Tensor.ofDoubles(Shape.of(8), 0, 0, 0, 0, 0, 0, 0, 0))
                .node("u = Relu x")
                .node("f = Mul x 0")
                .node("s = Add u f")
                .node("y = Relu s")
                .output("y"),
            of(32),
            4,
            rows(1, v -> new double[] {relu(v[0])}),
            0.05,
            0.05),
        new Case(
            "four scales of 1 are 1",
            one(8, 4)
                .tensor("g", Tensor.ofDoubles(Shape.of(4), 1, 1, 1, 1))
                .node("u = Relu x")
                .node("y = Mul u g")
                .output("y"),
            of(32),
            8,
            rows(1, v -> new double[] {relu(v[0])}),
            0.05,
            0.05));
  }

  private static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  /// Samples of 8 elements of x and of z, two channels each.
  private static double[] sideBySide(double[] xz) {
    double[] y = new double[32];
    for (int b = 0; b < 4; b++) {
      for (int i = 0; i < 8; i++) {
        int from = (i < 4 ? 0 : 32) + b * 8 + i % 4 * 2;
        y[b * 8 + i] = relu(Math.max(xz[from], xz[from + 1]));
      }
    }
    return y;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheOperator(Case test) throws ModelFormatException {
    RuleMeasureTest.check(test);
  }
}
