package org.fanin.math;

/// E Σ a_j a′_j for two softmaxes: with logits √|ρ|·c + √(1−|ρ|)·e (and ±c in the second) both
/// become independent given the shared part c, so T∬ E_c[γ(y+c)γ(y′±c)]·(E_c[H(y+c)H(y′±c)])^{T−1}
/// dy dy′ with one-dimensional γ, H. Error 5e-5 relative to the overlap, or 1e-5 absolute.
final class PairIntegral {
  static final double LARGEST_S = 40;

  private static final double STEP_Y = 0.7;
  private static final double REACH = 5.5;
  private static final double NEGLIGIBLE = 1e-8;

  private final double s;
  private final double sign;
  private final double shared;
  private final SmoothedGumbel own;

  PairIntegral(double s, double rho) {
    this.s = s;
    this.sign = rho < 0 ? -1 : 1;
    this.shared = s * Math.sqrt(Math.abs(rho));
    this.own = new SmoothedGumbel(s * Math.sqrt(1 - Math.abs(rho)));
  }

  private interface Weighting {
    /// Σ over keys as a function of the probability that one key is below.
    double of(double survival);
  }

  double concentration(double keys) {
    double i = integrate(keys, b -> keys * StrictMath.exp((keys - 1) * StrictMath.log(b)));
    return Math.clamp(i, 0.0, 1.0);
  }

  double causal(double keys) {
    return Math.clamp(integrate(keys, b -> SoftmaxIntegral.ramp(b, keys) / keys), 0.0, 1.0);
  }

  /// The window of y outside which the marginal integrand, E e^w·h(w)·B^{T−1}, is negligible.
  private double[] window(Weighting weight, double keys) {
    SmoothedGumbel whole = new SmoothedGumbel(s);
    double ln = StrictMath.log(keys);
    double from = -(ln + s * (Math.sqrt(2 * ln) + REACH) + 20);
    double to = REACH * s + 5;
    int n = (int) Math.ceil((to - from) / STEP_Y);
    double[] v = new double[n + 1];
    double max = 0;
    for (int i = 0; i <= n; i++) {
      double b = whole.survival(from + i * STEP_Y);
      v[i] = b > 0 ? whole.bumpMean(from + i * STEP_Y, 1) * weight.of(b) : 0;
      max = Math.max(max, v[i]);
    }
    int first = 0;
    int last = n;
    while (v[first] < NEGLIGIBLE * max) {
      first++;
    }
    while (v[last] < NEGLIGIBLE * max) {
      last--;
    }
    return new double[] {from + first * STEP_Y, from + last * STEP_Y};
  }

  private double integrate(double keys, Weighting weight) {
    double[] window = window(weight, keys);
    int n = (int) Math.ceil((window[1] - window[0]) / STEP_Y) + 1;
    double step = Math.min(STEP_Y, Math.max(shared / 2, 1e-12));
    int fold = (int) Math.ceil(STEP_Y / step);
    return fold <= 4
        ? onGrid(window[0], n, STEP_Y / fold, fold, weight)
        : direct(window[0], n, weight);
  }

  /// The shared part on the same grid as y, so that γ and H are needed on one line only.
  private double onGrid(double from, int n, double step, int fold, Weighting weight) {
    int half = (int) Math.ceil(REACH * shared / step);
    double[] p = weights(half, step);
    int line = (n - 1) * fold + 1 + 2 * half;
    double[] bump = new double[line];
    double[] below = new double[line];
    for (int i = 0; i < line; i++) {
      double y = from + (i - half) * step;
      bump[i] = own.bumpMean(y, 1);
      below[i] = own.survival(y);
    }
    double[][] g = new double[n][2 * half + 1];
    double[][] h = new double[n][2 * half + 1];
    for (int i = 0; i < n; i++) {
      System.arraycopy(bump, i * fold, g[i], 0, 2 * half + 1);
      System.arraycopy(below, i * fold, h[i], 0, 2 * half + 1);
    }
    return sum(g, h, p, weight);
  }

  private double direct(double from, int n, Weighting weight) {
    int half = (int) Math.ceil(REACH / 0.5);
    double step = 0.5 * shared;
    double[] p = weights(half, step);
    double[][] g = new double[n][2 * half + 1];
    double[][] h = new double[n][2 * half + 1];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k <= 2 * half; k++) {
        double y = from + i * STEP_Y + (k - half) * step;
        g[i][k] = own.bumpMean(y, 1);
        h[i][k] = own.survival(y);
      }
    }
    return sum(g, h, p, weight);
  }

  private double[] weights(int half, double step) {
    double[] p = new double[2 * half + 1];
    double total = 0;
    for (int k = 0; k < p.length; k++) {
      p[k] = Normal.pdf((k - half) * step / shared);
      total += p[k];
    }
    for (int k = 0; k < p.length; k++) {
      p[k] /= total;
    }
    return p;
  }

  private double sum(double[][] g, double[][] h, double[] p, Weighting weight) {
    int n = g.length;
    int m = p.length;
    double total = 0;
    for (int i = 0; i < n; i++) {
      double row = 0;
      for (int j = 0; j <= i; j++) {
        double both = 0;
        double below = 0;
        for (int k = 0; k < m; k++) {
          int other = sign > 0 ? k : m - 1 - k;
          both += p[k] * g[i][k] * g[j][other];
          below += p[k] * h[i][k] * h[j][other];
        }
        if (below > 0) {
          row += (i == j ? 1 : 2) * both * weight.of(Math.min(1, below));
        }
      }
      total += row;
    }
    return total * STEP_Y * STEP_Y;
  }
}
