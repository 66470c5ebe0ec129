package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntFunction;
import org.fanin.math.Addressed;
import org.junit.jupiter.api.Test;

/// Rounding, against the list of all numbers that a type has.
class RoundingTest {
  interface Nearest {
    int code(float x);
  }

  interface Stochastic {
    int code(float x, int random);
  }

  private static float e4m3(int code) {
    int e = code >> 3 & 15;
    float m = code & 7;
    float x = e == 0 ? m * 0x1p-9f : (8 + m) * Math.scalb(1f, e - 10);
    return (code & 0x80) == 0 ? x : -x;
  }

  private static float e5m2(int code) {
    return Float.float16ToFloat((short) (code << 8));
  }

  @Test
  void nearestEven() {
    nearest(0x7E, 1, 0x80, RoundingTest::e4m3, x -> Rounding.e4m3(x) & 0xFF);
    nearest(0x7B, 1, 0x80, RoundingTest::e5m2, x -> Rounding.e5m2(x) & 0xFF);
    nearest(0x7BFF, 7, 0x8000, c -> Float.float16ToFloat((short) c), x -> Rounding.f16(x) & 0xFFFF);
    nearest(0x7F7F, 7, 0x8000, c -> Float.intBitsToFloat(c << 16), x -> Rounding.bf16(x) & 0xFFFF);
  }

  /// Every number, every middle between two, and the floats next to the middle.
  private static void nearest(
      int largest, int every, int sign, IntFunction<Float> value, Nearest rounding) {
    for (int c = 0; c < largest; c += every) {
      float low = value.apply(c);
      float high = value.apply(c + 1);
      float middle = (float) (0.5 * low + 0.5 * high);
      assertEquals(c, rounding.code(low), "exact");
      assertEquals(c + sign, rounding.code(-low), "minus");
      if ((double) middle == 0.5 * low + 0.5 * high) {
        assertEquals(c + (c & 1), rounding.code(middle), "tie at " + middle);
        assertEquals(c, rounding.code(Math.nextDown(middle)), "below " + middle);
        assertEquals(c + 1, rounding.code(Math.nextUp(middle)), "above " + middle);
      }
    }
  }

  @Test
  void overflow() {
    assertEquals(448, e4m3(Rounding.e4m3(1e30f)));
    assertEquals(-448, e4m3(Rounding.e4m3(-465f) & 0xFF));
    assertEquals(448, e4m3(Rounding.e4m3(Float.POSITIVE_INFINITY)));
    assertEquals(57344, e5m2(Rounding.e5m2(61441f)));
    assertEquals(57344, e5m2(Rounding.e5m2(65000f, -1)));
    assertEquals(448, e4m3(Rounding.e4m3(460f, -1)));
    assertEquals((short) 0x7C00, Rounding.f16(65520f));
    assertEquals((short) 0x7C00, Rounding.f16(65519f, -1));
    assertEquals((short) 0x7F80, Rounding.bf16(Float.MAX_VALUE));
  }

  /// Up exactly when fraction + random·2⁻³² ≥ 1.
  @Test
  void stochasticRoundingAddsBitsBelowTheMantissa() {
    float x = 1 + 0x1p-7f * 0.25f;
    assertEquals(0x3F80, Rounding.bf16(x, 0));
    assertEquals(0x3F80, Rounding.bf16(x, 0xBFFFFFFF));
    assertEquals(0x3F81, Rounding.bf16(x, 0xC0000000));
    assertEquals(0x3F80, Rounding.bf16(1f, -1));
    assertEquals((short) 0xBF81, Rounding.bf16(-x, -1));
    for (int i = 0; i < 100_000; i++) {
      int bits = (int) Addressed.bits(1, 1, i) & 0xBFFFFFFF;
      int random = (int) Addressed.bits(1, 2, i);
      int plain = bits + (random >>> 16) >>> 16;
      if ((bits & 0x7F800000) != 0) {
        assertEquals((short) plain, Rounding.bf16(Float.intBitsToFloat(bits), random));
      }
    }
  }

  /// z < 5 over 8 statistics: false alarm 5e-6.
  @Test
  void stochasticRoundingKeepsTheMean() {
    mean(0.3f, (x, r) -> Rounding.e4m3(x, r), RoundingTest::e4m3);
    mean(0.0011f, (x, r) -> Rounding.e4m3(x, r), RoundingTest::e4m3);
    mean(-33.3f, (x, r) -> Rounding.e5m2(x, r) & 0xFF, RoundingTest::e5m2);
    mean(3e-5f, (x, r) -> Rounding.e5m2(x, r), RoundingTest::e5m2);
    mean(0.1f, (x, r) -> Rounding.f16(x, r), c -> Float.float16ToFloat((short) c));
    mean(1e-6f, (x, r) -> Rounding.f16(x, r), c -> Float.float16ToFloat((short) c));
    mean(0.7f, (x, r) -> Rounding.bf16(x, r), c -> Float.intBitsToFloat(c << 16));
    mean(1e-40f, (x, r) -> Rounding.bf16(x, r), c -> Float.intBitsToFloat(c << 16));
  }

  private static void mean(float x, Stochastic rounding, IntFunction<Float> value) {
    int n = 100_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double e = (double) value.apply(rounding.code(x, (int) Addressed.bits(9, 9, i))) - x;
      sum += e;
      squares += e * e;
    }
    double z = sum / Math.sqrt(squares);
    assertTrue(squares > 0 && Math.abs(z) < 5, "z = " + z + " at " + x);
  }
}
