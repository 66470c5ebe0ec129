package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.IntUnaryOperator;
import org.fanin.graph.Graph;
import org.fanin.graph.Net;
import org.fanin.math.Addressed;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// The gradient of a parameter is a sum over samples that share few directions: it scatters more
/// than their mean square does.
class InterferenceTest {
  private static final int BATCH = 8;
  private static final int LOGITS = 3;
  private static final int DRAWS = 20_000;

  /// Relative variance over draws of |Σ c xᵀ|², where c are 3 normal numbers per sample and x is 1
  /// in the input that the sample's group has.
  private static double simulated(int seed, int inputs, IntUnaryOperator groupOf) {
    double sum = 0;
    double squares = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      double q = 0;
      for (int r = 0; r < LOGITS; r++) {
        double[] w = new double[inputs];
        for (int n = 0; n < BATCH; n++) {
          w[groupOf.applyAsInt(n)] += Addressed.normal(seed, draw, r * BATCH + n);
        }
        for (double v : w) {
          q += v * v;
        }
      }
      sum += q / DRAWS;
      squares += q * q / DRAWS;
    }
    return squares / (sum * sum) - 1;
  }

  private static double before() {
    return 2.0 / (LOGITS * BATCH);
  }

  private static double predicted(double[] x, long... extents) {
    double[] g = new double[x.length];
    g[0] = 1;
    return before() + Interference.added(extents, g, x, 1.0 / LOGITS, 0);
  }

  /// A bias: all samples in one sum, 2/3. Standard error of a relative variance of this size over
  /// 20,000 draws: under .02; 4 of them, 6e-5 false alarms.
  @Test
  void biasHasAsManySquaresAsThereAreLogits() {
    assertEquals(2.0 / LOGITS, predicted(new double[] {1, 1}, BATCH), 1e-12);
    assertEquals(simulated(1, 1, _ -> 0), predicted(new double[] {1, 1}, BATCH), .08);
  }

  /// Orthogonal inputs keep the samples apart: nothing is added.
  @Test
  void orthogonalInputsAddNothing() {
    assertEquals(before(), predicted(new double[] {1, 0}, BATCH), 1e-12);
    assertEquals(simulated(2, BATCH, n -> n), predicted(new double[] {1, 0}, BATCH), .01);
  }

  /// Two groups of four equal inputs, orthogonal to each other: 6 squares.
  @Test
  void equalInputsWithinGroups() {
    double found = predicted(new double[] {1, 0, 1, 0}, 2, BATCH / 2);
    assertEquals(1.0 / LOGITS, found, 1e-12);
    assertEquals(simulated(3, 2, n -> n / (BATCH / 2)), found, .04);
  }

  /// The forecast of a perceptron with 3 outputs: its hidden bias scatters by 2/3 at least, its
  /// hidden weights, whose inputs are independent, by far less.
  @Test
  void forecastOfABias() throws ModelFormatException {
    Graph g =
        Net.of()
            .input("x", BATCH, 64)
            .tensor("w", normal(1, 64, 200))
            .tensor("b", normal(2, 200))
            .tensor("v", normal(3, 200, LOGITS))
            .node("h = MatMul x w")
            .node("z = Add h b")
            .node("y = MatMul z v")
            .output("y")
            .build();
    Forecast f = Predictor.predict(g, PredictSettings.defaults());
    double bias = spreadOf(f, g, "b");
    assertEquals(Math.sqrt(2.0 / LOGITS), bias, .02);
    assertEquals(Math.sqrt(before()), spreadOf(f, g, "w"), .1);
  }

  private static double spreadOf(Forecast f, Graph g, String name) {
    return f.parameters().stream()
        .filter(p -> g.parameters().get(p.parameter()).name().equals(name))
        .map(p -> ((Forecast.Backward.Known) p.gradient()).lnSpread())
        .findFirst()
        .orElseThrow();
  }

  private static Tensor normal(int key, long... dims) {
    double[] x = new double[(int) Shape.of(dims).count()];
    for (int i = 0; i < x.length; i++) {
      x[i] = .1 * Addressed.normal(17, key, i);
    }
    return Tensor.ofDoubles(Shape.of(dims), x);
  }
}
