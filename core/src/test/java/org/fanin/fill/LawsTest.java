package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Addressed;
import org.fanin.math.Normal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Errors that docs/fill-format.md states, against [Normal] (error about 1e-16) and `StrictMath`.
class LawsTest {
  private static final NormalLaw STANDARD = NormalLaw.of(0, 1);

  /// z with P(|Z| ≤ z) = v, a = 1 − v; one Newton step on erf where the quantile has lost digits.
  private static double reference(double v, double a) {
    if (v > 0.5) {
      return -Normal.quantile(0.5 * a);
    }
    double z = Normal.quantile(0.5 + 0.5 * v);
    return z - (Normal.erf(z * Math.sqrt(0.5)) - v) / (2 * Normal.pdf(z));
  }

  @Test
  void floatNormalsAreWithinTheStatedError() {
    double worst = 0;
    double relative = 0;
    for (long m = 0; m < 1L << 31; m += m < 4000 || m > (1L << 31) - 4000 ? 1 : 4001) {
      double z = reference((m + 0.5) * 0x1p-31, ((1L << 31) - m - 0.5) * 0x1p-31);
      float found = STANDARD.z32((int) m);
      assertEquals(-found, STANDARD.z32(~(int) m), "not symmetric");
      worst = Math.max(worst, Math.abs(found - z));
      relative = Math.max(relative, Math.abs(found - z) / z);
    }
    assertTrue(worst < 5.2e-7, "absolute error " + worst);
    assertTrue(relative < 2.9e-7, "relative error " + relative);
    assertEquals(6.3379, STANDARD.z32(Integer.MAX_VALUE), 1e-4);
  }

  /// Neighbours across the seams of the table, and into the tail, do not fall by more than the
  /// error.
  @Test
  void floatNormalsGrowWithTheirBits() {
    float last = 0;
    for (long m = 0; m < 1L << 31; m += 997) {
      float z = STANDARD.z32((int) m);
      assertTrue(z > last - 8e-7f, "falls at " + m);
      last = z;
    }
  }

  @Test
  void doubleNormalsAreWithinTheStatedError() {
    double worst = 0;
    for (int i = 0; i < 300_000; i++) {
      long u = Addressed.bits(1, 2, i) >>> 1 + i % 40;
      u = i % 2 == 0 ? u : Long.MAX_VALUE - u;
      double v = ((double) u + 0.5) * 0x1p-63;
      double a = ((double) (Long.MAX_VALUE - u) + 0.5) * 0x1p-63;
      double z = reference(v, a);
      worst = Math.max(worst, Math.abs(STANDARD.z64(u) / z - 1));
    }
    assertTrue(worst < 2e-15, "relative error " + worst);
    assertEquals(9.15529, STANDARD.z64(Long.MAX_VALUE), 1e-3);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-6, 0.1, 1, 2, 3.2, 5, 40})
  void cutNormalsStayInsideAndReachTheCut(double cut) {
    NormalLaw law = NormalLaw.truncated(0, 1, cut);
    double kept = Normal.erf(cut * Math.sqrt(0.5));
    double lost = Normal.erfc(cut * Math.sqrt(0.5));
    double worst = 0;
    double wide = 0;
    for (long m = 0; m < 1L << 31; m += m < 400 || m > (1L << 31) - 400 ? 1 : 40_001) {
      double v = kept * ((m + 0.5) * 0x1p-31);
      double a = kept * (((1L << 31) - m - 0.5) * 0x1p-31) + lost;
      double z = Math.min(cut, reference(v, a));
      float found = law.z32((int) m);
      assertTrue(found <= cut && found == -law.z32(~(int) m), "at " + m);
      worst = Math.max(worst, Math.abs(found - z) / Math.min(cut, 1));
      double w = law.z64(m << 32 | 0x80000000L);
      assertTrue(w <= cut, "at " + m);
      wide = Math.max(wide, Math.abs(w - z) / Math.min(cut, 1));
    }
    assertTrue(worst < 6e-7, "error " + worst);
    // The magnitudes of both widths differ by up to 2⁻³²·cut.
    assertTrue(wide < 3e-9, "error in double " + wide);
    double largest = Math.min(cut, 6.33);
    assertTrue(law.z32(Integer.MAX_VALUE) > largest * (1 - 1e-4), "does not reach the cut");
  }

  @Test
  void scalarKernelIsTheDefinition() {
    int[] words = new int[256 * 16];
    Kernels.scalar().words(new int[8], 0, 0, 0, words, 16);
    words[0] = Integer.MIN_VALUE;
    words[1] = Integer.MAX_VALUE;
    words[2] = 0;
    words[3] = -1;
    float[] out = new float[words.length];
    for (double cut : List.of(0.3, 2.0, 3.5)) {
      NormalLaw law = NormalLaw.truncated(0.25, 3, cut);
      Kernels.scalar().normal(law, words, out, 0, out.length);
      for (int i = 0; i < out.length; i++) {
        assertEquals(Math.fma(law.z32(words[i]), 3f, 0.25f), out[i]);
      }
    }
  }

  @Test
  void uniformsAreSymmetricAndInside() {
    double[][] ranges = {
      {-1, 1}, {-0.1, 0.1}, {0, 1}, {0.1, 0.1}, {1e-3, 0.1}, {1, 1 + 1e-9}, {-3e30, 1e30}
    };
    for (double[] r : ranges) {
      UniformLaw law = UniformLaw.of(r[0], r[1]);
      for (int u : new int[] {Integer.MIN_VALUE, -1, 0, 1 << 30, Integer.MAX_VALUE}) {
        float x = law.u32(u);
        boolean none = Math.nextUp((float) r[0]) > r[1] && (float) r[0] != r[0];
        assertTrue(none || x >= r[0] && x <= r[1], x + " outside " + r[0] + " " + r[1]);
        double w = law.u64((long) u << 32);
        assertTrue(w >= r[0] && w <= r[1], w + " outside " + r[0] + " " + r[1]);
      }
    }
    UniformLaw one = UniformLaw.of(-1, 1);
    assertEquals(0x1p-24f, one.u32(255));
    assertEquals(-0x1p-24f, one.u32(-1));
    assertEquals(1 - 0x1p-24f, one.u32(Integer.MAX_VALUE));
    assertEquals(0x1p-53, one.u64(5));
  }

  @Test
  void lawsSayWhatTheyWant() {
    assertThrows(IllegalArgumentException.class, () -> NormalLaw.of(0, -1));
    assertThrows(IllegalArgumentException.class, () -> NormalLaw.of(Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> NormalLaw.truncated(0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> UniformLaw.of(1, 0));
    assertThrows(IllegalArgumentException.class, () -> UniformLaw.of(0, Double.NaN));
  }

  @Test
  void elementaryFunctionsAreWithinTwoUlps() {
    for (int i = 0; i < 400_000; i++) {
      double u = Addressed.uniform(3, 4, i);
      double x = StrictMath.exp(100 * (u - 0.5));
      near(StrictMath.log(x), Elementary.log(x), 1);
      near(StrictMath.log(0.5 + u), Elementary.log(0.5 + u), 2);
      near(StrictMath.exp(60 * u - 30), Elementary.exp(60 * u - 30), 2);
      near(StrictMath.expm1(4 * u - 2), Elementary.expm1(4 * u - 2), 3);
      near(StrictMath.expm1(1e-3 * u), Elementary.expm1(1e-3 * u), 2);
    }
    assertEquals(0, Elementary.log(1));
    assertEquals(1, Elementary.exp(0));
    assertEquals(0, Elementary.expm1(0));
  }

  private static void near(double wanted, double found, int ulps) {
    assertEquals(wanted, found, ulps * Math.ulp(wanted));
  }

  /// softplus of it gives the step back: relative error 1e-13 allows for softplus' own.
  @Test
  void timeStepsAreSoftplusInverses() {
    for (double step = 1e-8; step < 100; step *= 1.01) {
      double x = TimeSteps.inverse(step);
      double softplus = x > 30 ? x + StrictMath.exp(-x) : StrictMath.log1p(StrictMath.exp(x));
      assertEquals(step, softplus, 1e-13 * step * Math.max(1, Math.abs(x)));
    }
  }
}
