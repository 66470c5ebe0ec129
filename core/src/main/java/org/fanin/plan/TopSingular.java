package org.fanin.plan;

/// What is left of αZ + βI, Z_ij ~ N(0, 1/d), when only the k largest singular values are kept, as
/// d grows with k/d fixed.
///
/// From the resolvent of [[0, M], [Mᵀ, 0]], whose Dyson equation is closed for M = αZ + βI (e.g.
/// Erdős 2019, "The matrix Dyson equation"): at the singular value w, q solves q³ − wq² + (α² −
/// β²)q + wβ² = 0; the density of singular values is Im q/(α²π), and −Im β/(q² − β²)/π is the same
/// weighted with uᵀv of the singular vectors. Both count each w on ±w, so half.
///
/// @param diagonal mean element of the diagonal
/// @param beside variance of an element beside it, times d
record TopSingular(double diagonal, double beside) {
  private static final int STEPS = 1 << 14;
  private static final int HALVINGS = 80;

  /// @param alpha above 0
  /// @param beta at least 0
  /// @param share k/d, above 0, below 1
  static TopSingular of(double alpha, double beta, double share) {
    double step = (2 * alpha + beta) / STEPS;
    double taken = 0;
    double trace = 0;
    double square = 0;
    for (int i = STEPS - 1; i >= 0 && taken < share; i--) {
      double w = (i + 0.5) * step;
      double r = realRoot(alpha, beta, w);
      double x = (w - r) / 2;
      double y2 = alpha * alpha - beta * beta + r * (r - w) - x * x;
      if (!(y2 > 0)) {
        continue;
      }
      double y = Math.sqrt(y2);
      double mass = 2 * y / (alpha * alpha * Math.PI) * step;
      double part = Math.min(1, (share - taken) / mass);
      double re = x * x - y2 - beta * beta;
      double im = 2 * x * y;
      taken += mass * part;
      trace += part * 2 * w * beta * im / (re * re + im * im) / Math.PI * step;
      square += part * mass * w * w;
    }
    return new TopSingular(trace, square - trace * trace);
  }

  /// The negative one of q³ − wq² + (α² − β²)q + wβ²; where w has density, the others are complex.
  private static double realRoot(double alpha, double beta, double w) {
    double low = -(alpha + beta + w);
    double high = 0;
    for (int i = 0; i < HALVINGS; i++) {
      double q = (low + high) / 2;
      boolean below = ((q - w) * q + alpha * alpha - beta * beta) * q + w * beta * beta < 0;
      low = below ? q : low;
      high = below ? high : q;
    }
    return (low + high) / 2;
  }
}
