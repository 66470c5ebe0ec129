package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class NormalTest {
  /// Σ (−1)ᵏx^{2k+1}/(k!(2k+1)) · 2/√π, fully converged for |x| ≤ 2.
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int k = 1; k < 80; k++) {
      term *= -x * x / k;
      sum += term / (2 * k + 1);
    }
    return sum * 2 / Math.sqrt(Math.PI);
  }

  /// Continued fraction of erfc for x ≥ 2 (Abramowitz & Stegun 7.1.14).
  private static double fraction(double x) {
    double t = 0;
    for (int k = 400; k > 0; k--) {
      t = k / 2.0 / (x + t);
    }
    return StrictMath.exp(-x * x) / Math.sqrt(Math.PI) / (x + t);
  }

  @Test
  void erfAgreesWithItsSeriesAndContinuedFraction() {
    for (double x = 0.01; x < 2; x += 0.0137) {
      assertEquals(series(x), Normal.erf(x), 1e-14 * Math.abs(x), "erf " + x);
      assertEquals(-Normal.erf(x), Normal.erf(-x));
    }
    for (double x = 2; x < 26; x += 0.137) {
      assertEquals(1, Normal.erfc(x) / fraction(x), 2e-13, "erfc " + x);
    }
    assertEquals(2, Normal.erfc(-30));
    assertEquals(0, Normal.erf(0));
  }

  /// scipy.special.ndtri and ndtr 1.17.
  @Test
  void quantileInvertsTheDistribution() {
    assertEquals(1.959963984540054, Normal.quantile(0.975), 1e-14);
    assertEquals(-6.361340902404056, Normal.quantile(1e-10), 1e-13);
    for (double p = 1e-300; p < 0.4; p *= 7) {
      assertEquals(1, Normal.cdf(Normal.quantile(p)) / p, 1e-11, "p = " + p);
    }
    for (double p = 0.001; p < 1; p += 0.0017) {
      assertEquals(p, Normal.cdf(Normal.quantile(p)), 4e-16 + 1e-15 * p);
    }
    assertEquals(Double.NEGATIVE_INFINITY, Normal.quantile(0));
    assertThrows(IllegalArgumentException.class, () -> Normal.quantile(1.1));
    assertThrows(IllegalArgumentException.class, () -> Normal.quantile(Double.NaN));
  }

  /// Equal thresholds at 0 have the orthant probability ¼ + asin ρ/2π; elsewhere conditional
  /// integration is the judge.
  @Test
  void bothAboveAgreesWithConditionalIntegration() {
    for (double rho : new double[] {-0.95, -0.5, 0, 0.3, 0.9, 0.999}) {
      assertEquals(0.25 + Math.asin(rho) / (2 * Math.PI), Normal.bothAbove(0, rho), 1e-14);
      for (double t : new double[] {-3, -1, 0.5, 2}) {
        double rest = Math.sqrt(1 - rho * rho);
        Fn f = Fns.compose(Fns.step(), Fns.addConst(t));
        double slow = Quadrature2.kernel(f, 0, 1, rho);
        assertEquals(slow, Normal.bothAbove(t, rho), 1e-9 / rest, "t " + t + " ρ " + rho);
      }
    }
    assertEquals(Normal.cdf(1.2), Normal.bothAbove(1.2, 1), 1e-15);
  }
}
