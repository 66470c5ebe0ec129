package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrderAndCutTest {
  /// theory.md §5.
  @ParameterizedTest
  @CsvSource({"1, 0, 1", "2, .56419, .68169", "4, 1.02938, .49172", "9, 1.48501, .35735"})
  void largestOfIndependent(int k, double mean, double variance) {
    assertEquals(mean, MaxOfNormals.mean(k), 5.1e-6);
    assertEquals(variance, MaxOfNormals.variance(k), 5.1e-6);
  }

  @Test
  void largestOfCorrelated() {
    MaxOfNormals.Law l = MaxOfNormals.of(4, 0.3);
    assertEquals(Math.sqrt(0.7) * MaxOfNormals.mean(4), l.mean(), 1e-14);
    assertEquals(0.3 + 0.7 * MaxOfNormals.variance(4), l.variance(), 1e-13);
    assertEquals(1, MaxOfNormals.of(9, 1).m2(), 1e-14);
    assertThrows(IllegalArgumentException.class, () -> MaxOfNormals.of(0));
    assertTrue(MaxOfNormals.mean(1e9) > 5.9 && MaxOfNormals.mean(1e9) < 6.2);
  }

  /// All shared: the variance. Some shared: 40,000 draws, five standard errors of a product of two
  /// variables of variance v are 5·v/√40000.
  @Test
  void maximaOfSetsThatShare() {
    for (int k : new int[] {2, 4, 9}) {
      assertEquals(MaxOfNormals.variance(k), MaxOfNormals.covariance(k, k), 1e-3);
      assertEquals(0, MaxOfNormals.covariance(k, 0), 0);
    }
    assertThrows(IllegalArgumentException.class, () -> MaxOfNormals.covariance(4, 5));
    int[][] cases = {{9, 3}, {9, 1}, {9, 6}, {4, 2}};
    for (int[] c : cases) {
      double mean = MaxOfNormals.mean(c[0]);
      double sum = 0;
      int draws = 40_000;
      for (int d = 0; d < draws; d++) {
        double a = -9;
        double b = -9;
        for (int i = 0; i < 2 * c[0] - c[1]; i++) {
          double z = Addressed.normal(11, d, i);
          a = i < c[0] ? Math.max(a, z) : a;
          b = i >= c[0] - c[1] ? Math.max(b, z) : b;
        }
        sum += (a - mean) * (b - mean) / draws;
      }
      double room = 5 * MaxOfNormals.variance(c[0]) / Math.sqrt(draws);
      assertEquals(sum, MaxOfNormals.covariance(c[0], c[1]), room, c[0] + ", " + c[1]);
    }
  }

  /// theory.md §1.
  @ParameterizedTest
  @CsvSource({"1, .539560", "1.5, .742647", "2, .879626", "2.5, .954597", "3, .986578"})
  void truncatedDeviation(double cut, double std) {
    assertEquals(std, TruncatedNormal.std(cut), 5.1e-7);
  }

  @Test
  void truncatedLimits() {
    assertEquals(1.8, TruncatedNormal.kurtosis(1e-3), 1e-5);
    assertEquals(3, TruncatedNormal.kurtosis(12), 1e-12);
    assertEquals(TruncatedNormal.variance(0.0999999), TruncatedNormal.variance(0.1000001), 2e-8);
    assertEquals(0.774, TruncatedNormal.variance(2), 5e-4);
    assertThrows(IllegalArgumentException.class, () -> TruncatedNormal.std(0));
  }

  @Test
  void harmonicNumbers() {
    double h = 0;
    for (int n = 1; n <= 100; n++) {
      h += 1.0 / n;
      assertEquals(h, Sums.harmonic(n), 1e-14);
    }
    assertEquals(10.0 / 8, Sums.inverseVariance(10));
    assertEquals(Double.POSITIVE_INFINITY, Sums.inverseVariance(2));
  }

  /// Fixed seed, 4.5 standard errors: false-alarm rate 3e-5 in all.
  @Test
  void addressedNumbersAreStandardNormal() {
    int n = 400_000;
    double m1 = 0;
    double m2 = 0;
    double m4 = 0;
    double lag = 0;
    double before = 0;
    for (int i = 0; i < n; i++) {
      double z = Addressed.normal(3, 4, i);
      m1 += z / n;
      m2 += z * z / n;
      m4 += z * z * z * z / n;
      lag += z * before / n;
      before = z;
    }
    double se = 1 / Math.sqrt(n);
    assertEquals(0, m1, 4.5 * se);
    assertEquals(1, m2, 4.5 * se * Math.sqrt(2));
    assertEquals(3, m4, 4.5 * se * Math.sqrt(96));
    assertEquals(0, lag, 4.5 * se);
    assertEquals(Addressed.bits(1, 2, 3), Addressed.bits(1, 2, 3));
    assertTrue(Addressed.bits(1, 2, 3) != Addressed.bits(1, 3, 2));
  }
}
