package org.fanin.math;

/// The k largest of n standard normals: the law of each, and how they vary together.
///
/// The first [#EXACT] means and variances are by quadrature of the density φ·Φ^{n−i}(1−Φ)^{i−1},
/// error below 1e-9. The others are Blom's Φ⁻¹((i − 3/8)/(n + 1/4)) (Blom 1958; within .5% of σ)
/// and the first order p(1 − p)/((n + 2)φ²) of David & Nagaraja (2003, §4.6), which also gives the
/// covariances.
///
/// @param mean of the i-th largest; `variance` its variance
/// @param covariance mean over pairs i ≠ j of the covariance; 0 when k = 1
public record OrderNormals(
    java.util.List<Double> mean, java.util.List<Double> variance, double covariance) {
  private static final int EXACT = 16;
  private static final double REACH = 12;
  private static final double PANEL = 0.5;

  public OrderNormals {
    mean = java.util.List.copyOf(mean);
    variance = java.util.List.copyOf(variance);
  }

  /// @param k from 1 to n
  /// @param n at least 1
  public static OrderNormals largest(int k, long n) {
    if (k < 1 || k > n) {
      throw new IllegalArgumentException("the largest " + k + " of " + n);
    }
    Double[] mean = new Double[k];
    Double[] variance = new Double[k];
    double before = 0;
    double pairs = 0;
    for (int i = 0; i < k; i++) {
      double p = (i + 1.0) / (n + 1.0);
      double density = Normal.pdf(Normal.quantile(p));
      if (i < EXACT) {
        double[] law = exact(i + 1, n);
        mean[i] = law[0];
        variance[i] = law[1];
      } else {
        mean[i] = -Normal.quantile((i + 1 - 0.375) / (n + 0.25));
        variance[i] = p * (1 - p) / ((n + 2.0) * density * density);
      }
      pairs += before * (1 - p) / density / (n + 2.0);
      before += p / density;
    }
    double covariance = k < 2 ? 0 : 2 * pairs / ((double) k * (k - 1));
    return new OrderNormals(java.util.List.of(mean), java.util.List.of(variance), covariance);
  }

  private static double[] exact(int i, long n) {
    double mass = 0;
    double m1 = 0;
    double m2 = 0;
    // In logarithms from the top of the density: Φ^n alone underflows.
    double top = -Normal.quantile((i - 0.375) / (n + 0.25));
    double peak = lnDensity(top, i, n);
    for (double from = top - REACH; from < top + REACH; from += PANEL) {
      for (int j = 0; j < GaussLegendre.NODES.length; j++) {
        double z = from + 0.5 * PANEL * (1 + GaussLegendre.NODES[j]);
        double w = GaussLegendre.WEIGHTS[j] * StrictMath.exp(lnDensity(z, i, n) - peak);
        mass += w;
        m1 += w * (z - top);
        m2 += w * (z - top) * (z - top);
      }
    }
    double mean = m1 / mass;
    return new double[] {top + mean, m2 / mass - mean * mean};
  }

  private static double lnDensity(double z, int i, long n) {
    double above = i == 1 ? 0 : (i - 1) * StrictMath.log(Normal.cdf(-z));
    double below = n == i ? 0 : (n - i) * StrictMath.log(Normal.cdf(z));
    return above + below - z * z / 2;
  }
}
