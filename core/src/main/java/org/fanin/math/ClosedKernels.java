package org.fanin.math;

import java.util.Optional;

/// Kernels with a closed form, found by a function's form or name. All are exact to rounding.
final class ClosedKernels {
  /// Beyond this deviation GELU differs from ReLU by less than rounding in K.
  private static final double GELU_IS_RELU = 1e8;

  private ClosedKernels() {}

  static Optional<Kernel> of(Fn f, double mean, double sd) {
    return switch (f.form()) {
      case Fn.Form.Affine(double slope, double offset) ->
          Optional.of(new Line(slope * mean + offset, slope, sd));
      case Fn.Form.AbRelu(double a, double b) ->
          Optional.of(mean == 0 ? new CentredHinge(a, b, sd) : new Hinge(a, b, mean, sd));
      case Fn.Form.Sine(double a, double rate, double phase) ->
          Optional.of(new Wave(a, rate, rate * mean + phase, sd));
      case Fn.Form.Exponential(double a, double rate) -> Optional.of(new Growth(a, rate, mean, sd));
      case Fn.Form.General _ -> named(f.name(), mean, sd);
    };
  }

  private static Optional<Kernel> named(String name, double mean, double sd) {
    return switch (name) {
      case "step" -> Optional.of(new Jump(0, 1, mean / sd));
      case "sign" -> Optional.of(new Jump(-1, 1, mean / sd));
      case "erf" -> mean == 0 ? Optional.of(new ErrorFunction(sd)) : Optional.empty();
      case "gelu" -> mean == 0 ? Optional.of(gelu(sd)) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Kernel gelu(double sd) {
    return sd > GELU_IS_RELU ? new CentredHinge(0, 1, sd) : new Gelu(sd);
  }

  /// slope·x + offset; `middle` is its mean.
  private record Line(double middle, double slope, double sd) implements Kernel {
    @Override
    public double at(double rho) {
      return middle * middle + slope * sd * (slope * sd) * rho;
    }

    @Override
    public double slopeAt(double rho) {
      return slope * slope;
    }

    @Override
    public double complement(double e) {
      double r = slope * sd / Math.hypot(middle, slope * sd);
      return r * r * e;
    }
  }

  /// Arc-cosine kernel of degree 1 with leak (Cho & Saul 2009, eq. 6).
  private record CentredHinge(double a, double b, double sd) implements Kernel {
    @Override
    public double at(double rho) {
      double theta = Normal.angle(rho);
      double sin = Math.sqrt((1 - rho) * (1 + rho));
      double gap = (b - a) * (b - a) / (2 * Math.PI);
      double linear = 0.5 * (a * a + b * b);
      return sd
          * sd
          * (rho < 0
              ? gap * (sin + (Math.PI - theta) * rho) + a * b * rho
              : gap * (sin - theta * rho) + linear * rho);
    }

    @Override
    public double slopeAt(double rho) {
      return 0.5 * (a * a + b * b) - (a - b) * (a - b) * Normal.angle(rho) / (2 * Math.PI);
    }

    @Override
    public double complement(double e) {
      double share = (b - a) * (b - a) / (Math.PI * (a * a + b * b));
      return Math.max(0, e - share * sineMinusAngle(e));
    }

    /// sin θ − θ cos θ = θ³/3 − θ⁵/30 + θ⁷/840 − … for cos θ = 1 − e.
    private static double sineMinusAngle(double e) {
      double t = Normal.angle(1 - e);
      if (e < 1e-8) {
        t = Math.sqrt(2 * e) * (1 + e / 12);
      }
      double u = t * t;
      return t < 0.1
          ? t * u * (1.0 / 3 - u * (1.0 / 30 - u * (1.0 / 840 - u / 45360)))
          : StrictMath.sin(t) - t * (1 - e);
    }
  }

  /// The hinge off centre, from E relu·relu = (μ² + ρs²)Φ₂ + 2μsφΦ + s²·density (bivariate
  /// truncated moments) and Stein's lemma for u·relu(v).
  private record Hinge(double a, double b, double mean, double sd) implements Kernel {
    @Override
    public double at(double rho) {
      double t = mean / sd;
      double d = b - a;
      double mixed =
          mean * (mean * Normal.cdf(t) + sd * Normal.pdf(t)) + rho * sd * sd * Normal.cdf(t);
      return a * a * (mean * mean + rho * sd * sd)
          + 2 * a * d * mixed
          + d * d * sd * sd * ramps(t, rho);
    }

    /// E (x + t)₊(y + t)₊ for standard normals of correlation ρ.
    private static double ramps(double t, double rho) {
      double sin = Math.sqrt((1 - rho) * (1 + rho));
      double other = rho > -1 ? Normal.cdf(t * Math.sqrt((1 - rho) / (1 + rho))) : t > 0 ? 1 : 0;
      double density = rho > -1 ? sin / (2 * Math.PI) * StrictMath.exp(-t * t / (1 + rho)) : 0;
      double r = (t * t + rho) * Normal.bothAbove(t, rho) + 2 * t * Normal.pdf(t) * other + density;
      return Math.max(0, r);
    }

    @Override
    public double slopeAt(double rho) {
      double t = mean / sd;
      double d = b - a;
      return a * a + 2 * a * d * Normal.cdf(t) + d * d * Normal.bothAbove(t, rho);
    }

    @Override
    public double complement(double e) {
      return Kernel.complement(this, sd, e);
    }
  }

  /// `low` below the threshold, `high` above it, whose distance from the mean is t deviations.
  private record Jump(double low, double high, double t) implements Kernel {
    @Override
    public double at(double rho) {
      double d = high - low;
      double p = Normal.cdf(t);
      return low * low * Normal.cdf(-t) + high * high * p - d * d * Normal.splitProbability(t, rho);
    }

    @Override
    public double slopeAt(double rho) {
      return 0;
    }

    @Override
    public double complement(double e) {
      double d = high - low;
      double split =
          e < 1e-12
              ? Math.sqrt(2 * e) * StrictMath.exp(-t * t / 2) / (2 * Math.PI)
              : Normal.splitProbability(t, 1 - e);
      return d * d * split / at(1);
    }
  }

  /// Williams 1997: (2/π) asin(2k/(1 + 2q)).
  private record ErrorFunction(double sd) implements Kernel {
    @Override
    public double at(double rho) {
      double q = sd * sd;
      double bound = 1 / (1 + 0.5 / q);
      return 2 / Math.PI * StrictMath.asin(rho * bound);
    }

    @Override
    public double slopeAt(double rho) {
      double q = sd * sd;
      double less = 1 + 2 * q * (1 - rho);
      double more = 1 + 2 * q * (1 + rho);
      return 4 / Math.PI / Math.sqrt(less) / Math.sqrt(more);
    }

    @Override
    public double complement(double e) {
      if (!(sd * sd > 0)) {
        return e;
      }
      return sd > 1e8 ? new Jump(-1, 1, 0).complement(e) : Kernel.complement(this, sd, e);
    }
  }

  /// Exact GELU (Tsuchida et al. 2020).
  private record Gelu(double sd) implements Kernel {
    @Override
    public double at(double rho) {
      double q = sd * sd;
      double k = q * rho;
      double root = 1 + q;
      double delta = Math.sqrt((1 + q * (1 - rho)) * (1 + q * (1 + rho)));
      double ratio = (k / root * (k / root) + q / root * delta * (q / root * delta)) / delta;
      return k / 4 + (ratio + k * StrictMath.atan(k / delta)) / (2 * Math.PI);
    }

    @Override
    public double slopeAt(double rho) {
      double q = sd * sd;
      double k = q * rho;
      double p = (1 + q) * (1 + q);
      double delta = Math.sqrt((1 + q * (1 - rho)) * (1 + q * (1 + rho)));
      double u = k / delta;
      double bend = u / p * (2 + u * u - q * q) + u + StrictMath.atan(u);
      return 0.25 + bend / (2 * Math.PI);
    }

    @Override
    public double complement(double e) {
      return sd * sd > 0 ? Kernel.complement(this, sd, e) : e;
    }
  }

  /// amplitude·sin(rate·x + phase), `centre` its argument at the mean.
  private record Wave(double amplitude, double rate, double centre, double sd) implements Kernel {
    @Override
    public double at(double rho) {
      return amplitude * amplitude * 0.5 * (near(rho) - far(rho));
    }

    @Override
    public double slopeAt(double rho) {
      return amplitude * rate * amplitude * rate * 0.5 * (near(rho) + far(rho));
    }

    private double near(double rho) {
      return StrictMath.exp(-rate * sd * rate * sd * (1 - rho));
    }

    private double far(double rho) {
      double q = rate * sd * rate * sd;
      return centre == 0
          ? StrictMath.exp(-q * (1 + rho))
          : StrictMath.exp(-q * (1 + rho)) * StrictMath.cos(2 * centre);
    }

    @Override
    public double complement(double e) {
      return at(1) > 1e-200 ? Kernel.complement(this, sd, e) : e;
    }
  }

  /// amplitude·e^{rate·x}: log-normal.
  private record Growth(double amplitude, double rate, double mean, double sd) implements Kernel {
    @Override
    public double at(double rho) {
      double s = rate * sd;
      return amplitude * amplitude * StrictMath.exp(2 * rate * mean + s * s * (1 + rho));
    }

    @Override
    public double slopeAt(double rho) {
      return rate * rate * at(rho);
    }

    @Override
    public double complement(double e) {
      return -StrictMath.expm1(-rate * sd * (rate * sd) * e);
    }
  }
}
