package org.fanin.fill;

/// Logarithm and exponential from + − × ÷ and fma alone, so that interpreter, compilers and CPUs
/// agree to the bit, which `Math.log` and `Math.exp` do not promise. Errors below 2 ulp (test).
///
/// Reduction and coefficients are those of Sun's fdlibm (`e_log.c`, `s_expm1.c`; "Copyright (C)
/// 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems,
/// Inc. business. Permission to use, copy, modify, and distribute this software is freely granted,
/// provided that this notice is preserved."), the steps in between our own.
final class Elementary {
  /// ln 2 in two parts; the high one has 32 bits, so that its product with an exponent is exact.
  private static final double LN2_HIGH = 0x1.62e42feep-1;

  private static final double LN2_LOW = 0x1.a39ef35793c76p-33;
  private static final double INV_LN2 = 0x1.71547652b82fep0;

  /// (ln(1+f) − 2s)/s in powers of s², s = f/(2+f).
  private static final double[] LG = {
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01
  };

  private Elementary() {}

  /// ln x.
  ///
  /// @param x positive, finite and not subnormal
  static double log(double x) {
    long bits = Double.doubleToRawLongBits(x);
    // Mantissas from √½ to √2: 0x3FE6A09E… is √½.
    long shifted = bits - 0x3FE6A09E667F3BCDL;
    int e = (int) (shifted >> 52);
    double f = Double.longBitsToDouble(bits - ((long) e << 52)) - 1;
    double s = f / (2 + f);
    double z = s * s;
    double r = LG[6];
    for (int i = 5; i >= 0; i--) {
      r = Math.fma(r, z, LG[i]);
    }
    double half = 0.5 * f * f;
    double tail = Math.fma(s, half + r * z, e * LN2_LOW);
    return e * LN2_HIGH - ((half - tail) - f);
  }

  /// eˣ − 1, to full relative accuracy near 0.
  ///
  /// @param x from −700 to 700
  static double expm1(double x) {
    double k = Math.rint(x * INV_LN2);
    double r = Math.fma(-k, LN2_LOW, Math.fma(-k, LN2_HIGH, x));
    double p = series(r);
    double two = Double.longBitsToDouble((long) ((int) k + 1023) << 52);
    return k == 0 ? p : Math.fma(two, p, two - 1);
  }

  /// eˣ.
  ///
  /// @param x from −700 to 700
  static double exp(double x) {
    double k = Math.rint(x * INV_LN2);
    double r = Math.fma(-k, LN2_LOW, Math.fma(-k, LN2_HIGH, x));
    double two = Double.longBitsToDouble((long) ((int) k + 1023) << 52);
    return Math.fma(two, series(r), two);
  }

  /// Taylor's series of eʳ − 1 to r¹⁵ for |r| ≤ ½ ln 2; the next term is below 1e-21.
  private static double series(double r) {
    double p = 0;
    for (int n = 15; n >= 2; n--) {
      p = Math.fma(p, r, 1) / n;
    }
    return Math.fma(p * r, r, r);
  }
}
