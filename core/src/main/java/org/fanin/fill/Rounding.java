package org.fanin.fill;

/// From float to narrower types: to nearest, ties to even; or stochastically, up with a probability
/// equal to the fraction that is cut off, decided by 32 random bits. bf16 and f16 overflow to
/// infinity as IEEE 754 has it; the 8-bit types saturate at their largest finite number (448 and
/// 57344), as the Open Compute Project's OFP8 specification (2023) allows. NaN does not occur.
final class Rounding {
  /// A binary format with an implicit leading bit and gradual underflow.
  ///
  /// @param mantissa bits after the point
  /// @param emin exponent of the smallest normal number
  /// @param largest code of the largest magnitude that is not exceeded
  /// @param sign code of the sign bit
  private record Format(int mantissa, int emin, int largest, int sign) {
    /// Nearest even where `random` is negative, else stochastic.
    int code(float x, long random) {
      double size = Math.abs((double) x);
      int e = Math.max(Math.getExponent(size), emin);
      if (e > 127) {
        return largest | (x < 0 ? sign : 0);
      }
      double scaled = size * power(mantissa - e);
      long n = random < 0 ? (long) Math.rint(scaled) : up(scaled, random);
      long code = Math.min(((long) (e - emin) << mantissa) + n, largest);
      return (int) code | (Float.floatToRawIntBits(x) < 0 ? sign : 0);
    }

    private static long up(double scaled, long random) {
      long n = (long) scaled;
      return n + ((long) ((scaled - n) * 0x1p32) + random >>> 32);
    }

    private static double power(int e) {
      return Double.longBitsToDouble(e + 1023L << 52);
    }
  }

  private static final Format BF16 = new Format(7, -126, 0x7F80, 0x8000);
  private static final Format F16 = new Format(10, -14, 0x7C00, 0x8000);
  private static final Format E4M3 = new Format(3, -6, 0x7E, 0x80);
  private static final Format E5M2 = new Format(2, -14, 0x7B, 0x80);

  private Rounding() {}

  static short bf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }

  static short f16(float x) {
    return Float.floatToFloat16(x);
  }

  static byte e4m3(float x) {
    return (byte) E4M3.code(x, -1);
  }

  static byte e5m2(float x) {
    return (byte) E5M2.code(x, -1);
  }

  static short bf16(float x, int random) {
    return (short) BF16.code(x, random & 0xFFFFFFFFL);
  }

  static short f16(float x, int random) {
    return (short) F16.code(x, random & 0xFFFFFFFFL);
  }

  static byte e4m3(float x, int random) {
    return (byte) E4M3.code(x, random & 0xFFFFFFFFL);
  }

  static byte e5m2(float x, int random) {
    return (byte) E5M2.code(x, random & 0xFFFFFFFFL);
  }
}
