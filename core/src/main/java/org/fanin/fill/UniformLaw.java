package org.fanin.fill;

/// U(low, high) as a function from random bits to a number: mid + s·half with s = (2n + 1)·2⁻²⁴ for
/// the signed top 24 bits n of a word (2⁻⁵³ and 53 bits in double), rounded once.
///
/// In float the interval is that between the outermost floats inside [low, high], so that every
/// element is inside; where there is none, all elements are the float nearest to the middle.
///
/// @param mid in float
/// @param half in float
/// @param wideMid in double
/// @param wideHalf in double
public record UniformLaw(float mid, float half, double wideMid, double wideHalf) {
  /// @throws IllegalArgumentException unless low ≤ high, both finite and at most half the largest
  ///   float
  public static UniformLaw of(double low, double high) {
    if (!(low <= high) || Math.max(Math.abs(low), Math.abs(high)) > 0.5 * Float.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a uniform law needs low ≤ high, both of modest size, found " + low + " and " + high);
    }
    double wideMid = 0.5 * low + 0.5 * high;
    double wideHalf = Math.min(high - wideMid, wideMid - low);
    float bottom = (float) low;
    bottom = bottom < low ? Math.nextUp(bottom) : bottom;
    float top = (float) high;
    top = top > high ? Math.nextDown(top) : top;
    if (bottom > top) {
      return new UniformLaw((float) wideMid, 0, wideMid, wideHalf);
    }
    float mid = (float) (0.5 * bottom + 0.5 * top);
    double room = Math.min((double) top - mid, (double) mid - bottom);
    float half = (float) room;
    return new UniformLaw(mid, half > room ? Math.nextDown(half) : half, wideMid, wideHalf);
  }

  /// Half the width of a step: half·2⁻²⁴.
  public float step() {
    return half * 0x1p-24f;
  }

  float u32(int u) {
    return Math.fma((float) (u >> 7 | 1), step(), mid);
  }

  double u64(long u) {
    return Math.fma((double) (u >> 10 | 1), wideHalf * 0x1p-53, wideMid);
  }
}
