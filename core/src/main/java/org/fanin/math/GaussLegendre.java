package org.fanin.math;

/// The 16-point Gauss–Legendre rule on [−1, 1], found by Newton's iteration on P₁₆ from Chebyshev
/// guesses; exact for polynomials of degree 31.
final class GaussLegendre {
  static final double[] NODES = new double[16];
  static final double[] WEIGHTS = new double[16];

  static {
    int n = NODES.length;
    for (int i = 0; i < n; i++) {
      double x = -StrictMath.cos(Math.PI * (i + 0.75) / (n + 0.5));
      double[] p = legendre(n, x);
      for (int k = 0; k < 8; k++) {
        x -= p[0] / p[1];
        p = legendre(n, x);
      }
      NODES[i] = x;
      WEIGHTS[i] = 2 / ((1 - x * x) * p[1] * p[1]);
    }
  }

  private GaussLegendre() {}

  /// Pₙ(x) and Pₙ′(x).
  private static double[] legendre(int n, double x) {
    double before = 1;
    double p = x;
    for (int k = 2; k <= n; k++) {
      double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
      before = p;
      p = next;
    }
    return new double[] {p, n * (x * p - before) / (x * x - 1)};
  }
}
