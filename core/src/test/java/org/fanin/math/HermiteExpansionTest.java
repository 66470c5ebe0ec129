package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HermiteExpansionTest {
  private static final double[] RHOS = {-0.9, -0.5, -0.1, 0.1, 0.5, 0.9, 0.99};

  static List<Fn> catalogue() {
    return Fns.all();
  }

  /// K to 3e-4 of E φ², K′ to 1e-2 (kinks of φ are jumps of φ′), 1 − c to 1% near 1; closed and
  /// smooth ones far better.
  @ParameterizedTest
  @MethodSource("catalogue")
  void kernelsAgreeWithTwoDimensionalQuadrature(Fn f) {
    for (double[] law : new double[][] {{0, 1}, {0.7, 1}, {-2, 1.5}, {0, 0.05}, {0, 5}}) {
      if (f.name().equals("sin") && law[1] == 5) {
        continue;
      }
      HermiteExpansion e = HermiteExpansion.of(f, law[0], law[1]);
      for (double rho : RHOS) {
        String at = f + " mean " + law[0] + " sd " + law[1] + " ρ " + rho;
        double k = Quadrature2.kernel(f, law[0], law[1], rho);
        assertEquals(k, e.kernel(rho), 3e-4 * e.ef2(), at);
        assertEquals(
            Quadrature2.slopeKernel(f, law[0], law[1], rho),
            e.slopeKernel(rho),
            1.2e-2 * e.slopeM2(),
            at);
        if (rho > 0) {
          assertEquals(1, e.complement(1 - rho) / (1 - k / e.ef2()), 1.5e-2, at);
        }
      }
    }
  }

  @Test
  void smoothFunctionsAreExact() {
    for (Fn f :
        List.of(
            Fns.tanh(),
            Fns.silu(),
            Fns.mish(),
            Fns.softplus(),
            Fns.sigmoid(),
            Fns.geluTanh(),
            Fns.gelu(),
            Fns.erf())) {
      HermiteExpansion e = HermiteExpansion.of(f, 0.4, 1);
      for (double rho : RHOS) {
        assertEquals(Quadrature2.kernel(f, 0.4, 1, rho), e.kernel(rho), 1e-11 * e.ef2(), f.name());
        assertEquals(
            Quadrature2.slopeKernel(f, 0.4, 1, rho),
            e.slopeKernel(rho),
            1e-9 * e.slopeM2(),
            f.name());
      }
    }
  }

  /// GELU and erf at mean 0 use Tsuchida's and Williams' closed forms; the series must agree.
  @Test
  void closedFormsAgreeWithTheSeries() {
    for (Fn f :
        List.of(Fns.gelu(), Fns.erf(), Fns.relu(), Fns.leakyRelu(0.3), Fns.sin(), Fns.exp())) {
      for (double sd : new double[] {0.3, 1, 1.7}) {
        Kernel closed = ClosedKernels.of(f, 0, sd).orElseThrow();
        HermiteKernel series = new HermiteKernel(f, 0, sd, Sampled.of(f, 0, sd));
        double bar = f.kinks().isEmpty() ? 1e-10 : 1e-5;
        for (double rho : RHOS) {
          assertEquals(closed.at(rho), series.at(rho), bar * closed.at(1), f.name() + rho);
          assertEquals(
              closed.slopeAt(rho),
              series.slopeAt(rho),
              (bar == 1e-5 ? 2e-3 : 1e-8) * closed.slopeAt(1),
              f.name() + rho);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("catalogue")
  void endsAreTheMoments(Fn f) {
    for (double[] law : new double[][] {{0, 1}, {1.3, 0.7}, {0, 30}}) {
      HermiteExpansion e = HermiteExpansion.of(f, law[0], law[1]);
      double unit = e.ef2();
      assertEquals(e.ef2(), e.kernel(1));
      assertEquals(e.ef2(), e.kernel(1 - 1e-13), 1e-4 * unit, f.name());
      assertEquals(e.mean() * e.mean(), e.kernel(0), 1e-11 * unit, f.name());
      assertEquals(e.mean() * e.mean(), e.kernel(1e-13), 1e-11 * unit, f.name());
      assertEquals(e.slopeMean() * e.slopeMean(), e.slopeKernel(0), 1e-9 * e.slopeM2(), f.name());
      assertEquals(e.slopeM2(), e.slopeKernel(1));
      assertEquals(0, e.complement(0));
    }
  }

  /// dK/dρ = sd²K′ (Price 1958) ties the two kernels together.
  @ParameterizedTest
  @MethodSource("catalogue")
  void priceTheoremHolds(Fn f) {
    double sd = 1.2;
    HermiteExpansion e = HermiteExpansion.of(f, 0.3, sd);
    for (double rho : new double[] {-0.6, 0.2, 0.7}) {
      double h = 1e-4;
      double slope = (e.kernel(rho + h) - e.kernel(rho - h)) / (2 * h);
      assertEquals(sd * sd * e.slopeKernel(rho), slope, 1e-4 * sd * sd * e.slopeM2(), f.name());
    }
  }

  @Test
  void reluAngleSurvivesTinyDistances() {
    HermiteExpansion relu = HermiteExpansion.of(Fns.relu(), 0, 1);
    for (double e : new double[] {1e-3, 1e-6, 1e-10, 1e-16, 1e-30}) {
      double expected = e * (1 - 2 * Math.sqrt(2 * e) / (3 * Math.PI));
      assertEquals(1, relu.complement(e) / expected, 2 * e + 1e-12, "e = " + e);
    }
    assertEquals(0, HermiteExpansion.of(Fns.relu(), 0, 1).kernel(-1), 1e-15);
    assertEquals(-0.25, HermiteExpansion.of(Fns.leakyRelu(0.25), 0, 1).kernel(-1), 1e-15);
  }

  @Test
  void identityAndAbsoluteValueAreSpecialHinges() {
    HermiteExpansion id = HermiteExpansion.of(Fns.abRelu(1, 1), 0, 1.5);
    HermiteExpansion abs = HermiteExpansion.of(Fns.abRelu(-1, 1), 0, 1.5);
    for (double rho : RHOS) {
      assertEquals(2.25 * rho, id.kernel(rho), 1e-14);
      double theta = Math.acos(rho);
      double expected = 2.25 * 2 / Math.PI * (Math.sin(theta) + (Math.PI / 2 - theta) * rho);
      assertEquals(expected, abs.kernel(rho), 1e-13);
      assertEquals(1 - 2 * theta / Math.PI, abs.slopeKernel(rho), 1e-13);
      assertEquals(
          1 - 2 * theta / Math.PI, HermiteExpansion.of(Fns.sign(), 0, 3).kernel(rho), 1e-13);
      assertEquals(
          0.5 - theta / (2 * Math.PI), HermiteExpansion.of(Fns.step(), 0, 3).kernel(rho), 1e-13);
    }
  }

  /// A derivative that is not given (0) must not disturb the kernel of the function itself.
  @Test
  void kernelDoesNotTrustTheDerivative() {
    Fn whole = Fns.silu();
    Fn plain =
        new Fn(
            "plain", whole.value(), _ -> 0, whole.kinks(), whole.scales(), new Fn.Form.General());
    HermiteExpansion a = HermiteExpansion.of(whole, 0, 2);
    HermiteExpansion b = HermiteExpansion.of(plain, 0, 2);
    for (double rho : RHOS) {
      assertEquals(a.kernel(rho), b.kernel(rho), 1e-9 * a.ef2());
    }
  }

  @Test
  void twoVariances() {
    double q1 = 0.5;
    double q2 = 2;
    double rho = 0.6;
    double k = rho * Math.sqrt(q1 * q2);
    double delta = Math.sqrt((1 + q1) * (1 + q2) - k * k);
    double gelu =
        k / 4
            + ((k * k + q1 * q2 * delta * delta) / ((1 + q1) * (1 + q2) * delta)
                    + k * Math.atan(k / delta))
                / (2 * Math.PI);
    double s1 = Math.sqrt(q1);
    double s2 = Math.sqrt(q2);
    assertEquals(gelu, Gaussian.kernel2(Fns.gelu(), 0, s1, 0, s2, rho), 1e-9);
    double erf = 2 / Math.PI * Math.asin(2 * k / Math.sqrt((1 + 2 * q1) * (1 + 2 * q2)));
    assertEquals(erf, Gaussian.kernel2(Fns.erf(), 0, s1, 0, s2, rho), 1e-9);
    assertEquals(
        s1 * s2 * Gaussian.kernel(Fns.relu(), 0, 1, rho),
        Gaussian.kernel2(Fns.relu(), 0, s1, 0, s2, rho),
        1e-12);
    double exp = Math.exp((q1 + q2) / 2 + k);
    assertEquals(exp, Gaussian.kernel2(Fns.exp(), 0, s1, 0, s2, rho), 1e-7);
  }

  /// Fixed seed; 200,000 pairs; |z| < 4.5 has a false-alarm rate of 7e-6 per comparison.
  @ParameterizedTest
  @MethodSource("catalogue")
  void kernelsAgreeWithMonteCarlo(Fn f) {
    double mean = 0.25;
    double sd = 1.4;
    double rho = 0.65;
    int n = 200_000;
    double sum = 0;
    double square = 0;
    for (int i = 0; i < n; i++) {
      double a = Addressed.normal(11, 1, i);
      double b = rho * a + Math.sqrt(1 - rho * rho) * Addressed.normal(11, 2, i);
      double k = f.at(mean + sd * a) * f.at(mean + sd * b);
      sum += k;
      square += k * k;
    }
    double estimate = sum / n;
    double se = Math.sqrt((square / n - estimate * estimate) / n);
    double z = (estimate - Gaussian.kernel(f, mean, sd, rho)) / se;
    assertTrue(Math.abs(z) < 4.5, f + ": z = " + z);
  }

  @Test
  void nonsenseIsRefused() {
    HermiteExpansion e = HermiteExpansion.of(Fns.tanh(), 0, 1);
    assertThrows(IllegalArgumentException.class, () -> e.kernel(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> e.complement(-0.1));
    assertEquals(e.ef2(), e.kernel(1.0000001));
  }
}
