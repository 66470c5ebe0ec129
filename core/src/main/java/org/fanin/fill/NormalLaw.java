package org.fanin.fill;

import org.fanin.math.Normal;

/// N(mean, std²) kept to mean ± cut·std, as a function from random bits to a number. The kernels in
/// `fill.simd` compute the same and are tested to the bit against it.
///
/// A word u gives a sign and a magnitude v = P(|Z| ≤ z)·scale in (0, scale), in 2³¹ equal steps,
/// and a = 1 − v beside it, each from its own integer, so that neither loses digits: the tail is as
/// precise as the middle.
///
/// @param mean of the uncut law
/// @param std of the uncut law
/// @param scale P(|Z| ≤ cut)
/// @param rest 1 − scale, to full relative accuracy
/// @param cut ∞ for a law that is not cut
public record NormalLaw(double mean, double std, double scale, double rest, double cut) {
  /// Below this t = a(2 − a) − a·2⁻²³, |z| above 3.1, the tail's formula holds.
  public static final float TAIL = 0x1p-8f;

  /// t = a·(LIFT − a): 2⁻²³ less than 2, so that t stays below 1.
  public static final float LIFT = 0x1.fffffep0f;

  /// @throws IllegalArgumentException unless mean is finite and std finite and not negative
  public NormalLaw {
    if (!Double.isFinite(mean) || !(std >= 0 && std < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "a normal law needs a finite mean and a finite std ≥ 0, found " + mean + " and " + std);
    }
  }

  public static NormalLaw of(double mean, double std) {
    return new NormalLaw(mean, std, 1, 0, Double.POSITIVE_INFINITY);
  }

  /// @throws IllegalArgumentException unless cut > 0
  public static NormalLaw truncated(double mean, double std, double cut) {
    if (!(cut > 0)) {
      throw new IllegalArgumentException("a cut > 0 is wanted, found " + cut);
    }
    double x = cut * 0x1.6a09e667f3bcdp-1;
    return new NormalLaw(mean, std, Normal.erf(x), Normal.erfc(x), cut);
  }

  /// What a magnitude is multiplied by, in float: scale·2⁻³¹.
  public float step() {
    return (float) scale * 0x1p-31f;
  }

  /// Half a step.
  public float halfStep() {
    return (float) scale * 0x1p-32f;
  }

  /// Smallest a, in float.
  public float floor() {
    return (float) (rest + scale * 0x1p-32);
  }

  /// Bits of the largest |z| allowed, a float not above the cut.
  public int limit() {
    float f = (float) cut;
    return Float.floatToRawIntBits(f > cut ? Math.nextDown(f) : f);
  }

  /// z from 32 random bits, in float.
  public float z32(int u) {
    int m = u ^ u >> 31;
    int k = m ^ Integer.MAX_VALUE;
    float v = Math.fma((float) m, step(), halfStep());
    float a = Math.fma((float) k, step(), floor());
    float t = a * (LIFT - a);
    if (t < TAIL) {
      return tail(u);
    }
    int bits = Float.floatToRawIntBits(t);
    float y = t - Float.intBitsToFloat(bits & 0xFFC00000 | 0x00200000);
    return signed(v * NormalTable.ratio(bits >>> 22 & 15, y), u);
  }

  /// z where t < TAIL: computed in double and rounded once.
  public float tail(int u) {
    int m = u ^ u >> 31;
    double v = scale * ((m + 0.5) * 0x1p-31);
    double a = Math.fma(scale, ((m ^ Integer.MAX_VALUE) + 0.5) * 0x1p-31, rest);
    return signed((float) Quantile.of(v, a), u);
  }

  /// Not above the cut, with the sign of u.
  private float signed(float z, int u) {
    int bits = Math.min(Float.floatToRawIntBits(z), limit());
    return Float.intBitsToFloat(bits | u & Integer.MIN_VALUE);
  }

  /// z from 64 random bits, in double.
  double z64(long u) {
    long m = u ^ u >> 63;
    long k = m ^ Long.MAX_VALUE;
    double v = Math.fma((double) m, scale * 0x1p-63, scale * 0x1p-64);
    double a = Math.fma((double) k, scale * 0x1p-63, rest + scale * 0x1p-64);
    double z = Math.min(Quantile.of(v, a), cut);
    return u < 0 ? -z : z;
  }
}
