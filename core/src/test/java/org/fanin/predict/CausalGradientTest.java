package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.fanin.math.Addressed;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

/// Where the gradient of causal scores lies: rows with few keys, and keys that many rows see.
/// Softmaxes over drawn logits with drawn gradients; tolerance 4.5 standard errors over DRAWS, 7e-6
/// false alarms per comparison, 20 comparisons; 1% for rows that are interpolated.
class CausalGradientTest {
  private static final int TOKENS = 10;
  private static final int DRAWS = 20_000;
  private static final double SPREAD = 0.7;
  private static final double SIGMAS = 4.5;

  private final double[][] sums = new double[2][TOKENS];
  private final double[][] squares = new double[2][TOKENS];

  @Test
  void rowsAndKeys() {
    for (int draw = 0; draw < DRAWS; draw++) {
      add(draw);
    }
    List<Integer> rows = IntStream.rangeClosed(1, TOKENS).boxed().toList();
    Field g = SoftmaxRule.throughWeights(Field.iid(Shape.of(TOKENS, TOKENS), 0), 1, SPREAD, rows);
    for (int axis = 0; axis < 2; axis++) {
      for (int i = 0; i < TOKENS; i++) {
        double mean = sums[axis][i] / DRAWS;
        double error = Math.sqrt((squares[axis][i] / DRAWS - mean * mean) / DRAWS);
        double predicted = g.profiles[axis][i] * Math.exp(g.ln);
        assertEquals(mean, predicted, SIGMAS * error + 0.01 * mean, "axis " + axis + ", " + i);
      }
    }
  }

  /// Mean square over each row, and over each key, of one draw.
  private void add(int draw) {
    double[][] of = new double[2][TOKENS];
    for (int t = 1; t <= TOKENS; t++) {
      double[] a = new double[t];
      double sum = 0;
      for (int j = 0; j < t; j++) {
        a[j] = Math.exp(SPREAD * Addressed.normal(21, draw, t * TOKENS + j));
        sum += a[j];
      }
      double mean = 0;
      for (int j = 0; j < t; j++) {
        a[j] /= sum;
        mean += a[j] * Addressed.normal(22, draw, t * TOKENS + j);
      }
      for (int j = 0; j < t; j++) {
        double d = a[j] * (Addressed.normal(22, draw, t * TOKENS + j) - mean);
        of[0][t - 1] += d * d / TOKENS;
        of[1][j] += d * d / TOKENS;
      }
    }
    for (int axis = 0; axis < 2; axis++) {
      for (int i = 0; i < TOKENS; i++) {
        sums[axis][i] += of[axis][i];
        squares[axis][i] += of[axis][i] * of[axis][i];
      }
    }
  }
}
