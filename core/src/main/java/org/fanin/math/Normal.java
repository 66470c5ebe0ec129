package org.fanin.math;

/// The error function and the standard normal law.
///
/// `erf` and `erfc` are the rational approximations of Sun's fdlibm (`s_erf.c`, error below 1 ulp;
/// "Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun
/// Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software is
/// freely granted, provided that this notice is preserved."). The quantile is Wichura's AS 241
/// (PPND16, 1988), relative error about 1e-16.
public final class Normal {
  /// 1/√(2π)
  public static final double INV_SQRT_2PI = 0.3989422804014326779;

  private static final double SQRT_HALF = 0.70710678118654752440;
  private static final double ERX = 8.45062911510467529297e-01;
  private static final double[] PP = {
    1.28379167095512558561e-01,
    -3.25042107247001499370e-01,
    -2.84817495755985104766e-02,
    -5.77027029648944159157e-03,
    -2.37630166566501626084e-05
  };
  private static final double[] QQ = {
    1,
    3.97917223959155352819e-01,
    6.50222499887672944485e-02,
    5.08130628187576562776e-03,
    1.32494738004321644526e-04,
    -3.96022827877536812320e-06
  };
  private static final double[] PA = {
    -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
    3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
    -2.16637559486879084300e-03
  };
  private static final double[] QA = {
    1,
    1.06420880400844228286e-01,
    5.40397917702171048937e-01,
    7.18286544141962662868e-02,
    1.26171219808761642112e-01,
    1.36370839120290507362e-02,
    1.19844998467991074170e-02
  };
  private static final double[] RA = {
    -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
    -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
    -8.12874355063065934246e+01, -9.81432934416914548592e+00
  };
  private static final double[] SA = {
    1,
    1.96512716674392571292e+01,
    1.37657754143519042600e+02,
    4.34565877475229228821e+02,
    6.45387271733267880336e+02,
    4.29008140027567833386e+02,
    1.08635005541779435134e+02,
    6.57024977031928170135e+00,
    -6.04244152148580987438e-02
  };
  private static final double[] RB = {
    -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
    -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
    -4.83519191608651397019e+02
  };
  private static final double[] SB = {
    1,
    3.03380607434824582924e+01,
    3.25792512996573918826e+02,
    1.53672958608443695994e+03,
    3.19985821950859553908e+03,
    2.55305040643316442583e+03,
    4.74528541206955367215e+02,
    -2.24409524465858183362e+01
  };
  private static final double[] A = {
    3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3
  };
  private static final double[] B = {
    1,
    4.2313330701600911252e+1,
    6.8718700749205790830e+2,
    5.3941960214247511077e+3,
    2.1213794301586595867e+4,
    3.9307895800092710610e+4,
    2.8729085735721942674e+4,
    5.2264952788528545610e+3
  };
  private static final double[] C = {
    1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
    3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4
  };
  private static final double[] D = {
    1,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9
  };
  private static final double[] E = {
    6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7
  };
  private static final double[] F = {
    1,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15
  };

  private Normal() {}

  /// (2/√π)∫₀ˣ e^{−t²} dt, error below 1 ulp.
  public static double erf(double x) {
    double a = Math.abs(x);
    if (a < 0.84375) {
      double z = x * x;
      return x + x * (poly(PP, z) / poly(QQ, z));
    }
    if (Double.isNaN(x)) {
      return x;
    }
    double r = a >= 6 ? 1 : a < 1.25 ? middle(a) : 1 - tail(a);
    return Math.copySign(r, x);
  }

  /// 1 − erf(x), relative error about 1e-16 down to the underflow near x = 27.
  public static double erfc(double x) {
    if (x < 0.84375) {
      return x < 0.25 ? 1 - erf(x) : 0.5 - (x - 0.5 + x * (poly(PP, x * x) / poly(QQ, x * x)));
    }
    if (x < 1.25) {
      return 1 - ERX - middleRatio(x - 1);
    }
    return x > 28 ? 0 : tail(x);
  }

  private static double middle(double a) {
    return ERX + middleRatio(a - 1);
  }

  private static double middleRatio(double s) {
    return poly(PA, s) / poly(QA, s);
  }

  /// erfc for x ≥ 1.25: exp(−x²) is split so that the square of the leading half is exact.
  private static double tail(double x) {
    double s = 1 / (x * x);
    double ratio = x < 1 / 0.35 ? poly(RA, s) / poly(SA, s) : poly(RB, s) / poly(SB, s);
    double z = Double.longBitsToDouble(Double.doubleToRawLongBits(x) & 0xFFFFFFFF00000000L);
    return StrictMath.exp(-z * z - 0.5625) * StrictMath.exp((z - x) * (z + x) + ratio) / x;
  }

  private static double poly(double[] c, double x) {
    double r = c[c.length - 1];
    for (int i = c.length - 2; i >= 0; i--) {
      r = r * x + c[i];
    }
    return r;
  }

  /// Density of N(0, 1).
  public static double pdf(double z) {
    return INV_SQRT_2PI * StrictMath.exp(-0.5 * z * z);
  }

  /// P(Z ≤ z), accurate in both tails.
  public static double cdf(double z) {
    return 0.5 * erfc(-z * SQRT_HALF);
  }

  /// z with P(Z ≤ z) = p; ∓∞ at 0 and 1.
  ///
  /// @throws IllegalArgumentException unless 0 ≤ p ≤ 1
  public static double quantile(double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException("a probability in [0, 1] is wanted, found " + p);
    }
    double q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      double r = 0.180625 - q * q;
      return q * poly(A, r) / poly(B, r);
    }
    double side = Math.min(p, 1 - p);
    if (side == 0) {
      return q < 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    double r = Math.sqrt(-StrictMath.log(side));
    double z = r <= 5 ? poly(C, r - 1.6) / poly(D, r - 1.6) : poly(E, r - 5) / poly(F, r - 5);
    return q < 0 ? -z : z;
  }

  /// P(X > −t, Y > −t) for standard normals of correlation `rho`: Φ(t) − (1/π)∫₀^{θ/2}
  /// exp(−t²/(2cos²φ)) dφ, θ = arccos ρ (Owen 1956, with h = t, a = tan(θ/2)). Absolute error about
  /// 1e-15; relative accuracy of the difference to Φ(t) is kept near ρ = 1.
  public static double bothAbove(double t, double rho) {
    double p = cdf(t) - splitProbability(t, rho);
    return Math.clamp(p, 0, 1);
  }

  /// P(X > −t ≥ Y): the probability that a threshold separates two normals of correlation `rho`.
  public static double splitProbability(double t, double rho) {
    double half = 0.5 * angle(rho);
    double[] x = GaussLegendre.NODES;
    double[] w = GaussLegendre.WEIGHTS;
    double width = Math.min(half, 0.5 / Math.max(1, 0.5 * Math.abs(t)));
    double sum = 0;
    for (double from = 0; from < half; ) {
      double to = from + width > half * 0.999 ? half : from + width;
      double h = 0.5 * (to - from);
      for (int i = 0; i < x.length; i++) {
        double c = StrictMath.cos(from + h * (1 + x[i]));
        sum += h * w[i] * StrictMath.exp(-t * t / (2 * c * c));
      }
      from = to;
      if (from * Math.abs(t) > 9) {
        break;
      }
    }
    return sum / Math.PI;
  }

  /// arccos ρ without the loss of `acos` near ±1.
  public static double angle(double rho) {
    return rho >= 0
        ? 2 * StrictMath.asin(Math.sqrt(Math.max(0, 0.5 * (1 - rho))))
        : Math.PI - 2 * StrictMath.asin(Math.sqrt(Math.max(0, 0.5 * (1 + rho))));
  }
}
