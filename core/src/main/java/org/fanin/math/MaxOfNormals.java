package org.fanin.math;

/// The largest of k standard normals.
public final class MaxOfNormals {
  private static final double FROM = -10;
  private static final double TO = 14;
  private static final double PANEL = 0.5;

  /// Grid of the double integral: beyond it less than 1e-8 of the maximum's law is missed.
  private static final double LOWEST = -6;

  private static final double STEP = 0.0625;
  private static final int STEPS = 210;

  private MaxOfNormals() {}

  /// Mean and second moment of the largest of k normals.
  public record Law(double mean, double m2) {
    public double variance() {
      return m2 - mean * mean;
    }
  }

  /// For k independent N(0, 1), by quadrature of zⁿ·k·φ·Φ^{k−1}; error below 1e-13 for k ≤ 10⁹. k
  /// need not be whole.
  ///
  /// @throws IllegalArgumentException when k < 1
  public static Law of(double k) {
    if (!(k >= 1)) {
      throw new IllegalArgumentException("the largest of k ≥ 1 normals, found k = " + k);
    }
    double mass = 0;
    double m1 = 0;
    double m2 = 0;
    for (double from = FROM; from < TO; from += PANEL) {
      for (int i = 0; i < GaussLegendre.NODES.length; i++) {
        double z = from + 0.5 * PANEL * (1 + GaussLegendre.NODES[i]);
        double below = k == 1 ? 1 : StrictMath.exp((k - 1) * StrictMath.log(Normal.cdf(z)));
        double w = GaussLegendre.WEIGHTS[i] * Normal.pdf(z) * below;
        mass += w;
        m1 += w * z;
        m2 += w * z * z;
      }
    }
    return new Law(m1 / mass, m2 / mass);
  }

  /// For k exchangeable N(0, 1) with common correlation ρ ≥ 0: a shared part √ρ·z₀ plus √(1−ρ)
  /// times the independent case.
  ///
  /// @throws IllegalArgumentException when ρ is outside [0, 1]
  public static Law of(double k, double rho) {
    if (!(rho >= 0 && rho <= 1)) {
      throw new IllegalArgumentException("a correlation in [0, 1] is wanted, found " + rho);
    }
    Law iid = of(k);
    double mean = Math.sqrt(1 - rho) * iid.mean();
    return new Law(mean, rho + (1 - rho) * iid.m2());
  }

  public static double mean(double k) {
    return of(k).mean();
  }

  public static double variance(double k) {
    return of(k).variance();
  }

  /// E max²
  public static double m2(double k) {
    return of(k).m2();
  }

  /// Covariance of the maxima of two sets of k independent normals of which `shared` are the same,
  /// by Hoeffding's ∫∫ F(s,t) − F(s)F(t) ds dt with F(s,t) =
  /// (Φ(s)Φ(t))^{k−shared}·Φ(min(s,t))^shared; error below 1e-3. Neither need be whole.
  ///
  /// @throws IllegalArgumentException unless 0 ≤ shared ≤ k and k ≥ 1
  public static double covariance(double k, double shared) {
    if (!(k >= 1 && shared >= 0 && shared <= k)) {
      throw new IllegalArgumentException("shared " + shared + " of k = " + k + " normals");
    }
    if (shared == 0) {
      return 0;
    }
    double[] own = new double[STEPS];
    double[] common = new double[STEPS];
    for (int i = 0; i < STEPS; i++) {
      double ln = StrictMath.log(Normal.cdf(LOWEST + i * STEP));
      own[i] = StrictMath.exp((k - shared) * ln);
      common[i] = StrictMath.exp(shared * ln);
    }
    double sum = 0;
    for (int i = 0; i < STEPS; i++) {
      for (int j = 0; j < STEPS; j++) {
        double both = own[i] * own[j];
        sum += both * (common[Math.min(i, j)] - common[i] * common[j]);
      }
    }
    return sum * STEP * STEP;
  }
}
