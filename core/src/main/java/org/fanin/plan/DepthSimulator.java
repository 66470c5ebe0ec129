package org.fanin.plan;

import java.util.stream.IntStream;
import org.fanin.math.Addressed;
import org.fanin.math.Fn;
import org.fanin.math.Gaussian;
import org.fanin.math.Moments;
import org.fanin.math.TruncatedNormal;

/// Draws deep networks of equal layers z_l = Wφ(z_{l−1}), z₁ ~ N(0, 1), and sends a gradient N(0,
/// 1) back from the last: predicted and simulated.
final class DepthSimulator {
  /// Networks per scheme at width 128; fewer when wider or deeper.
  private static final long BUDGET = 5_000_000;

  private final Derivation.Input input;

  /// Whether the signal can be rescaled on its way, so that no depth underflows.
  private final boolean scaleFree;

  DepthSimulator(Derivation.Input input) {
    this.input = input;
    this.scaleFree = input.activation().form() instanceof Fn.Form.AbRelu;
  }

  /// @param index tells one scheme's random numbers from another's
  Derivation.Network run(Scheme s, int index) {
    int n = input.width();
    double variance = s.variance(n, n);
    int networks = Math.clamp(BUDGET / ((long) n * n * input.depth()), 4, 200);
    double[] signal = new double[networks];
    double[] gradient = new double[networks];
    IntStream.range(0, networks)
        .parallel()
        .forEach(k -> one(s, variance, ((long) index << 32) + k, signal, gradient, k));
    double[] predicted = predicted(variance * n);
    return new Derivation.Network(
        s, variance, predicted[0], summary(signal), predicted[1], summary(gradient));
  }

  /// ln of signal and gradient ratios: the exact maps, less half the variance that each layer of n
  /// units adds to ln m2, (κ − 1)/n forward and (3κ′ − 1)/n backward with κ, κ′ the kurtoses of φ
  /// and φ′ (5/n for ReLU both ways; Hanin & Nica 2018).
  private double[] predicted(double weight) {
    double n = input.width();
    double lnQ = 0;
    double lnG = 0;
    for (int l = 1; l < input.depth(); l++) {
      double unit = scaleFree ? 0 : lnQ;
      Moments m = Gaussian.moments(input.activation(), 0, StrictMath.exp(unit / 2));
      lnG += StrictMath.log(weight * m.slopeM2()) - (3 * m.slopeKurtosis() - 1) / (2 * n);
      lnQ += StrictMath.log(weight) + m.lnEf2() - unit - (m.kurtosis() - 1) / (2 * n);
    }
    return new double[] {lnQ, Double.isNaN(lnG) ? Double.NEGATIVE_INFINITY : lnG};
  }

  private void one(
      Scheme s, double variance, long stream, double[] signal, double[] gradient, int k) {
    int n = input.width();
    int depth = input.depth();
    double[][] z = new double[depth][n];
    for (int i = 0; i < n; i++) {
      z[0][i] = Addressed.normal(input.seed(), stream, i);
    }
    Fn f = input.activation();
    double[] x = new double[n];
    double lnScale = 0;
    for (int l = 1; l < depth; l++) {
      for (int i = 0; i < n; i++) {
        x[i] = f.at(z[l - 1][i]);
      }
      double unit = scaleFree ? Math.sqrt(m2(x)) : 1;
      lnScale += 2 * StrictMath.log(unit);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          z[l][i] += weight(s, variance, stream, l, i, j) * (x[j] / unit);
        }
      }
    }
    signal[k] = lnScale + StrictMath.log(m2(z[depth - 1]) / m2(z[0]));
    gradient[k] = backward(s, variance, stream, z);
  }

  private double backward(Scheme s, double variance, long stream, double[][] z) {
    int n = input.width();
    int depth = input.depth();
    double[] g = new double[n];
    for (int i = 0; i < n; i++) {
      g[i] = Addressed.normal(input.seed(), ~stream, i);
    }
    double first = m2(g);
    double ln = 0;
    for (int l = depth - 1; l > 0; l--) {
      double[] down = new double[n];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          down[j] += weight(s, variance, stream, l, i, j) * g[i];
        }
      }
      for (int j = 0; j < n; j++) {
        down[j] *= input.activation().slopeAt(z[l - 1][j]);
      }
      double m = m2(down);
      ln += StrictMath.log(m);
      double unit = Math.sqrt(m);
      for (int j = 0; j < n && unit > 0; j++) {
        down[j] /= unit;
      }
      g = down;
    }
    return ln - StrictMath.log(first);
  }

  private double weight(Scheme s, double variance, long stream, int l, int i, int j) {
    long address = ((long) l * input.width() + i) * input.width() + j + input.width();
    double u = Addressed.uniform(input.seed(), stream, address);
    return switch (s.distribution()) {
      case Distribution.Uniform _ -> Math.sqrt(12 * variance) * (u - 0.5);
      case Distribution.Normal _, Distribution.Orthogonal _ ->
          Math.sqrt(variance) * org.fanin.math.Normal.quantile(u);
      case Distribution.Truncated(double cut, boolean _) -> {
        double low = org.fanin.math.Normal.cdf(-cut);
        double z = org.fanin.math.Normal.quantile(low + u * (1 - 2 * low));
        yield Math.sqrt(variance) * z / TruncatedNormal.std(cut);
      }
      case Distribution.Around(double mean) ->
          mean + Math.sqrt(variance) * org.fanin.math.Normal.quantile(u);
      case Distribution.Constant(double value) -> value;
      case Distribution.Structured _ ->
          throw new IllegalArgumentException(s.name() + " has no law for one weight alone");
    };
  }

  private static double m2(double[] v) {
    double s = 0;
    for (double x : v) {
      s += x * x;
    }
    return s / v.length;
  }

  private static Derivation.Simulated summary(double[] v) {
    double mean = 0;
    for (double x : v) {
      mean += x / v.length;
    }
    if (!Double.isFinite(mean)) {
      return new Derivation.Simulated(Double.NEGATIVE_INFINITY, 0);
    }
    double spread = 0;
    for (double x : v) {
      spread += (x - mean) * (x - mean);
    }
    return new Derivation.Simulated(mean, Math.sqrt(spread / (v.length - 1) / v.length));
  }
}
