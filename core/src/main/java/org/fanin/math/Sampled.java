package org.fanin.math;

/// φ and φ′ on quadrature nodes, each divided by a power of two that brings it near 1, so that no
/// scale of φ over- or underflows its squares.
///
/// @param unit what `f` was divided by
/// @param slopeUnit what `slope` was divided by
/// @param undefined probability of the nodes where φ or φ′ is not finite; their weight is 0 and the
///   others add up to 1
record Sampled(
    double[] z,
    double[] weight,
    double[] f,
    double[] slope,
    double unit,
    double slopeUnit,
    double undefined) {
  private static final double EDGE = 1e-15;
  private static final double ROUNDING = 1e-14;

  /// Half the widest range: the density at 36 is 1e-282.
  private static final double WIDE_RANGE = 36;

  static Sampled of(Fn fn, double mean, double sd) {
    Sampled s = on(fn, mean, sd, Panels.of(fn, mean, sd));
    return s.edgeMatters() ? on(fn, mean, sd, Panels.of(fn, mean, sd, WIDE_RANGE)) : s;
  }

  private static Sampled on(Fn fn, double mean, double sd, Panels p) {
    int n = p.size();
    double[] f = new double[n];
    double[] slope = new double[n];
    double[] w = p.weight().clone();
    double lost = 0;
    for (int i = 0; i < n; i++) {
      double x = mean + sd * p.z()[i];
      f[i] = fn.at(x);
      slope[i] = fn.slopeAt(x);
      if (!Double.isFinite(f[i]) || !Double.isFinite(slope[i])) {
        lost += w[i];
        f[i] = slope[i] = w[i] = 0;
      }
    }
    if (lost > 0 && lost < 1) {
      for (int i = 0; i < n; i++) {
        w[i] /= 1 - lost;
      }
    }
    double undefined = lost > 1 - 1e-9 ? 1 : lost;
    return new Sampled(p.z(), w, f, slope, normalise(f), normalise(slope), undefined);
  }

  private static double normalise(double[] v) {
    double max = 0;
    for (double x : v) {
      max = Math.max(max, Math.abs(x));
    }
    if (max == 0) {
      return 1;
    }
    double unit = Math.scalb(1.0, Math.clamp(Math.getExponent(max), -1000, 1000));
    for (int i = 0; i < v.length; i++) {
      v[i] /= unit;
    }
    return unit;
  }

  private boolean edgeMatters() {
    double all = 0;
    for (int i = 0; i < z.length; i++) {
      all += weight[i] * f[i] * f[i];
    }
    int last = z.length - 1;
    return Math.max(f[0] * f[0] * weight[0], f[last] * f[last] * weight[last]) > EDGE * all;
  }

  /// Σ wᵢ (vᵢ)^p
  double mean(double[] v, int power) {
    double sum = 0;
    for (int i = 0; i < v.length; i++) {
      double x = v[i];
      sum += weight[i] * (power == 1 ? x : power == 2 ? x * x : x * x * x * x);
    }
    return sum;
  }

  /// Var f, in units of unit².
  double variance(double mean) {
    double sum = 0;
    for (int i = 0; i < f.length; i++) {
      sum += weight[i] * (f[i] - mean) * (f[i] - mean);
    }
    return sum;
  }

  /// Means below the rounding of the sum are those of odd functions.
  private static double snapped(double mean, double m2) {
    return Math.abs(mean) < ROUNDING * Math.sqrt(m2) ? 0 : mean;
  }

  Moments moments() {
    double m2 = mean(f, 2);
    double m = snapped(mean(f, 1), m2);
    double s2 = mean(slope, 2);
    double zf = 0;
    for (int i = 0; i < f.length; i++) {
      zf += weight[i] * z[i] * (f[i] - m);
    }
    if (undefined == 1) {
      double none = Double.NaN;
      return new Moments(none, none, none, none, none, none, none, none, none, 1);
    }
    return new Moments(
        m * unit,
        m2 * unit * unit,
        StrictMath.log(m2) + 2 * StrictMath.log(unit),
        variance(m) * unit * unit,
        mean(slope, 1) * slopeUnit,
        s2 * slopeUnit * slopeUnit,
        zf * unit,
        mean(f, 4) / (m2 * m2),
        mean(slope, 4) / (s2 * s2),
        undefined);
  }
}
