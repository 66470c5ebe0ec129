package org.fanin.predict;

import static org.fanin.predict.RuleMeasureTest.of;
import static org.fanin.predict.RuleMeasureTest.one;
import static org.fanin.predict.RuleMeasureTest.relu;
import static org.fanin.predict.RuleMeasureTest.rows;
import static org.fanin.predict.RuleMeasureTest.two;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
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
    return Stream.concat(overlapping(), functions());
  }

  private static Stream<Case> overlapping() {
    return Stream.of(
        new Case(
            "average of overlapping maxima",
            one(4, 1, 10)
                .node("u = MaxPool x", "kernel_shape", Net.longs(3), "strides", Net.longs(1))
                .node("y = AveragePool u", "kernel_shape", Net.longs(2), "strides", Net.longs(2))
                .output("y"),
            of(40),
            4,
            rows(10, v -> windows(windows(v, 3, 1, WindowMeasureTest::top), 2, 2, AVERAGE)),
            0.05,
            0.05),
        new Case(
            "maximum of overlapping averages",
            one(4, 1, 12)
                .node("u = AveragePool x", "kernel_shape", Net.longs(3), "strides", Net.longs(1))
                .node("y = MaxPool u", "kernel_shape", Net.longs(2), "strides", Net.longs(2))
                .output("y"),
            of(48),
            4,
            rows(12, v -> windows(windows(v, 3, 1, AVERAGE), 2, 2, WindowMeasureTest::top)),
            0.05,
            0.05),
        new Case(
            "average of overlapping maxima of ReLUs, along rows and columns",
            one(4, 1, 9, 9)
                .node("r = Relu x")
                .node("u = MaxPool r", "kernel_shape", Net.longs(3, 3), "strides", Net.longs(2, 2))
                .node(
                    "y = AveragePool u",
                    "kernel_shape",
                    Net.longs(2, 2),
                    "strides",
                    Net.longs(2, 2))
                .output("y"),
            of(324),
            4,
            rows(81, WindowMeasureTest::averagedMaxima),
            0.05,
            0.05));
  }

  private static final ToDoubleFunction<double[]> AVERAGE =
      v -> Arrays.stream(v).average().orElse(0);

  private static double top(double[] v) {
    return Arrays.stream(v).max().orElseThrow();
  }

  private static double[] windows(
      double[] x, int kernel, int stride, ToDoubleFunction<double[]> f) {
    double[] y = new double[(x.length - kernel) / stride + 1];
    for (int i = 0; i < y.length; i++) {
      y[i] = f.applyAsDouble(Arrays.copyOfRange(x, i * stride, i * stride + kernel));
    }
    return y;
  }

  /// 9 × 9 → 4 × 4 maxima → 2 × 2 averages.
  private static double[] averagedMaxima(double[] x) {
    double[] y = new double[4];
    for (int i = 0; i < 16; i++) {
      double most = 0;
      for (int t = 0; t < 9; t++) {
        most = Math.max(most, x[(i / 4 * 2 + t / 3) * 9 + i % 4 * 2 + t % 3]);
      }
      y[i / 8 * 2 + i % 4 / 2] += most / 4;
    }
    return y;
  }

  private static Stream<Case> functions() {
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
