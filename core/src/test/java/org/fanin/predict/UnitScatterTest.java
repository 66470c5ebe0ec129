package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fanin.graph.Graph;
import org.fanin.graph.Net;
import org.fanin.math.Addressed;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// Batch normalisation divides the gradient of every channel by that channel's own variance.
class UnitScatterTest {
  private static final int CHANNELS = 2000;
  private static final int TERMS = 6;
  private static final int BATCH = 64;

  private static double lnGm2(Forecast f, String name) {
    return f.tensors().stream()
        .filter(t -> f.graph().value(t.value()).name().equals(name))
        .map(t -> ((Forecast.Backward.Known) t.backward()).lnGm2())
        .findFirst()
        .orElseThrow();
  }

  private static Tensor filled(double value) {
    double[] v = new double[CHANNELS];
    java.util.Arrays.fill(v, value);
    return Tensor.ofDoubles(Shape.of(CHANNELS), v);
  }

  /// With 6 inputs of variance 1 a channel's variance is Σ w². 1/χ² of 6 degrees has a relative
  /// deviation of 1, so the mean over 2000 channels is known to 2.2%, and five of these are .11;
  /// the rule adds ln(6/4) = .41 at the convolution and nothing before it.
  @Test
  void gradientAtAConvolutionIsTheMeanOfOneOverItsVariances() throws ModelFormatException {
    double[] w = new double[CHANNELS * TERMS];
    double inverse = 0;
    for (int c = 0; c < CHANNELS; c++) {
      double v = 0;
      for (int i = 0; i < TERMS; i++) {
        w[c * TERMS + i] = Addressed.normal(5, c, i);
        v += w[c * TERMS + i] * w[c * TERMS + i];
      }
      inverse += 1 / v / CHANNELS;
    }
    Graph g =
        Net.of()
            .input("x", BATCH, TERMS, 1, 1)
            .tensor("w", Tensor.ofDoubles(Shape.of(CHANNELS, TERMS, 1, 1), w))
            .tensor("g", filled(1))
            .tensor("b", filled(0))
            .tensor("m", filled(0))
            .tensor("v", filled(1))
            .node("u = Conv x w")
            .node("y = BatchNormalization u g b m v", "training_mode", 1)
            .output("y")
            .build();
    Forecast f = Predictor.predict(g, PredictSettings.defaults());
    // Normalising takes the mean and one direction out of 64 samples.
    double left = Math.log((BATCH - 2.0) / BATCH);
    assertEquals(Math.log(inverse) + left, lnGm2(f, "u"), 0.11);
    // Σ_c w_ci²/Σ_j w_cj² is 1/6 of the channels whatever the weights.
    assertEquals(Math.log(CHANNELS / (double) TERMS) + left, lnGm2(f, "x"), 0.11);
  }
}
