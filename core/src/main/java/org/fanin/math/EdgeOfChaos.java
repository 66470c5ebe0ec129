package org.fanin.math;

/// Where χ₁ = 1: the weight scale at which gradients neither vanish nor explode (Schoenholz et al.
/// 2017).
public sealed interface EdgeOfChaos {
  /// @param sigmaW critical standard deviation (of √n·w)
  /// @param qStar second moment at the fixed point
  record At(double sigmaW, double qStar) implements EdgeOfChaos {}

  /// Critical at every q: scale-free activations without bias.
  record AtAnyLength(double sigmaW) implements EdgeOfChaos {}

  record None(String because) implements EdgeOfChaos {}

  /// Below this an excess is rounding.
  double NOISE = 1e-10;

  /// Along the edge σ_w² = 1/E φ′²(q), so q is the first root of q − E φ²/E φ′² = σ_b² whose length
  /// map is stable. ln q is scanned over [−50, 20].
  ///
  /// @throws IllegalArgumentException when σ_b is negative or not finite
  static EdgeOfChaos of(Fn f, double sigmaB) {
    FixedPoints.check(0, sigmaB);
    if (f.form() instanceof Fn.Form.AbRelu(double a, double b)) {
      return sigmaB == 0 && a * a + b * b > 0
          ? new AtAnyLength(Math.sqrt(2 / (a * a + b * b)))
          : new None(
              "a scale-free activation keeps gradients at σ_w² = 2/(a² + b²), where any bias makes"
                  + " q grow without end");
    }
    return sigmaB == 0 && f.at(0) == 0 && stable(f, 0, originScale(f), -8)
        ? new At(originScale(f), 0)
        : scan(f, sigmaB);
  }

  /// √(2/(a² + b²)) for the slopes on both sides of 0: critical for vanishing q.
  private static double originScale(Fn f) {
    double a = f.slopeAt(-1e-200);
    double b = f.slopeAt(1e-200);
    return Math.sqrt(2 / (a * a + b * b));
  }

  private static EdgeOfChaos scan(Fn f, double sigmaB) {
    double step = 0.25;
    double below = Double.NaN;
    for (double x = -50; x <= 20; x += step) {
      double e = excess(f, sigmaB, x);
      if (e < -NOISE) {
        below = x;
      } else if (e > NOISE && !Double.isNaN(below)) {
        double ln = root(f, sigmaB, below, x);
        double q = StrictMath.exp(ln);
        double sigmaW = 1 / Math.sqrt(Gaussian.moments(f, 0, Math.sqrt(q)).slopeM2());
        if (stable(f, sigmaB, sigmaW, ln + 0.01)) {
          return new At(sigmaW, q);
        }
        below = Double.NaN;
      }
    }
    return new None("no q between e^−50 and e^20 has χ₁ = 1 together with a stable length");
  }

  private static double root(Fn f, double sigmaB, double lo, double hi) {
    double a = lo;
    double b = hi;
    for (int i = 0; i < 52; i++) {
      double mid = 0.5 * (a + b);
      if (excess(f, sigmaB, mid) > 0) {
        b = mid;
      } else {
        a = mid;
      }
    }
    return 0.5 * (a + b);
  }

  /// Whether the length map shrinks q just above the fixed point.
  private static boolean stable(Fn f, double sigmaB, double sigmaW, double lnQ) {
    double q = StrictMath.exp(lnQ);
    return sigmaW < Double.POSITIVE_INFINITY
        && FixedPoints.lengthMap(f, sigmaW, sigmaB, q) < q * (1 + 1e-12);
  }

  /// (q − E φ²/E φ′² − σ_b²)/q
  private static double excess(Fn f, double sigmaB, double lnQ) {
    double q = StrictMath.exp(lnQ);
    Moments m = Gaussian.moments(f, 0, Math.sqrt(q));
    return 1 - (m.ef2() / m.slopeM2() + sigmaB * sigmaB) / q;
  }
}
