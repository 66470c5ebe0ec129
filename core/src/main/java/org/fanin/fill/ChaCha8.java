package org.fanin.fill;

/// The ChaCha stream cipher with 8 rounds and a 256-bit key (Bernstein 2008, "ChaCha, a variant of
/// Salsa20"), as a random function of (key, counter, purpose, number). Djb's layout of the state:
/// constants in words 0–3, key in 4–11, a 64-bit block counter in 12 and 13 (low word first), a
/// 64-bit nonce in 14 and 15.
public final class ChaCha8 {
  static final int C0 = 0x61707865;
  static final int C1 = 0x3320646e;
  static final int C2 = 0x79622d32;
  static final int C3 = 0x6b206574;

  private ChaCha8() {}

  /// One block of 16 words.
  ///
  /// @param key8 256-bit key as eight little-endian words
  /// @param counter block number, all 64 bits used
  /// @param purpose nonce, word 14
  /// @param number nonce, word 15
  /// @param out16 receives the 16 words; as bytes they are little-endian
  public static void block(int[] key8, long counter, int purpose, int number, int[] out16) {
    block(key8, counter, purpose, number, out16, 0, 1);
  }

  /// The same into every `stride`-th place. The 16 words are locals, so that the compiler keeps
  /// them in registers: hence the length.
  static void block(
      int[] key8, long counter, int purpose, int number, int[] out, int at, int stride) {
    int low = (int) counter;
    int high = (int) (counter >>> 32);
    int x0 = C0;
    int x1 = C1;
    int x2 = C2;
    int x3 = C3;
    int x4 = key8[0];
    int x5 = key8[1];
    int x6 = key8[2];
    int x7 = key8[3];
    int x8 = key8[4];
    int x9 = key8[5];
    int x10 = key8[6];
    int x11 = key8[7];
    int x12 = low;
    int x13 = high;
    int x14 = purpose;
    int x15 = number;
    for (int pair = 0; pair < 4; pair++) {
      x0 += x4;
      x12 = Integer.rotateLeft(x12 ^ x0, 16);
      x8 += x12;
      x4 = Integer.rotateLeft(x4 ^ x8, 12);
      x0 += x4;
      x12 = Integer.rotateLeft(x12 ^ x0, 8);
      x8 += x12;
      x4 = Integer.rotateLeft(x4 ^ x8, 7);
      x1 += x5;
      x13 = Integer.rotateLeft(x13 ^ x1, 16);
      x9 += x13;
      x5 = Integer.rotateLeft(x5 ^ x9, 12);
      x1 += x5;
      x13 = Integer.rotateLeft(x13 ^ x1, 8);
      x9 += x13;
      x5 = Integer.rotateLeft(x5 ^ x9, 7);
      x2 += x6;
      x14 = Integer.rotateLeft(x14 ^ x2, 16);
      x10 += x14;
      x6 = Integer.rotateLeft(x6 ^ x10, 12);
      x2 += x6;
      x14 = Integer.rotateLeft(x14 ^ x2, 8);
      x10 += x14;
      x6 = Integer.rotateLeft(x6 ^ x10, 7);
      x3 += x7;
      x15 = Integer.rotateLeft(x15 ^ x3, 16);
      x11 += x15;
      x7 = Integer.rotateLeft(x7 ^ x11, 12);
      x3 += x7;
      x15 = Integer.rotateLeft(x15 ^ x3, 8);
      x11 += x15;
      x7 = Integer.rotateLeft(x7 ^ x11, 7);
      x0 += x5;
      x15 = Integer.rotateLeft(x15 ^ x0, 16);
      x10 += x15;
      x5 = Integer.rotateLeft(x5 ^ x10, 12);
      x0 += x5;
      x15 = Integer.rotateLeft(x15 ^ x0, 8);
      x10 += x15;
      x5 = Integer.rotateLeft(x5 ^ x10, 7);
      x1 += x6;
      x12 = Integer.rotateLeft(x12 ^ x1, 16);
      x11 += x12;
      x6 = Integer.rotateLeft(x6 ^ x11, 12);
      x1 += x6;
      x12 = Integer.rotateLeft(x12 ^ x1, 8);
      x11 += x12;
      x6 = Integer.rotateLeft(x6 ^ x11, 7);
      x2 += x7;
      x13 = Integer.rotateLeft(x13 ^ x2, 16);
      x8 += x13;
      x7 = Integer.rotateLeft(x7 ^ x8, 12);
      x2 += x7;
      x13 = Integer.rotateLeft(x13 ^ x2, 8);
      x8 += x13;
      x7 = Integer.rotateLeft(x7 ^ x8, 7);
      x3 += x4;
      x14 = Integer.rotateLeft(x14 ^ x3, 16);
      x9 += x14;
      x4 = Integer.rotateLeft(x4 ^ x9, 12);
      x3 += x4;
      x14 = Integer.rotateLeft(x14 ^ x3, 8);
      x9 += x14;
      x4 = Integer.rotateLeft(x4 ^ x9, 7);
    }
    out[at] = x0 + C0;
    out[at + stride] = x1 + C1;
    out[at + 2 * stride] = x2 + C2;
    out[at + 3 * stride] = x3 + C3;
    out[at + 4 * stride] = x4 + key8[0];
    out[at + 5 * stride] = x5 + key8[1];
    out[at + 6 * stride] = x6 + key8[2];
    out[at + 7 * stride] = x7 + key8[3];
    out[at + 8 * stride] = x8 + key8[4];
    out[at + 9 * stride] = x9 + key8[5];
    out[at + 10 * stride] = x10 + key8[6];
    out[at + 11 * stride] = x11 + key8[7];
    out[at + 12 * stride] = x12 + low;
    out[at + 13 * stride] = x13 + high;
    out[at + 14 * stride] = x14 + purpose;
    out[at + 15 * stride] = x15 + number;
  }
}
