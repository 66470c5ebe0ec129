package org.fanin.math;

/// K(ρ) = Σ aₙ²ρⁿ with 81 coefficients by quadrature and a modelled rest.
///
/// Errors, relative to E φ² and E φ′², for |ρ| ≤ .99 (held by tests against two-dimensional
/// quadrature): 1e-11 and 1e-9 for smooth φ at deviation 1; 3e-5 and 3e-3 with kinks; 5e-4 and 3e-2
/// for kinked φ far into saturation (hard tanh at deviation 10) or with jumps. Beyond ρ = −.99 the
/// sign of the rest is not modelled: up to 2% for saturated φ off centre. 1 − c is right to 1% for
/// ρ > 0 in all these cases (5% at deviation 30).
final class HermiteKernel implements Kernel {
  static final int ORDER = 80;

  /// Leftovers below this share of the whole are rounding.
  private static final double ROUNDING = 1e-13;

  private final double unit;
  private final double slopeUnit;
  private final double[] f;
  private final HermiteTail tail;
  private final double[] slope;
  private final HermiteTail slopeTail;

  HermiteKernel(Fn fn, double mean, double sd, Sampled s) {
    unit = s.unit();
    slopeUnit = s.slopeUnit();
    double[][] c = coefficients(s);
    f = c[0];
    slope = c[1];
    double slopeM2 = s.mean(s.slope(), 2);
    double rest = Math.max(0, s.variance(f[0]) - sumSquares(f, 1, ORDER));
    double ratio = sd * slopeUnit / unit;
    double slopeRest = slopeM2 * ratio * ratio - weighted(f);
    boolean smooth = !Smoothness.jumps(fn, mean, sd) && slopeRest > -1e-9 * slopeM2 * ratio * ratio;
    double bar = ROUNDING * sumSquares(f, 0, ORDER);
    if (smooth && slopeRest > ROUNDING * slopeM2 * ratio * ratio) {
      rest = Math.max(rest, slopeRest * 1e-9);
    }
    tail =
        rest > bar
            ? tail(f, rest, smooth ? slopeRest : Double.POSITIVE_INFINITY)
            : HermiteTail.NONE;
    slopeTail = smooth && tail != HermiteTail.NONE ? scaled(tail, ratio) : ownTail(slopeM2);
  }

  private HermiteTail ownTail(double slopeM2) {
    double rest = slopeM2 - sumSquares(slope, 0, ORDER);
    return rest > ROUNDING * slopeM2
        ? tail(slope, rest, Double.POSITIVE_INFINITY)
        : HermiteTail.NONE;
  }

  /// The tail of φ′ that belongs to one of φ: bₙ² = (n + 1)aₙ₊₁²/sd². Coefficients of φ′ end one
  /// order later than those of φ allow; that one is taken off.
  private HermiteTail scaled(HermiteTail t, double ratio) {
    double[] mass = new double[t.mass().length];
    double[] order = new double[mass.length];
    double last = slope[ORDER] * slope[ORDER];
    double total = 0;
    for (int i = 0; i < mass.length; i++) {
      order[i] = t.order()[i] - 1;
      mass[i] = t.mass()[i] * t.order()[i] / (ratio * ratio);
      total += mass[i];
    }
    for (int i = 0; i < mass.length; i++) {
      mass[i] *= Math.max(0, 1 - last / total);
    }
    return new HermiteTail(order, mass, 1 - t.even());
  }

  private static HermiteTail tail(double[] c, double rest, double slopeRest) {
    double far = sumSquares(c, ORDER / 2 + 1, ORDER);
    double near = sumSquares(c, ORDER / 4 + 1, ORDER / 2);
    double power =
        slopeRest == Double.POSITIVE_INFINITY
            ? 1.5
            : near > 0 && far > 0 ? 1 + StrictMath.log(near / far) / StrictMath.log(2) : 1.5;
    double even = 0;
    for (int n = ORDER / 2 + 2; n <= ORDER; n += 2) {
      even += c[n] * c[n];
    }
    return HermiteTail.of(
        ORDER, rest, slopeRest, Math.clamp(power, 1.1, 8), far > 0 ? even / far : 0.5);
  }

  private static double sumSquares(double[] c, int from, int to) {
    double s = 0;
    for (int n = to; n >= from; n--) {
      s += c[n] * c[n];
    }
    return s;
  }

  private static double weighted(double[] c) {
    double s = 0;
    for (int n = ORDER; n > 0; n--) {
      s += n * c[n] * c[n];
    }
    return s;
  }

  /// E v(z)hₙ(z) for the orthonormal Hermite polynomials h₀ … h₈₀, node by node in step: hₙ₊₁ =
  /// (z·hₙ − √n·hₙ₋₁)/√(n+1).
  private static double[][] coefficients(Sampled s) {
    double[] z = s.z();
    double[] fw = weighted(s, s.f());
    double[] sw = weighted(s, s.slope());
    double[] before = new double[z.length];
    double[] h = new double[z.length];
    java.util.Arrays.fill(h, 1);
    double[][] c = new double[2][ORDER + 1];
    for (int n = 0; n <= ORDER; n++) {
      c[0][n] = dot(fw, h);
      c[1][n] = dot(sw, h);
      double down = Math.sqrt((double) n / (n + 1));
      double up = 1 / Math.sqrt(n + 1);
      for (int i = 0; i < z.length; i++) {
        double next = z[i] * h[i] * up - down * before[i];
        before[i] = h[i];
        h[i] = next;
      }
    }
    c[0][0] = s.mean(s.f(), 1);
    c[1][0] = s.mean(s.slope(), 1);
    return c;
  }

  /// Weights times values about their mean, so that a small variation of a large function keeps its
  /// digits.
  private static double[] weighted(Sampled s, double[] v) {
    double centre = s.mean(v, 1);
    double[] w = new double[v.length];
    for (int i = 0; i < w.length; i++) {
      w[i] = s.weight()[i] * (v[i] - centre);
    }
    return w;
  }

  private static double dot(double[] a, double[] b) {
    double even = 0;
    double odd = 0;
    for (int i = 0; i + 1 < a.length; i += 2) {
      even += a[i] * b[i];
      odd += a[i + 1] * b[i + 1];
    }
    return even + odd;
  }

  double[] coefficients() {
    double[] c = f.clone();
    for (int n = 0; n < c.length; n++) {
      c[n] *= unit;
    }
    return c;
  }

  HermiteTail tail() {
    return tail;
  }

  double unit() {
    return unit;
  }

  private static double power(double[] c, double rho) {
    double sum = 0;
    for (int n = c.length - 1; n >= 0; n--) {
      sum = sum * rho + c[n] * c[n];
    }
    return sum;
  }

  @Override
  public double at(double rho) {
    return (power(f, rho) + tail.at(rho)) * unit * unit;
  }

  @Override
  public double slopeAt(double rho) {
    return (power(slope, rho) + slopeTail.at(rho)) * slopeUnit * slopeUnit;
  }

  @Override
  public double complement(double e) {
    double ln = StrictMath.log1p(-Math.min(e, 1));
    if (e >= 1) {
      return 1 - at(1 - e) / at(1);
    }
    double sum = 0;
    for (int n = f.length - 1; n > 0; n--) {
      sum -= f[n] * f[n] * StrictMath.expm1(n * ln);
    }
    return (sum + tail.complement(e)) / (power(f, 1) + tail.at(1));
  }
}
