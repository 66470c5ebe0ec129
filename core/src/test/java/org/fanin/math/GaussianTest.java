package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GaussianTest {
  /// theory.md §3, to the digits given there.
  @ParameterizedTest
  @CsvSource({
    "relu, 1.41421, 1.41421",
    "elu, 1.24520, 1.22343",
    "selu, 1.00000, .96603",
    "gelu, 1.53353, 1.48111",
    "tanh, 1.59254, 1.46741",
    "sigmoid, 1.84623, 4.72265",
    "silu, 1.67653, 1.62332",
    "softplus, 1.04187, 1.84623"
  })
  void gains(String name, double forward, double backward) {
    assertEquals(forward, Gains.forward(Fns.named(name)), 5.1e-6);
    assertEquals(backward, Gains.backward(Fns.named(name)), 5.1e-6);
  }

  @Test
  void pytorchTableIsItsOwn() {
    assertEquals(5.0 / 3, Gains.pytorch("tanh", 0));
    assertEquals(0.75, Gains.pytorch("selu", 0));
    assertEquals(Math.sqrt(2 / 1.04), Gains.pytorch("leaky_relu", 0.2));
    assertThrows(IllegalArgumentException.class, () -> Gains.pytorch("mish", 0));
  }

  /// Scale-free limit: E tanh′² = (4/3)·φ(0)/sd for large sd; 64-node Gauss–Hermite is 100% off at
  /// q = 100.
  @ParameterizedTest
  @CsvSource({"10", "100", "1e4", "1e50", "1e150"})
  void saturatedSlopesFollowTheirLaw(double sd) {
    double limit = 4.0 / 3 * Normal.INV_SQRT_2PI / sd;
    assertEquals(1, Gaussian.moments(Fns.tanh(), 0, sd).slopeM2() / limit, 2 / (sd * sd) + 1e-12);
    double inside = Normal.erf(1 / sd / Math.sqrt(2));
    assertEquals(1, Gaussian.moments(Fns.hardTanh(), 0, sd).slopeM2() / inside, 1e-12);
  }

  /// tanh at q = 100 by 200,000-point midpoint summation.
  @Test
  void tanhAtHundredAgreesWithBruteForce() {
    double f2 = 0;
    double s2 = 0;
    double h = 24.0 / 200_000;
    for (int i = 0; i < 200_000; i++) {
      double z = -12 + (i + 0.5) * h;
      double w = h * Normal.pdf(z);
      double t = StrictMath.tanh(10 * z);
      f2 += w * t * t;
      s2 += w * (1 - t * t) * (1 - t * t);
    }
    Moments m = Gaussian.moments(Fns.tanh(), 0, 10);
    assertEquals(1, m.ef2() / f2, 1e-12);
    assertEquals(1, m.slopeM2() / s2, 1e-12);
  }

  @Test
  void extremesStayNumbers() {
    for (Fn f : Fns.all()) {
      for (double sd : new double[] {1e-150, 1e-100, 1e-8, 1e8, 1e100, 1e150}) {
        Moments m = Gaussian.moments(f, 0, sd);
        assertFalse(Double.isNaN(m.ef2() + m.slopeM2() + m.mean() + m.lnEf2()), f + " at " + sd);
        HermiteExpansion e = HermiteExpansion.of(f, 0, sd);
        double c = e.cosine(0.5);
        assertTrue(c >= -1 && c <= 1, f + " at " + sd + ": " + c);
        assertFalse(Double.isNaN(e.slopeKernel(0.5)), f + " at " + sd);
      }
    }
    assertEquals(1e-200, Gaussian.moments(Fns.tanh(), 0, 1e-100).ef2(), 1e-213);
    assertEquals(0.5, HermiteExpansion.of(Fns.tanh(), 0, 1e-100).cosine(0.5), 1e-12);
  }

  /// Closed forms of theory.md §3 against the quadrature that everything else uses.
  @Test
  void closedFormsAgreeWithQuadrature() {
    for (double sd : new double[] {0.1, 1, 3}) {
      for (double mean : new double[] {0, 0.8 * sd, -1.5 * sd}) {
        for (Fn f :
            List.of(
                Fns.relu(),
                Fns.leakyRelu(0.2),
                Fns.abs(),
                Fns.affine(2, -1),
                Fns.sin(),
                Fns.cos(),
                Fns.exp())) {
          agree(f, Gaussian.moments(f, mean, sd), Sampled.of(f, mean, sd).moments());
        }
      }
      double q = sd * sd;
      Moments elu = Gaussian.moments(Fns.elu(1), 0, sd);
      double once = Math.exp(q / 2) * Normal.cdf(-sd);
      double twice = Math.exp(2 * q) * Normal.cdf(-2 * sd);
      assertEquals(Math.sqrt(q / (2 * Math.PI)) + once - 0.5, elu.mean(), 1e-12);
      assertEquals(q / 2 + twice - 2 * once + 0.5, elu.ef2(), 1e-12);
      assertEquals(0.5 + twice, elu.slopeM2(), 1e-12);
      assertEquals(
          q / Math.sqrt(2 * Math.PI * (1 + q)), Gaussian.moments(Fns.gelu(), 0, sd).mean(), 1e-12);
      assertEquals((1 - Math.exp(-2 * q)) / 2, Gaussian.moments(Fns.sin(), 0, sd).ef2(), 1e-14);
    }
  }

  private static void agree(Fn f, Moments a, Moments b) {
    double unit = Math.sqrt(a.ef2());
    assertEquals(a.mean(), b.mean(), 1e-12 * unit, f.name());
    assertEquals(a.ef2(), b.ef2(), 1e-12 * a.ef2(), f.name());
    assertEquals(a.variance(), b.variance(), 1e-11 * a.ef2(), f.name());
    assertEquals(a.slopeMean(), b.slopeMean(), 1e-12 * Math.sqrt(a.slopeM2()), f.name());
    assertEquals(a.slopeM2(), b.slopeM2(), 1e-12 * a.slopeM2(), f.name());
    assertEquals(a.zf(), b.zf(), 1e-11 * unit, f.name());
    assertEquals(a.kurtosis(), b.kurtosis(), 1e-9 * a.kurtosis(), f.name());
    assertEquals(a.slopeKurtosis(), b.slopeKurtosis(), 1e-9 * a.slopeKurtosis(), f.name());
  }

  /// Twice as many panels change nothing: scale marks between the others split every panel.
  @Test
  void doublingThePanelsChangesNothing() {
    for (Fn f : Fns.all()) {
      for (double sd :
          f.form() instanceof Fn.Form.Sine
              ? new double[] {0.05, 1}
              : new double[] {0.05, 1, 20, 1e3}) {
        var kinks = new java.util.TreeSet<>(f.kinks());
        for (int i = -80; i < 80; i++) {
          kinks.add((i + 0.37) * sd / 10);
          kinks.add(i * 0.31);
        }
        Fn split =
            new Fn(f.name(), f.value(), f.derivative(), List.copyOf(kinks), f.scales(), f.form());
        Moments a = Sampled.of(f, 0, sd).moments();
        Moments b = Sampled.of(split, 0, sd).moments();
        assertEquals(1, a.ef2() / b.ef2(), 1e-12, f + " at " + sd);
        assertEquals(
            1,
            a.slopeM2() / b.slopeM2(),
            f.name().equals("softsign") ? 1e-9 : 1e-11,
            f + " at " + sd);
      }
    }
  }

  @Test
  void whatIsNotDefinedIsSaid() {
    assertEquals(Double.POSITIVE_INFINITY, Gaussian.moments(Fns.reciprocal(), 0, 1).ef2());
    assertEquals(Double.POSITIVE_INFINITY, Gaussian.moments(Fns.rsqrt(), 1, 1).ef2());
    assertEquals(0.5, Gaussian.moments(Fns.sqrt(), 0, 1).undefined(), 1e-9);
    assertEquals(1, Gaussian.moments(Fns.log(), -50, 1).undefined());
    Moments safe = Gaussian.moments(Fns.reciprocal(), 10, 0.5);
    assertEquals(0.01 * (1 + 3 * 0.0025), safe.ef2(), 2e-6);
    assertThrows(IllegalArgumentException.class, () -> Gaussian.moments(Fns.relu(), 0, -1));
    assertThrows(IllegalArgumentException.class, () -> Gaussian.moments(Fns.relu(), Double.NaN, 1));
    assertEquals(4, Gaussian.moments(Fns.square(), 2, 0).mean());
  }

  @Test
  void fastGrowthWidensTheRange() {
    double q = 9;
    assertEquals(1, Gaussian.moments(Fns.cosh(), 0, 3).ef2() / ((Math.exp(2 * q) + 1) / 2), 1e-11);
    assertEquals(105 * 1e8, Gaussian.moments(Fns.pow(4), 0, 10).ef2(), 1e-2);
  }
}
