package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.fanin.math.Addressed;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

/// The gradient of a query against T tokens of d features that are really drawn. Tolerance: 4.5
/// standard errors over DRAWS (7e-6 false alarms per comparison).
class TokenGramTest {
  private static final int TOKENS = 12;
  private static final int FEATURES = 16;
  private static final int DRAWS = 4000;
  private static final double SIGMAS = 4.5;

  @Test
  void evenWeights() {
    List<Integer> rows = List.of(TOKENS);
    check(rows, simulated(3, rows));
  }

  /// Rows that see 1 … T tokens: sums over rows of both sides.
  @Test
  void causalWeights() {
    List<Integer> rows = IntStream.rangeClosed(1, TOKENS).boxed().toList();
    check(rows, simulated(4, rows));
  }

  private static void check(List<Integer> rows, double[] meanAndError) {
    Field tokens =
        Field.iid(Shape.of(TOKENS, FEATURES), 0)
            .withSpread(0, Overlap.NONE.withCosine(1.0 / FEATURES), 0);
    double predicted = TokenGram.factor(tokens, tokens, rows, 0);
    // Σ D_jl² over j ≠ l, 1/T² of tr D², is left out.
    double left = 1.0 / TOKENS / FEATURES;
    assertEquals(meanAndError[0], predicted, SIGMAS * meanAndError[1] + left);
  }

  /// tr (D R)² over tr D², tokens of equal length, summed over the rows.
  private static double[] simulated(int seed, List<Integer> rows) {
    double sum = 0;
    double squares = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      double[][] gram = gram(seed, draw);
      double with = 0;
      double without = 0;
      for (int t : rows) {
        with += traceOfSquare(gram, t);
        without += (t - 1.0) / (t * (double) t);
      }
      sum += with / without / DRAWS;
      squares += with / without * with / without / DRAWS;
    }
    return new double[] {sum, Math.sqrt((squares - sum * sum) / DRAWS)};
  }

  /// D = (I − 11ᵀ/t)/t on the first t tokens: DRD is the centred R over t².
  private static double traceOfSquare(double[][] r, int t) {
    double[] row = new double[t];
    double all = 0;
    for (int i = 0; i < t; i++) {
      for (int j = 0; j < t; j++) {
        row[i] += r[i][j] / t;
      }
      all += row[i] / t;
    }
    double s = 0;
    for (int i = 0; i < t; i++) {
      for (int j = 0; j < t; j++) {
        double centred = r[i][j] - row[i] - row[j] + all;
        s += centred * centred / t / t;
      }
    }
    return s;
  }

  private static double[][] gram(int seed, int draw) {
    double[][] x = new double[TOKENS][FEATURES];
    for (int i = 0; i < TOKENS; i++) {
      double length = 0;
      for (int f = 0; f < FEATURES; f++) {
        x[i][f] = Addressed.normal(seed, draw, i * FEATURES + f);
        length += x[i][f] * x[i][f];
      }
      for (int f = 0; f < FEATURES; f++) {
        x[i][f] /= Math.sqrt(length);
      }
    }
    double[][] r = new double[TOKENS][TOKENS];
    for (int i = 0; i < TOKENS; i++) {
      for (int j = 0; j < TOKENS; j++) {
        for (int f = 0; f < FEATURES; f++) {
          r[i][j] += x[i][f] * x[j][f];
        }
      }
    }
    return r;
  }
}
