package org.fanin.math;

/// Everything about φ(u), u ~ N(mean, sd²): its moments at once, and E φ(u)φ(v), E φ′(u)φ′(v) for
/// any correlation ρ of u and v, cheaply.
///
/// Piecewise linear, affine, sine, exponential, step and sign functions, and erf and GELU at mean
/// 0, use closed forms; the rest an expansion in Hermite polynomials (K(ρ) = Σ aₙ²ρⁿ; O'Donnell
/// 2014, ch. 11) whose coefficients are computed at the first question about a kernel. Immutable
/// and safe to share.
public final class HermiteExpansion {
  private final Fn fn;
  private final double inputMean;
  private final double sd;
  private final Moments moments;
  private volatile Kernel kernel;
  private volatile HermiteKernel series;

  private HermiteExpansion(Fn fn, double mean, double sd, Moments moments) {
    this.fn = fn;
    this.inputMean = mean;
    this.sd = sd;
    this.moments = moments;
  }

  /// @param mean mean of the input
  /// @param sd its standard deviation, ≥ 0, from 1e-150 to 1e150; 0 makes every expectation φ(mean)
  /// @throws IllegalArgumentException when either is not finite or sd < 0
  public static HermiteExpansion of(Fn fn, double mean, double sd) {
    return new HermiteExpansion(fn, mean, sd, Gaussian.moments(fn, mean, sd));
  }

  public Fn fn() {
    return fn;
  }

  public double inputMean() {
    return inputMean;
  }

  public double sd() {
    return sd;
  }

  public Moments moments() {
    return moments;
  }

  /// E φ
  public double mean() {
    return moments.mean();
  }

  /// E φ²
  public double ef2() {
    return moments.ef2();
  }

  /// Var φ
  public double variance() {
    return moments.variance();
  }

  /// E φ′
  public double slopeMean() {
    return moments.slopeMean();
  }

  /// E φ′²
  public double slopeM2() {
    return moments.slopeM2();
  }

  /// E φ(u)φ(v); [#ef2] at ρ = 1, (E φ)² at 0.
  ///
  /// @param rho correlation, clamped to [−1, 1]
  public double kernel(double rho) {
    double r = checked(rho);
    if (r == 1 || sd == 0) {
      return moments.ef2();
    }
    return r == 0 ? moments.mean() * moments.mean() : bounded(kernel().at(r), moments.ef2());
  }

  /// E φ′(u)φ′(v), φ′ almost everywhere (a jump of φ adds nothing).
  public double slopeKernel(double rho) {
    double r = checked(rho);
    if (r == 1 || sd == 0) {
      return moments.slopeM2();
    }
    return bounded(kernel().slopeAt(r), moments.slopeM2());
  }

  /// Cosine of the outputs, K(ρ)/K(1); 1 when φ is 0 throughout. For inputs of mean 0 this is the
  /// correlation map of Poole et al. (2016).
  public double cosine(double rho) {
    double r = checked(rho);
    return r >= 0 ? 1 - complement(1 - r) : clamp(kernel().at(r) / kernel().at(1));
  }

  /// 1 − K(1 − e)/K(1) with full relative accuracy for e as small as 1e-300: what remains of an
  /// angle.
  ///
  /// @param e 1 − ρ, in [0, 2]
  public double complement(double e) {
    if (!(e >= 0 && e <= 2)) {
      throw new IllegalArgumentException("1 − ρ must be in [0, 2], found " + e);
    }
    if (e == 0 || sd == 0 || moments.ef2() == 0 && moments.lnEf2() == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    return Math.clamp(kernel().complement(e), 0, 2);
  }

  /// E φ(u)ψ(v) where v has the law of `other` and correlation `rho` with u: two functions, two
  /// variances, two means.
  public double crossKernel(HermiteExpansion other, double rho) {
    double r = checked(rho);
    HermiteKernel a = series();
    HermiteKernel b = other.series();
    double[] ca = a.coefficients();
    double[] cb = b.coefficients();
    double sum = 0;
    for (int n = ca.length - 1; n >= 0; n--) {
      sum = sum * r + ca[n] * cb[n];
    }
    if (!fn.equals(other.fn)) {
      return sum;
    }
    double rest = Math.sqrt(Math.max(0, a.tail().at(Math.abs(r)) * b.tail().at(Math.abs(r))));
    double parity = r >= 0 ? 1 : a.tail().even() + b.tail().even() - 1;
    return sum + parity * rest * a.unit() * b.unit();
  }

  private static double checked(double rho) {
    if (Double.isNaN(rho)) {
      throw new IllegalArgumentException("correlation is NaN");
    }
    return Math.clamp(rho, -1, 1);
  }

  private static double clamp(double c) {
    return Math.clamp(c, -1, 1);
  }

  private static double bounded(double k, double limit) {
    return limit >= 0 ? Math.clamp(k, -limit, limit) : k;
  }

  private Kernel kernel() {
    Kernel k = kernel;
    if (k == null) {
      k = ClosedKernels.of(fn, inputMean, sd).orElseGet(this::series);
      kernel = k;
    }
    return k;
  }

  private HermiteKernel series() {
    HermiteKernel s = series;
    if (s == null) {
      s = new HermiteKernel(fn, inputMean, sd, Sampled.of(fn, inputMean, sd));
      series = s;
    }
    return s;
  }
}
