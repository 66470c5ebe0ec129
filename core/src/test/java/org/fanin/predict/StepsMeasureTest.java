package org.fanin.predict;

import static org.fanin.predict.RuleMeasureTest.of;
import static org.fanin.predict.RuleMeasureTest.one;
import static org.fanin.predict.RuleMeasureTest.rows;
import static org.fanin.predict.RuleMeasureTest.two;

import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.RuleMeasureTest.Case;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// As [RuleMeasureTest], for operators that the graph stage breaks into steps.
class StepsMeasureTest {
  private static double[] normalised(double[] x) {
    double norm = DoubleStream.of(x).map(Math::abs).sum();
    return DoubleStream.of(x).map(v -> v / norm).toArray();
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "Einsum of three operands",
            two(4, 8)
                .input("w", 8, 8)
                .node("y = Einsum x z w", "equation", "bi,bj,ij->b")
                .output("y"),
            java.util.Map.of(
                "x", new int[] {0, 32}, "z", new int[] {32, 32}, "w", new int[] {64, 64}),
            4,
            StepsMeasureTest::bilinear,
            0.05,
            0.05),
        // Exact for many elements: of 16 it would be 17% off, as any quotient taken as independent.
        new Case(
            "LpNormalization, p = 1",
            one(2, 64).node("y = LpNormalization x", "p", 1, "axis", 1).output("y"),
            of(128),
            2,
            rows(64, StepsMeasureTest::normalised),
            0.05,
            0.05));
  }

  private static double[] bilinear(double[] x) {
    double[] y = new double[4];
    for (int b = 0; b < 4; b++) {
      for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
          y[b] += x[b * 8 + i] * x[32 + b * 8 + j] * x[64 + i * 8 + j];
        }
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
