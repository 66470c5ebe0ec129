package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SoftmaxMomentsTest {
  /// Running mean and standard error.
  private static final class Estimate {
    private double sum;
    private double square;
    private int n;

    void add(double x) {
      sum += x;
      square += x * x;
      n++;
    }

    /// z-score of `predicted`, with an allowance for the integral's own error.
    void check(double predicted, double tolerance, String what) {
      double mean = sum / n;
      double se =
          Math.sqrt(Math.max(0, square / n - mean * mean) / n)
              + (tolerance * Math.abs(mean) + tolerance / 100) / 4.5;
      assertTrue(
          Math.abs(mean - predicted) < 4.5 * se,
          what + ": drawn " + mean + " ± " + se + ", formula " + predicted);
    }
  }

  private static double[] softmax(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double v : x) {
      max = Math.max(max, v);
    }
    double z = 0;
    double[] a = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      a[i] = StrictMath.exp(x[i] - max);
      z += a[i];
    }
    for (int i = 0; i < a.length; i++) {
      a[i] /= z;
    }
    return a;
  }

  /// 4.5 standard errors: false-alarm rate 7e-6 per comparison.
  @ParameterizedTest
  @CsvSource({"2,.5", "2,8", "7,1", "7,1.3", "64,2", "64,12", "700,.7", "700,3.5", "700,30"})
  void agreesWithDraws(int keys, double s) {
    int draws = 1_000_000 / keys / 4;
    double rho = 0.8;
    Estimate i = new Estimate();
    Estimate pair = new Estimate();
    Estimate opposite = new Estimate();
    Estimate jacobian = new Estimate();
    Estimate logs = new Estimate();
    Estimate entropy = new Estimate();
    for (int k = 0; k < draws; k++) {
      double[] x = new double[keys];
      double[] y = new double[keys];
      double[] w = new double[keys];
      for (int j = 0; j < keys; j++) {
        double a = Addressed.normal(5, 1, (long) k * keys + j);
        double b = Addressed.normal(5, 2, (long) k * keys + j);
        x[j] = s * a;
        y[j] = s * (rho * a + Math.sqrt(1 - rho * rho) * b);
        w[j] = s * (-0.4 * a + Math.sqrt(1 - 0.16) * b);
      }
      double[] a = softmax(x);
      double[] b = softmax(y);
      double[] c = softmax(w);
      double s2 = 0;
      double s3 = 0;
      double both = 0;
      double against = 0;
      double log = 0;
      double h = 0;
      for (int j = 0; j < keys; j++) {
        s2 += a[j] * a[j];
        s3 += a[j] * a[j] * a[j];
        both += a[j] * b[j];
        against += a[j] * c[j];
        double lnA = a[j] > 0 ? StrictMath.log(a[j]) : Double.NaN;
        log += lnA * lnA / keys;
        h -= a[j] > 0 ? a[j] * lnA : 0;
      }
      i.add(s2);
      pair.add(both);
      opposite.add(against);
      jacobian.add(s2 - 2 * s3 + s2 * s2);
      logs.add(log);
      entropy.add(h);
    }
    String at = " at T = " + keys + ", s = " + s;
    i.check(SoftmaxMoments.concentration(keys, s), 1e-7, "I" + at);
    pair.check(SoftmaxMoments.pairConcentration(keys, s, rho), 1e-3, "pair" + at);
    opposite.check(SoftmaxMoments.pairConcentration(keys, s, -0.4), 1e-3, "opposite" + at);
    jacobian.check(SoftmaxMoments.jacobianM2(keys, s), 1e-6, "J" + at);
    entropy.check(SoftmaxMoments.entropy(keys, s), 1e-5, "H" + at);
    logs.check(SoftmaxMoments.logSoftmaxM2(keys, s), 1e-6, "log-softmax" + at);
  }

  @Test
  void limitsAreExact() {
    assertEquals(0.25, SoftmaxMoments.concentration(4, 0), 1e-9);
    assertEquals(1, SoftmaxMoments.concentration(1, 5));
    assertEquals(1, SoftmaxMoments.concentration(100, 1e6), 1e-4);
    double small = 0.05;
    assertEquals(Math.exp(small * small) / 1e6, SoftmaxMoments.concentration(1e6, small), 1e-12);
    assertEquals(Math.log(50), SoftmaxMoments.logSumExp(50, 0).mean(), 1e-7);
    assertEquals(Math.log(50), SoftmaxMoments.entropy(50, 0), 1e-7);
    assertEquals(0, SoftmaxMoments.entropy(1, 3));
    for (int t : new int[] {2, 3, 50}) {
      // the series meets the integral at .1, whose slope is −.1(1 − 1/T)
      double jump = SoftmaxMoments.entropy(t, 0.1) - SoftmaxMoments.entropy(t, 0.1 - 1e-9);
      assertEquals(0, jump, 2e-6, "T = " + t);
    }
    assertEquals(0, SoftmaxMoments.entropy(50, 1e6), 1e-4);
    // two keys differ by d ~ N(0, 2s²), and ∫H dd = π²/3
    assertEquals(
        Math.PI * Math.PI / (3 * Math.sqrt(4 * Math.PI) * 25), SoftmaxMoments.entropy(2, 25), 1e-4);
    assertEquals(Math.log(50) * Math.log(50), SoftmaxMoments.logSoftmaxM2(50, 0), 1e-5);
    double agree = 0.5 + Math.asin(0.5) / Math.PI;
    assertEquals(agree, SoftmaxMoments.pairConcentration(2, 40, 0.5), 1e-3);
    assertThrows(IllegalArgumentException.class, () -> SoftmaxMoments.concentration(0, 1));
    assertThrows(IllegalArgumentException.class, () -> SoftmaxMoments.concentration(3, Double.NaN));
  }

  @Test
  void causalIsTheAverageOverQueries() {
    for (double s : new double[] {0.3, 2, 9}) {
      double sum = 0;
      double pairs = 0;
      int n = 12;
      for (int t = 1; t <= n; t++) {
        sum += SoftmaxMoments.concentration(t, s) / n;
        pairs += SoftmaxMoments.pairConcentration(t, s, 0.6) / n;
      }
      assertEquals(1, SoftmaxMoments.causalConcentration(n, s) / sum, 1e-6, "s = " + s);
      assertEquals(1, SoftmaxMoments.causalPairConcentration(n, s, 0.6) / pairs, 1e-3, "s = " + s);
    }
  }

  /// Smooth across the change of method at s = 1.2 and of law at s = 60; increasing in s and ρ.
  @Test
  void smoothAndMonotone() {
    for (int keys : new int[] {2, 100, 4096}) {
      double before = 0;
      for (double s = 0.02; s < 80; s *= 1.07) {
        double now = SoftmaxMoments.concentration(keys, s);
        assertTrue(now > before, "s = " + s);
        before = now;
      }
      double step =
          SoftmaxMoments.concentration(keys, 1.2001) / SoftmaxMoments.concentration(keys, 1.1999);
      assertEquals(1, step, 6e-4);
      assertEquals(
          SoftmaxMoments.concentration(keys, 59.9), SoftmaxMoments.concentration(keys, 60.1), 1e-3);
      double last = 0;
      for (double rho = -1; rho <= 1; rho += 0.1) {
        double now = SoftmaxMoments.pairConcentration(keys, 2.5, Math.min(1, rho));
        assertTrue(now > last, keys + " keys, ρ = " + rho);
        last = now;
      }
    }
  }

  /// d/dρ of the pair overlap at ρ = 1 is s²·E‖J‖², at 0 s²(1 − I)²/(T − 1): Price's theorem ties
  /// the double integral to the single ones.
  @Test
  void slopesOfThePairOverlap() {
    for (double s : new double[] {0.5, 2}) {
      int keys = 20;
      double i = SoftmaxMoments.concentration(keys, s);
      double h = 0.05;
      double near = SoftmaxMoments.pairConcentration(keys, s, 1 - h);
      double far = SoftmaxMoments.pairConcentration(keys, s, 1 - 2 * h);
      double atOne = (3 * i - 4 * near + far) / (2 * h);
      assertEquals(1, atOne / (s * s * SoftmaxMoments.jacobianM2(keys, s)), 2e-2);
      double atZero =
          (SoftmaxMoments.pairConcentration(keys, s, 0.01)
                  - SoftmaxMoments.pairConcentration(keys, s, -0.01))
              / 0.02;
      assertEquals(1, atZero / (s * s * (1 - i) * (1 - i) / (keys - 1)), 1e-2);
    }
  }

  /// ln V + s²/2 for small s; simulated within 5 standard errors elsewhere (false alarm 6e-7 each).
  @Test
  void logSumIsTheMeanLogPartitionFunction() {
    assertEquals(Math.log(1000) + .02, SoftmaxMoments.logSum(1000, .2), 1e-4);
    assertEquals(Math.log(7), SoftmaxMoments.logSum(7, 0), 1e-12);
    int v = 50;
    int draws = 4000;
    for (double s : new double[] {1, 3, 10}) {
      double sum = 0;
      double squares = 0;
      for (int k = 0; k < draws; k++) {
        double z = 0;
        for (int i = 0; i < v; i++) {
          z += Math.exp(s * Addressed.normal(1, k, i));
        }
        sum += Math.log(z);
        squares += Math.log(z) * Math.log(z);
      }
      double mean = sum / draws;
      double error = Math.sqrt((squares / draws - mean * mean) / draws);
      assertEquals(mean, SoftmaxMoments.logSum(v, s), 5 * error, "s = " + s);
    }
  }
}
