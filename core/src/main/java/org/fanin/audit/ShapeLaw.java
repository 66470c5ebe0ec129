package org.fanin.audit;

import java.util.function.DoubleUnaryOperator;
import org.fanin.math.Normal;
import org.fanin.math.TruncatedNormal;

/// The form of the distribution, whatever its scale.
///
/// @param kind which family fits
/// @param scale σ of the uncut normal; the bound of a uniform; the value of a constant
/// @param cut where a truncated normal is cut, in units of `scale`; ∞ otherwise
/// @param distance Kolmogorov–Smirnov distance times √n to that law with its scale fitted; NaN when
///   not measured
public record ShapeLaw(Kind kind, double scale, double cut, double distance) {
  /// Families of distributions.
  public enum Kind {
    NORMAL,
    UNIFORM,
    TRUNCATED,
    CONSTANT,
    /// Too few elements to tell.
    FEW,
    OTHER
  }

  private static final int FEWEST = 64;

  /// D·√n of the right family with a fitted scale exceeds this in fewer than 1 of 10⁴ cases
  /// (Lilliefors 1967: 1.03 is the 1% point for a normal with both parameters fitted).
  private static final double LIMIT = 1.6;

  /// A normal sample of n elements has no smaller maximum but once in 10⁴.
  private static final double UNLIKELY = 1e-4;

  static ShapeLaw of(Moments m, Sketch sketch, double roundoff) {
    double n = m.finite();
    double sigma = Math.sqrt(m.m2());
    if (m.finite() == 0 || m.variance() <= 1e-10 * m.m2()) {
      return new ShapeLaw(Kind.CONSTANT, m.mean(), Double.POSITIVE_INFINITY, Double.NaN);
    }
    if (n < FEWEST) {
      return new ShapeLaw(Kind.FEW, sigma, Double.POSITIVE_INFINITY, Double.NaN);
    }
    if (Math.abs(m.meanZ()) > 5) {
      return new ShapeLaw(Kind.OTHER, sigma, Double.POSITIVE_INFINITY, Double.NaN);
    }
    double limit = LIMIT + roundoff * Math.sqrt(n);
    double bound = Math.max(m.largest() * (n + 1) / n, Math.sqrt(3 * m.m2()));
    double flat = Math.sqrt(n) * sketch.distance(uniform(bound));
    if (flat < limit) {
      return new ShapeLaw(Kind.UNIFORM, bound, Double.POSITIVE_INFINITY, flat);
    }
    double bell = Math.sqrt(n) * sketch.distance(normal(sigma));
    boolean reaches =
        n * Math.log1p(-2 * Normal.cdf(-m.largest() * (1 + 2 * roundoff) / sigma))
            > Math.log(UNLIKELY);
    if (bell < limit && reaches) {
      return new ShapeLaw(Kind.NORMAL, sigma, Double.POSITIVE_INFINITY, bell);
    }
    return truncated(m, sketch, limit, sigma);
  }

  private static ShapeLaw truncated(Moments m, Sketch sketch, double limit, double sigma) {
    double n = m.finite();
    double cut = cutOf(m.largest() / sigma);
    if (!(cut < 6)) {
      return new ShapeLaw(Kind.OTHER, sigma, Double.POSITIVE_INFINITY, Double.NaN);
    }
    double scale = sigma / TruncatedNormal.std(cut);
    double far = Math.sqrt(n) * sketch.distance(truncated(scale, cut));
    return far < limit
        ? new ShapeLaw(Kind.TRUNCATED, scale, cut, far)
        : new ShapeLaw(Kind.OTHER, sigma, Double.POSITIVE_INFINITY, far);
  }

  /// The c with c/std(c) = ratio: √3 at c → 0, growing.
  private static double cutOf(double ratio) {
    double lo = 1e-3;
    double hi = 8;
    for (int i = 0; i < 60; i++) {
      double c = 0.5 * (lo + hi);
      if (c / TruncatedNormal.std(c) < ratio) {
        lo = c;
      } else {
        hi = c;
      }
    }
    return 0.5 * (lo + hi);
  }

  static DoubleUnaryOperator normal(double sigma) {
    return x -> Normal.erf(x / sigma * Math.sqrt(0.5));
  }

  static DoubleUnaryOperator uniform(double bound) {
    return x -> Math.min(1, x / bound);
  }

  static DoubleUnaryOperator truncated(double sigma, double cut) {
    double kept = Normal.erf(cut * Math.sqrt(0.5));
    return x -> Math.min(1, Normal.erf(x / sigma * Math.sqrt(0.5)) / kept);
  }

  /// In words, with numbers.
  public String text() {
    return switch (kind) {
      case NORMAL -> "normal, std " + Numbers.of(scale);
      case UNIFORM -> "uniform, ±" + Numbers.of(scale);
      case TRUNCATED -> "normal of std " + Numbers.of(scale) + " cut at ±" + Numbers.two(cut) + "σ";
      case CONSTANT -> "all " + Numbers.of(scale);
      case FEW -> "too few elements to tell";
      case OTHER -> "no law that weights are drawn by";
    };
  }
}
