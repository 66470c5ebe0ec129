package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fanin.math.Addressed;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

/// Activations of rows whose second moments differ, against normal numbers that are really drawn.
/// Tolerance: 4.5 standard errors over DRAWS (7e-6 false alarms per comparison).
class ProfileLevelsTest {
  private static final int DRAWS = 100_000;
  private static final double SIGMAS = 4.5;

  /// One small row among larger ones, mean 1.
  private static final double[] ROWS = {0.02, 1.4, 1.4, 1.18};

  @Test
  void valuesOfTanh() {
    Field y = PointwiseMoments.apply(Fns.tanh(), root(3));
    for (int i = 0; i < ROWS.length; i++) {
      double[] m = simulated(31, 3 * ROWS[i], Fns.tanh(), false);
      assertEquals(m[0], y.profiles[0][i] * Math.exp(y.ln), SIGMAS * m[1], "row " + i);
    }
  }

  @Test
  void slopesOfSilu() {
    Field root = root(3);
    Field at = Field.iid(Shape.of(ROWS.length, 8), 0);
    Field y = PointwiseMoments.along(Fns.silu(), root, at.scaled(Math.log(atMean(root))), true);
    for (int i = 0; i < ROWS.length; i++) {
      double[] m = simulated(32, 3 * ROWS[i], Fns.silu(), true);
      assertEquals(m[0], y.profiles[0][i] * Math.exp(y.ln), SIGMAS * m[1], "row " + i);
    }
  }

  /// E φ′² at the mean second moment, which [PointwiseMoments#along] starts from.
  private static double atMean(Field root) {
    return PointwiseMoments.expansion(Fns.silu(), 0, Math.exp(root.ln / 2)).slopeM2();
  }

  private static Field root(double m2) {
    return Field.iid(Shape.of(ROWS.length, 8), Math.log(m2)).withProfile(0, ROWS);
  }

  private static double[] simulated(int seed, double m2, Fn fn, boolean slope) {
    double s = 0;
    double s2 = 0;
    for (int i = 0; i < DRAWS; i++) {
      double u = Math.sqrt(m2) * Addressed.normal(seed, 0, i);
      double v = slope ? fn.slopeAt(u) : fn.at(u);
      s += v * v / DRAWS;
      s2 += v * v * v * v / DRAWS;
    }
    return new double[] {s, Math.sqrt((s2 - s * s) / DRAWS)};
  }
}
