package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fanin.graph.Graph;
import org.fanin.graph.Net;
import org.fanin.math.Addressed;
import org.fanin.model.ModelFormatException;
import org.junit.jupiter.api.Test;

/// Between two layer normalisations a gradient has next to no part along the signal, for the second
/// forgets its length: what reaches the deviation of the first is the share of the branch between.
class NormGradientTest {
  private static final int ROWS = 4;
  private static final int WIDTH = 64;
  private static final double BRANCH = 0.1;

  private static Net norm(Net net, String x, String name) {
    return net.node(name + "m = ReduceMean " + x, "axes", Net.longs(1))
        .node(name + "d = Sub " + x + " " + name + "m")
        .node(name + "q = Pow " + name + "d 2")
        .node(name + "v = ReduceMean " + name + "q", "axes", Net.longs(1))
        .node(name + "e = Add " + name + "v 3")
        .node(name + "s = Sqrt " + name + "e")
        .node(name + "y = Div " + name + "d " + name + "s");
  }

  private static double[] normalised(double[] x, double stretch) {
    double mean = 0;
    double square = 0;
    for (double v : x) {
      mean += v / x.length;
    }
    for (double v : x) {
      square += (v - mean) * (v - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (x[i] - mean) / (Math.sqrt(square + 1e-9) * stretch);
    }
    return y;
  }

  /// The loss of one row when the first deviation is multiplied by `stretch`.
  private static double loss(int row, double stretch) {
    double[] x = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      x[i] = Addressed.normal(1, row, i);
    }
    double[] y = normalised(x, stretch);
    for (int i = 0; i < WIDTH; i++) {
      y[i] += BRANCH * Addressed.normal(2, row, i);
    }
    double[] out = normalised(y, 1);
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) {
      sum += Addressed.normal(3, row, i) * out[i];
    }
    return sum;
  }

  /// 4000 rows: the standard error of the measured second moment is .03 in ln units. Without the
  /// direction the prediction would be off by ln(1/.01) = 4.6; it is right to .3 (d and s are taken
  /// as independent).
  @Test
  void gradientAlongTheSignalIsWhatTheBranchLeaves() throws ModelFormatException {
    Net net =
        Net.of()
            .input("x", ROWS, WIDTH)
            .input("z", ROWS, WIDTH)
            .scalar("1", BRANCH)
            .scalar("2", 2)
            .scalar("3", 1e-9);
    norm(net, "x", "a").node("f = Mul z 1").node("r = Add ay f");
    Graph g = norm(net, "r", "b").output("by").build();
    Forecast f = Predictor.predict(g, PredictSettings.defaults());
    double measured = 0;
    int rows = 4000;
    double step = 1e-4;
    for (int row = 0; row < rows; row++) {
      double slope = (loss(row, 1 + step) - loss(row, 1 - step)) / (2 * step);
      measured += slope * slope / rows;
    }
    double predicted =
        f.tensors().stream()
            .filter(t -> g.value(t.value()).name().equals("as"))
            .map(t -> (Forecast.Backward.Known) t.backward())
            .findFirst()
            .orElseThrow()
            .lnGm2();
    // The deviation is 1 within its own scatter, so ∂/∂ln s and ∂/∂s have one second moment.
    assertEquals(Math.log(measured), predicted, 0.35);
  }
}
