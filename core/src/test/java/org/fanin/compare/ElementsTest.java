package org.fanin.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Op;
import org.fanin.judge.Nets;
import org.fanin.math.Addressed;
import org.fanin.math.Fns;
import org.fanin.predict.Forecast;
import org.fanin.probe.Arithmetic;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.probe.Share;
import org.fanin.probe.Statistics;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElementsTest {
  private static final Statistics.Workspace WORK = new Statistics.Workspace();

  private static Reading reading(double value, double gradient) {
    int n = 4000;
    double[] x = new double[n];
    double[] g = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = value * Addressed.normal(1, 1, i);
      g[i] = gradient * Addressed.normal(1, 2, i);
    }
    Shape s = Shape.of(16, n / 16);
    Reading r = Statistics.forward(WORK, Tensor.ofDoubles(s, x), true, Share.NONE, Share.NONE);
    return Statistics.withGradient(WORK, r, Tensor.ofDoubles(s, g), true);
  }

  /// What theory expects is what Gaussian units do: within 4.5 standard errors of 4000 units,
  /// false-alarm rate 7e-6 each.
  @ParameterizedTest
  @CsvSource({"0, 0", "0, .9", "0, .999", "1, .3", "-2, .9", "0, 1"})
  void neverActiveUnitsAreAsDrawn(double shift, double rho) {
    Nets n = new Nets(8);
    double m2 = 1 + shift * shift;
    int x = n.node("fc", "MatMul", new Op.Pointwise(Fns.identity()), n.input());
    int y = n.node("relu", "Relu", new Op.Pointwise(Fns.relu()), x);
    Forecast f = n.done(y);
    Forecast known =
        new Forecast(
            f.graph(),
            f.assumptions(),
            List.of(
                new Forecast.TensorForecast(
                    x,
                    new Forecast.Forward.Known(
                        shift, Math.log(m2), Math.log(m2), 0, (rho + shift * shift) / m2),
                    new Forecast.Backward.None(""))),
            List.of(),
            List.of(),
            f.coverage());
    int units = 4000;
    int dead = 0;
    double zeros = 0;
    for (int u = 0; u < units; u++) {
      double common = Math.sqrt(rho) * Addressed.normal(9, 0, u);
      boolean any = false;
      for (int b = 0; b < Nets.BATCH; b++) {
        double own = Math.sqrt(1 - rho) * Addressed.normal(9, 1 + b, u);
        any |= shift + common + own > 0;
        zeros += shift + common + own > 0 ? 0 : 1;
      }
      dead += any ? 0 : 1;
    }
    Expected e = Expected.of(known).get(y);
    double p = e.neverActive();
    assertEquals(p, (double) dead / units, 4.5 * Math.sqrt(p * (1 - p) / units) + 1e-6);
    double q = e.zeros();
    // units count once each where samples are alike
    assertEquals(q, zeros / units / Nets.BATCH, 4.5 * Math.sqrt(q * (1 - q) / units));
  }

  /// @param gradients standard deviation of each layer's gradient
  private static Precision precision(double value, double... gradients) {
    Nets n = new Nets(8);
    Map<Integer, Reading> readings = new HashMap<>();
    int x = n.input();
    for (int i = 0; i < gradients.length; i++) {
      x = n.relu("relu" + i, x, 0, 2 * Math.log(gradients[i]), 0);
      readings.put(x, reading(value, gradients[i]));
    }
    Forecast f = n.done(x);
    Readings r =
        new Readings(
            "hand",
            Arithmetic.FLOAT64,
            readings,
            List.<ParameterReading>of(),
            Map.of(),
            new Readings.Cost(0, 0, 0));
    return Precision.of(f, r);
  }

  @Test
  void lossScaleLiftsTheSmallestAndSparesTheLargest() {
    Precision fine = precision(1, 1, 0.01);
    assertEquals(0, fine.lossScale().needed());
    assertTrue(fine.lossScale().fits());
    assertEquals(0, fine.formats().getFirst().gradientsUnder().tensors());
    // 1% of N(0, s²) lies within .0125 s; that has to reach 2⁻²⁵: 2^k ≥ 2⁻²⁵/(.0125·1e-8) = 2^7.9,
    // and powers of two round up: 8 or 9
    Precision small = precision(1, 1, 1e-8);
    assertTrue(small.lossScale().needed() >= 8 && small.lossScale().needed() <= 9, small + "");
    assertEquals(0, small.formats().get(1).gradientsUnder().share(), "bf16");
    assertTrue(small.lossScale().fits());
    // largest of 4000 normals is below 4: times 2^14 it is 65536
    assertTrue(Math.abs(small.lossScale().room() - 14) <= 1, small + "");
    Precision torn = precision(1, 1, 1e-12);
    assertFalse(torn.lossScale().fits());
    Precision.Worst under = torn.formats().getFirst().gradientsUnder();
    assertEquals(1, under.share());
    assertEquals(1, under.tensors());
    assertEquals(torn.lossScale().neededAt(), under.value());
  }

  @Test
  void scaledGradientsKeepWhatIsPromised() {
    for (double g : new double[] {1e-6, 1e-7, 3e-9, 1e-10}) {
      int k = precision(1, g).lossScale().needed();
      Reading scaled = reading(1, Math.scalb(g, k));
      assertTrue(scaled.gradients().fp16Under() <= Precision.SHARE, g + " with 2^" + k);
      if (k > 0) {
        // half of it is not enough, as told by powers of two
        assertTrue(reading(1, Math.scalb(g, k - 2)).gradients().fp16Under() > 0.01, g + "");
      }
    }
  }

  @Test
  void valuesOverflow() {
    Precision p = precision(1e5, 1);
    Precision.Worst over = p.formats().getFirst().valuesOver();
    // P(|z| > .65536) = .512 ± 4.5·.008
    assertEquals(0.512, over.share(), 0.036);
    assertEquals(0, p.formats().get(1).valuesOver().share());
  }

  @Test
  void gradientsOfRoundingDoNotCount() {
    Nets n = new Nets(8);
    int x = n.relu("a", n.input(), 0, Double.NEGATIVE_INFINITY, 0);
    int y = n.relu("b", x, 0, 0, 0);
    Map<Integer, Reading> r = Map.of(x, reading(1, 1e-17), y, reading(1, 1));
    Precision p =
        Precision.of(
            n.done(y),
            new Readings(
                "hand", Arithmetic.FLOAT64, r, List.of(), Map.of(), new Readings.Cost(0, 0, 0)));
    assertEquals(0, p.lossScale().needed());
    assertEquals(0, p.formats().getFirst().gradientsUnder().tensors());
  }
}
