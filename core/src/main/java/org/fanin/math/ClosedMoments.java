package org.fanin.math;

import java.util.Optional;

/// One-input moments with a closed form; everything else is quadrature ([Sampled]).
final class ClosedMoments {
  /// Beyond this many deviations a hinge is a line, to rounding.
  private static final double FAR = 8.3;

  private ClosedMoments() {}

  static Optional<Moments> of(Fn f, double mean, double sd) {
    return switch (f.form()) {
      case Fn.Form.Affine(double slope, double offset) ->
          Optional.of(line(slope, slope * mean + offset, sd));
      case Fn.Form.AbRelu(double a, double b) -> Optional.of(hinge(a, b, mean, sd));
      case Fn.Form.Sine(double a, double r, double p) -> Optional.of(wave(a, r, r * mean + p, sd));
      case Fn.Form.Exponential(double a, double r) -> Optional.of(growth(a, r, mean, sd));
      case Fn.Form.General _ -> Optional.empty();
    };
  }

  private static Moments line(double slope, double middle, double sd) {
    double s = Math.abs(slope) * sd;
    double norm = Math.hypot(middle, s);
    double m = middle / norm;
    double d = s / norm;
    double fourth = m * m * m * m + 6 * m * m * d * d + 3 * d * d * d * d;
    return new Moments(
        middle,
        norm * norm,
        2 * StrictMath.log(norm),
        s * s,
        slope,
        slope * slope,
        slope * sd,
        fourth,
        slope == 0 ? Double.NaN : 1,
        0);
  }

  /// From M₀ = Φ, M₁ = tΦ + φ, Mₙ = tMₙ₋₁ + (n−1)Mₙ₋₂, the moments of (z + t)₊, on each side.
  private static Moments hinge(double a, double b, double mean, double sd) {
    double t = mean / sd;
    if (a == b || sd == 0 || Math.abs(t) > 1e8) {
      double slope = mean < 0 ? a : b;
      return line(slope, slope * mean, sd);
    }
    double[] up = ramp(t);
    double[] down = ramp(-t);
    double m2 = b * b * up[2] + a * a * down[2];
    double m = b * up[1] - a * down[1];
    double slope = b * up[0] + a * down[0];
    double slope2 = b * b * up[0] + a * a * down[0];
    double far = t > FAR ? b * b : t < -FAR && a != 0 ? a * a : m2 - m * m;
    double f4 = b * b * b * b * up[4] + a * a * a * a * down[4];
    double s4 = b * b * b * b * up[0] + a * a * a * a * down[0];
    return new Moments(
        m * sd,
        m2 * sd * sd,
        StrictMath.log(m2) + 2 * StrictMath.log(sd),
        far * sd * sd,
        slope,
        slope2,
        slope * sd,
        f4 / (m2 * m2),
        s4 / (slope2 * slope2),
        0);
  }

  private static double[] ramp(double t) {
    double[] m = new double[5];
    m[0] = Normal.cdf(t);
    m[1] = Math.max(0, t * m[0] + Normal.pdf(t));
    for (int n = 2; n < 5; n++) {
      m[n] = Math.max(0, t * m[n - 1] + (n - 1) * m[n - 2]);
    }
    return m;
  }

  /// Powers of sin and cos as sums of cosines of multiples, whose means are
  /// e^{−n²q/2}cos(n·centre).
  private static Moments wave(double amplitude, double rate, double centre, double sd) {
    double q = rate * sd * rate * sd;
    double c2 = harmonic(2, q, centre);
    double c4 = harmonic(4, q, centre);
    double a2 = amplitude * amplitude;
    double sin2 = centre == 0 ? -0.5 * StrictMath.expm1(-2 * q) : 0.5 * (1 - c2);
    double cos2 = 0.5 * (1 + c2);
    double mean = StrictMath.exp(-q / 2) * StrictMath.sin(centre);
    double slope = amplitude * rate * harmonic(1, q, centre);
    double f4 = (3 - 4 * c2 + c4) / 8;
    double s4 = (3 + 4 * c2 + c4) / 8;
    double kurtosis = centre == 0 && q < 1e-4 ? 3 : f4 / (sin2 * sin2);
    return Moments.exact(
        amplitude * mean,
        a2 * sin2,
        a2 * (sin2 - mean * mean),
        slope,
        a2 * rate * rate * cos2,
        slope * sd,
        kurtosis,
        s4 / (cos2 * cos2));
  }

  private static double harmonic(int n, double q, double centre) {
    return StrictMath.exp(-0.5 * n * n * q) * StrictMath.cos(n * centre);
  }

  private static Moments growth(double amplitude, double rate, double mean, double sd) {
    double s = rate * sd;
    double m = amplitude * StrictMath.exp(rate * mean + s * s / 2);
    double ef2 = amplitude * amplitude * StrictMath.exp(2 * rate * mean + 2 * s * s);
    double kurtosis = StrictMath.exp(4 * s * s);
    double lnEf2 = 2 * (StrictMath.log(Math.abs(amplitude)) + rate * mean + s * s);
    return new Moments(
        m,
        ef2,
        lnEf2,
        m * m * StrictMath.expm1(s * s),
        rate * m,
        rate * rate * ef2,
        s * m,
        kurtosis,
        kurtosis,
        0);
  }
}
