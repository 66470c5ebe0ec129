package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.fanin.graph.Op;
import org.fanin.predict.RecurrentCell.Feed;
import org.fanin.predict.RecurrentCell.GateMeans;
import org.fanin.predict.RecurrentCell.Start;
import org.junit.jupiter.api.Test;

/// Recurrent layers against layers that are really run: independent Gaussian weights, inputs N(0,1)
/// at every step, DRAWS networks of one sample. Fixed seeds; tolerances are 4.5 standard errors of
/// the draws' mean (two-sided false-alarm rate 7e-6 per comparison) and 3/width, what independence
/// of gates and states leaves out at this width.
class RecurrentCellTest {
  private static final int WIDTH = 64;
  private static final int STEPS = 8;
  private static final int DRAWS = 200;
  private static final double SIGMAS = 4.5;

  @Test
  void aForgetBiasOfOneKeepsMoreOfTheState() {
    RecurrentCell open = lstm(new GateMeans(1, 0, 0));
    double[] measured = runLstm(new Random(11), 1);
    double[] m = meanAndError(measured);
    double predicted = open.h[0][STEPS - 1][STEPS - 1];
    assertEquals(m[0], predicted, SIGMAS * m[1] + 3.0 / WIDTH * m[0]);
    double closed = lstm(GateMeans.NONE).h[0][STEPS - 1][STEPS - 1];
    assertTrue(closed < m[0] - SIGMAS * m[1], "a bias of 0 would have been told apart: " + closed);
  }

  @Test
  void aRectifiedLayerForwardAndBackward() {
    Feed feed = new Feed(new double[] {1, 0, 0, 0}, 1.5, 0, 0, GateMeans.NONE, Start.ZERO);
    RecurrentCell cell = new RecurrentCell(Op.Recurrent.Kind.RELU_RNN, feed, STEPS);
    double[] external = new double[STEPS];
    external[STEPS - 1] = 1;
    double back = cell.backward(external, 0, 0).pre()[0];
    double[] forward = new double[DRAWS];
    double[] backward = new double[DRAWS];
    Random random = new Random(12);
    for (int i = 0; i < DRAWS; i++) {
      runRectified(random, i, forward, backward);
    }
    double[] f = meanAndError(forward);
    double[] b = meanAndError(backward);
    assertEquals(f[0], cell.h[0][STEPS - 1][STEPS - 1], SIGMAS * f[1] + 3.0 / WIDTH * f[0]);
    assertEquals(b[0], back, SIGMAS * b[1] + 3.0 / WIDTH * b[0]);
  }

  /// The gradient of a leaky state is the same at every step but for the gates between: with gates
  /// that are always half open, E δ_t δ_s = 2^−|t−s| of the later one's.
  @Test
  void stepsShareTheGradientOfTheStateTheyWriteTo() {
    Feed feed = new Feed(new double[] {1e-8, 0, 0, 0}, 0, 0, 0, GateMeans.NONE, Start.ZERO);
    RecurrentCell cell = new RecurrentCell(Op.Recurrent.Kind.GRU, feed, 2);
    RecurrentCell.Back back = cell.backward(new double[] {0, 1}, 0, 0);
    // Candidate of step 1: ½·g; of step 0: ½·½·g.
    assertEquals(0.125, back.coherent(), 1e-6);
  }

  private static RecurrentCell lstm(GateMeans means) {
    return new RecurrentCell(
        Op.Recurrent.Kind.LSTM,
        new Feed(new double[] {1, 0, 0, 0}, 0.5, 0, 0, means, Start.ZERO),
        STEPS);
  }

  private static double[] runLstm(Random random, double forgetBias) {
    double[] result = new double[DRAWS];
    for (int i = 0; i < DRAWS; i++) {
      double[][] r = new double[4 * WIDTH][WIDTH];
      fill(random, r, Math.sqrt(0.5 / WIDTH));
      double[] h = new double[WIDTH];
      double[] c = new double[WIDTH];
      for (int t = 0; t < STEPS; t++) {
        double[] z = pre(random, r, h);
        for (int j = 0; j < WIDTH; j++) {
          double forget = sigmoid(z[2 * WIDTH + j] + forgetBias);
          c[j] = forget * c[j] + sigmoid(z[j]) * Math.tanh(z[3 * WIDTH + j]);
          h[j] = sigmoid(z[WIDTH + j]) * Math.tanh(c[j]);
        }
      }
      result[i] = meanSquare(h);
    }
    return result;
  }

  private static void runRectified(Random random, int i, double[] forward, double[] backward) {
    double[][] r = new double[WIDTH][WIDTH];
    fill(random, r, Math.sqrt(1.5 / WIDTH));
    double[][] z = new double[STEPS][];
    double[] h = new double[WIDTH];
    for (int t = 0; t < STEPS; t++) {
      z[t] = pre(random, r, h);
      h = new double[WIDTH];
      for (int j = 0; j < WIDTH; j++) {
        h[j] = Math.max(0, z[t][j]);
      }
    }
    forward[i] = meanSquare(h);
    double[] g = new double[WIDTH];
    for (int j = 0; j < WIDTH; j++) {
      g[j] = random.nextGaussian();
    }
    for (int t = STEPS - 1; t >= 0; t--) {
      double[] delta = new double[WIDTH];
      for (int j = 0; j < WIDTH; j++) {
        delta[j] = z[t][j] > 0 ? g[j] : 0;
      }
      backward[i] = meanSquare(delta);
      g = new double[WIDTH];
      for (int j = 0; j < WIDTH; j++) {
        for (int k = 0; k < WIDTH; k++) {
          g[k] += r[j][k] * delta[j];
        }
      }
    }
  }

  /// Pre-activations: the input's part is drawn as it arrives, variance 1.
  private static double[] pre(Random random, double[][] r, double[] h) {
    double[] z = new double[r.length];
    for (int j = 0; j < z.length; j++) {
      z[j] = random.nextGaussian();
      for (int k = 0; k < h.length; k++) {
        z[j] += r[j][k] * h[k];
      }
    }
    return z;
  }

  private static void fill(Random random, double[][] w, double sd) {
    for (double[] row : w) {
      for (int k = 0; k < row.length; k++) {
        row[k] = sd * random.nextGaussian();
      }
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double meanSquare(double[] x) {
    double s = 0;
    for (double v : x) {
      s += v * v / x.length;
    }
    return s;
  }

  private static double[] meanAndError(double[] x) {
    double s = 0;
    double s2 = 0;
    for (double v : x) {
      s += v / x.length;
      s2 += v * v / x.length;
    }
    return new double[] {s, Math.sqrt((s2 - s * s) / x.length)};
  }
}
