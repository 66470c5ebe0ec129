package org.fanin.probe;

/// 31-bit words of floats that order as their magnitudes do: a float's bits without the sign, or a
/// double's upper half, with its last bit set where the lower half is not 0.
enum Words {
  SINGLE {
    @Override
    int of(double x) {
      return Float.floatToRawIntBits((float) x);
    }

    @Override
    int power(int k) {
      return k < -149 ? 1 : k < -126 ? 1 << (k + 149) : (Math.min(k, 128) + 127) << 23;
    }

    @Override
    double value(int word) {
      return Float.intBitsToFloat(word);
    }

    @Override
    int exponent(int word) {
      return word >>> 23 > 0 ? (word >>> 23) - 127 : -118 - Integer.numberOfLeadingZeros(word);
    }
  },

  DOUBLE {
    @Override
    int of(double x) {
      return ofBits(Double.doubleToRawLongBits(x));
    }

    @Override
    int power(int k) {
      return k < -1022 ? 1 : (Math.min(k, 1024) + 1023) << 20;
    }

    @Override
    double value(int word) {
      return Double.longBitsToDouble((long) word << 32);
    }

    @Override
    int exponent(int word) {
      return (word >>> 20) - 1023;
    }
  };

  /// The word of an element x ≥ 0.
  abstract int of(double x);

  /// The word of 2^k; of the smallest number or of ∞ beyond the range.
  abstract int power(int k);

  /// An element with such a word.
  abstract double value(int word);

  /// k of 2^k ≤ |x| < 2^(k + 1); for subnormal doubles −1023.
  abstract int exponent(int word);

  /// @param bits of a double that is not negative
  static int ofBits(long bits) {
    return (int) (bits >>> 32) | ((int) bits | -(int) bits) >>> 31;
  }
}
