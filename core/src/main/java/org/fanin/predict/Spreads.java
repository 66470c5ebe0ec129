package org.fanin.predict;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import org.fanin.math.Fn;
import org.fanin.math.HermiteExpansion;

/// How much the m2 of one draw of a finite network scatters after an activation: the covariance of
/// φ(u)² between all pairs of elements, relative to its mean squared (for He-ReLU of width n with
/// equal inputs this is the 5/n of Hanin & Nica 2018).
final class Spreads {
  /// Deep networks ask again for the same function at the same normalised law.
  private static final Map<Key, HermiteExpansion> CACHE = new ConcurrentHashMap<>();

  private static final int LARGEST = 256;

  /// @param slope whether of φ′², else of φ²
  private record Key(String fn, boolean slope, double mean, double scale) {
    // Written out: the generated ones are method handles, slow for long.
    @Override
    public boolean equals(Object o) {
      return o instanceof Key k
          && slope == k.slope
          && mean == k.mean
          && scale == k.scale
          && fn.equals(k.fn);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * fn.hashCode() + Double.hashCode(mean)) + Double.hashCode(scale);
    }
  }

  private Spreads() {}

  static HermiteExpansion cached(
      Fn fn, boolean slope, Supplier<HermiteExpansion> make, Field root, double scale) {
    if (CACHE.size() > LARGEST) {
      CACHE.clear();
    }
    return CACHE.computeIfAbsent(new Key(fn.name(), slope, root.mean, scale), _ -> make.get());
  }

  /// @param square φ² over the root's law
  /// @param elasticity d ln Eφ²/d ln q, which is what the overlap of unrelated samples acts through
  static double forward(HermiteExpansion square, Field root, double elasticity) {
    double mean = square.mean();
    if (!(mean > 0)) {
      return 0;
    }
    double[] cov = new double[root.k.length];
    for (int m = 0; m < cov.length; m++) {
      double rho = correlation(root, m);
      cov[m] = m == 0 ? square.ef2() / (mean * mean) - 1 : relative(square, rho, mean) - 1;
      cov[m] +=
          m != 0 && (m & root.channels) == 0
              ? 2 * elasticity * elasticity * root.overlap.squares() * (1 - rho * rho)
              : 0;
    }
    return Math.clamp(root.average(cov), 0, 1e3);
  }

  /// The same for a rectifier at mean 0 in closed form: E φ²φ′²/(E φ²)² = 2J₂(θ)/π with J₂ = 3 sin
  /// θ cos θ + (π − θ)(1 + 2cos²θ) (Cho & Saul 2009, eq. 6).
  static double forwardRectified(Field root) {
    double[] cov = new double[root.k.length];
    for (int m = 0; m < cov.length; m++) {
      double rho = m == 0 ? 1 : correlation(root, m);
      double theta = StrictMath.acos(rho);
      double j2 =
          3 * Math.sqrt(Math.max(0, 1 - rho * rho)) * rho + (Math.PI - theta) * (1 + 2 * rho * rho);
      cov[m] = 2 * j2 / Math.PI - 1;
      cov[m] +=
          m != 0 && (m & root.channels) == 0 ? 2 * root.overlap.squares() * (1 - rho * rho) : 0;
    }
    return Math.clamp(root.average(cov), 0, 1e3);
  }

  /// True for relu and its multiples over a root of mean 0.
  static boolean rectified(Fn fn, Field root) {
    return fn.form() instanceof Fn.Form.AbRelu r
        && r.below() == 0
        && r.above() != 0
        && Math.abs(root.mean) < 1e-12;
  }

  /// [#backward] through a rectifier at mean 0: two masks agree with 2(π − θ)/π times the chance of
  /// independent ones.
  static double backwardRectified(Field root, Field gradient) {
    return backward(rho -> 2 * (Math.PI - StrictMath.acos(rho)) / Math.PI, root, gradient);
  }

  /// @param square φ′² over the root's law; g is independent of it with Gaussian elements: E g²g′²
  ///   = 1 + 2ρ_g²
  static double backward(HermiteExpansion square, Field root, Field gradient) {
    double mean = square.mean();
    if (!(mean > 0)) {
      return 0;
    }
    return backward(
        rho -> rho == 1 ? square.ef2() / (mean * mean) : relative(square, rho, mean),
        root,
        gradient);
  }

  private static double backward(DoubleUnaryOperator masks, Field root, Field gradient) {
    Field[] ab = Fields.aligned(root, gradient);
    Field u = ab[0];
    Field g = ab[1];
    double[] cov = new double[u.k.length];
    for (int m = 0; m < cov.length; m++) {
      double mask = masks.applyAsDouble(m == 0 ? 1 : correlation(u, m));
      double r2 = g.k[m] * g.k[m];
      r2 += m != 0 && (m & g.channels) == 0 ? g.overlap.squares() * (1 - r2) : 0;
      cov[m] = (1 + 2 * r2) * mask - 1;
    }
    return Math.clamp(u.average(cov), 0, 1e3);
  }

  private static double relative(HermiteExpansion square, double rho, double mean) {
    return rho == 0 ? 1 : square.kernel(rho) / (mean * mean);
  }

  private static double correlation(Field f, int m) {
    double v = f.centred();
    return v <= 0 ? 0 : Math.clamp((f.k[m] - f.mean * f.mean) / v, -1, 1);
  }
}
