package org.fanin.predict;

import org.fanin.math.Normal;

/// The mean over a batch of B log-normal samples is typically below its expectation: it is carried
/// by the few largest. With δ_i ~ N(−V/2, V) independent,
///
///     c(V, B) = −E ln (1/B)·Σ e^δ_i = ∫ (φ(t)^B − e^−t)/t dt,  φ(t) = E exp(−t·e^δ/B)
///
/// (Frullani's integral). c(V, 1) = V/2; for small V it is V/(2B), which the variance of the mean
/// already tells; what is beyond is given here.
final class BatchMean {
  private static final double STEP = 0.25;
  private static final double MOST = 3.5;
  private static final double[][] TABLE = new double[257][];
  private static final int NODES = 32;
  private static final double REACH = 6;

  private BatchMean() {}

  /// c(V, B) − V/(2B).
  static double beyondVariance(double v, long batch) {
    if (!(v > 1e-3) || batch < 2) {
      return 0;
    }
    int b = (int) Math.min(256, batch);
    double at = Math.min(Math.sqrt(v), MOST) / STEP;
    int i = (int) Math.min(at, MOST / STEP - 1);
    double[] t = table(b);
    return Math.max(0, t[i] + (at - i) * (t[i + 1] - t[i]));
  }

  private static synchronized double[] table(int b) {
    if (TABLE[b] == null) {
      double[] r = new double[(int) (MOST / STEP) + 1];
      for (int i = 1; i < r.length; i++) {
        double v = i * STEP * i * STEP;
        r[i] = below(v, b) - v / (2 * b);
      }
      TABLE[b] = r;
    }
    return TABLE[b];
  }

  /// c(V, B), by the midpoint rule over ln t.
  static double below(double v, int b) {
    double[] size = new double[NODES];
    double[] weight = new double[NODES];
    double step = 2 * REACH / NODES;
    for (int i = 0; i < NODES; i++) {
      double z = -REACH + (i + 0.5) * step;
      size[i] = Math.exp(Math.sqrt(v) * z - v / 2) / b;
      weight[i] = Normal.pdf(z) * step;
    }
    double sum = 0;
    double ds = 0.2;
    for (double s = -24; s < 34; s += ds) {
      double t = Math.exp(s);
      double phi = 0;
      for (int i = 0; i < NODES; i++) {
        phi += weight[i] * Math.exp(-t * size[i]);
      }
      sum += ds * (Math.pow(phi, b) - Math.exp(-t));
    }
    return sum;
  }
}
