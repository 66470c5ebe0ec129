package org.fanin.spectrum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.spectrum.JacobianSpectrum.Extremes;
import org.fanin.spectrum.JacobianSpectrum.Method;
import org.fanin.spectrum.JacobianSpectrum.Unit;
import org.junit.jupiter.api.Test;

class SpectraTest {
  private static final SpectrumSettings STANDARD = SpectrumSettings.standard();
  private static final SpectrumSettings LANCZOS = STANDARD.withExact(0);

  private static JacobianSpectrum of(Linearised l, long batch, SpectrumSettings s) {
    return Spectra.jacobian(l, batch, s, ProbeListener.none()).known().orElseThrow();
  }

  private static double[] geometric(int n, double from, double to) {
    return IntStream.range(0, n)
        .mapToDouble(i -> from * Math.pow(to / from, i / (n - 1.0)))
        .toArray();
  }

  @Test
  void knownSingularValues() {
    double[] a = geometric(20, 3, 0.01);
    double[] b = geometric(20, 5, 1);
    JacobianSpectrum s = of(Plain.of(Plain.with(a, 50, 1), Plain.with(b, 50, 2)), 2, STANDARD);
    assertEquals(Method.EXACT, s.method());
    assertEquals(Unit.SAMPLE, s.unit());
    assertEquals(22, s.passes(), "20 rows, and 2 to see that samples are alone");
    assertEquals(3, s.matrices().get(0).largest(), 1e-13);
    assertEquals(0.01, s.matrices().get(0).smallest(), 1e-14);
    assertEquals(5, s.matrices().get(1).condition(), 1e-12);
    assertEquals(300, s.worst().condition(), 1e-9);
    double squares =
        Arrays.stream(a).map(x -> x * x).sum() + Arrays.stream(b).map(x -> x * x).sum();
    assertEquals(squares / 40, Math.exp(s.lnMeanSquare().value()), 1e-12);
    assertEquals(1, s.density().shares().stream().mapToDouble(x -> x).sum(), 1e-12);
    JacobianSpectrum tall = of(Plain.of(Plain.transposed(Plain.with(a, 50, 1))), 1, STANDARD);
    assertEquals(300, tall.worst().condition(), 1e-9);
    assertEquals(20, tall.passes());
  }

  /// One-sided Jacobi keeps what the products with J kept: σ to about 1e-16 of the largest.
  @Test
  void illConditioned() {
    double[] s = geometric(40, 1e5, 1e-6);
    Extremes e = of(Plain.of(Plain.with(s, 60, 3)), 1, STANDARD).worst();
    assertEquals(0, e.zeros());
    assertEquals(1e-6, e.smallest(), 1e-9, "1e-14 of the largest");
    s[39] = 0;
    s[38] = 0;
    Extremes singular = of(Plain.of(Plain.with(s, 60, 3)), 1, STANDARD).worst();
    assertEquals(2, singular.zeros());
    assertEquals(Double.POSITIVE_INFINITY, singular.condition());
    assertEquals(1e5 / s[37], singular.conditionOfRest(), 1e-2 * 1e5 / s[37]);
  }

  @Test
  void farOutsideTheRangeOfSquares() {
    for (double scale : new double[] {1e-200, 1e200}) {
      double[] v = geometric(12, 4 * scale, scale);
      for (SpectrumSettings how : List.of(STANDARD, LANCZOS)) {
        JacobianSpectrum s = of(Plain.of(Plain.with(v, 12, 4)), 1, how);
        assertEquals(4, s.worst().condition(), 1e-10);
        double ln =
            2 * Math.log(scale)
                + Math.log(Arrays.stream(v).map(x -> x / scale * x / scale).sum() / 12);
        // 5 standard errors of 6 probes; the seed is fixed.
        assertEquals(ln, s.lnMeanSquare().value(), 1e-10 + 5 * s.lnMeanSquare().probeError());
        assertTrue(Double.isFinite(s.relativeVariance().value()), s::toString);
      }
    }
  }

  @Test
  void zeroJacobianIsSaidNotDividedBy() {
    for (SpectrumSettings how : List.of(STANDARD, LANCZOS)) {
      JacobianSpectrum s = of(Plain.of(new double[5][9], new double[5][9]), 2, how);
      assertTrue(s.zero());
      assertTrue(Double.isNaN(s.worst().condition()));
      assertEquals(5, s.worst().zeros(), 1e-12);
      assertEquals(Double.NEGATIVE_INFINITY, s.lnMeanSquare().value());
      assertTrue(Double.isNaN(s.relativeVariance().value()));
      assertEquals(1, s.density().zeros(), 1e-12);
    }
  }

  /// All σ = 1: one step of Lanczos sees that nothing else is there.
  @Test
  void deepOrthogonalNetIsIsometric() {
    double[][] j = Plain.orthogonal(48, 0);
    for (int layer = 1; layer < 30; layer++) {
      j = Plain.product(Plain.orthogonal(48, layer), j);
    }
    for (SpectrumSettings how : List.of(STANDARD, LANCZOS)) {
      JacobianSpectrum s = of(Plain.of(j), 1, how);
      assertEquals(1, s.worst().largest(), 1e-12);
      assertEquals(1, s.worst().smallest(), 1e-12);
      assertFalse(s.worst().bound());
      assertEquals(0, s.relativeVariance().value(), 1e-12);
      assertEquals(0, s.lnMeanSquare().value(), 1e-12);
      assertEquals(1, s.density().shares().get(0), 1e-9);
    }
  }

  /// n×n Gaussian matrices of variance 1/n: the mean of σ² is 1, its relative variance L (free
  /// probability, Pennington et al. 2017: L·(μ₂/μ₁²−1−s₁) with s₁ = −1), up to terms of L²/n. Over
  /// 24 draws, within 4 standard errors: a false alarm in 16,000 seeds each, and this one is fixed.
  @Test
  void gaussianProductsHaveTheMomentsOfFreeProbability() {
    int n = 64;
    int depth = 3;
    double[][][] js = new double[24][][];
    for (int k = 0; k < js.length; k++) {
      js[k] = Plain.gaussian(n, n, 1.0 / n, 100 + k);
      for (int l = 1; l < depth; l++) {
        js[k] = Plain.product(Plain.gaussian(n, n, 1.0 / n, 1000L * l + k), js[k]);
      }
    }
    JacobianSpectrum s = of(Plain.of(js), js.length, STANDARD.withSamples(24));
    assertEquals(0, s.lnMeanSquare().value(), 4 * s.lnMeanSquare().sampleError());
    assertEquals(depth, s.relativeVariance().value(), 4 * s.relativeVariance().sampleError() + 0.1);
    JacobianSpectrum p = of(Plain.of(js), js.length, LANCZOS.withSamples(24));
    assertEquals(
        s.lnMeanSquare().value(), p.lnMeanSquare().value(), 4 * p.lnMeanSquare().probeError());
    assertEquals(
        s.relativeVariance().value(),
        p.relativeVariance().value(),
        4 * p.relativeVariance().probeError());
  }

  @Test
  void lanczosBoundsHold() {
    double[] v = geometric(300, 10, 1e-3);
    double[][] j = Plain.with(v, 320, 5);
    SpectrumSettings few = STANDARD.withProbes(4, 12);
    JacobianSpectrum s = of(Plain.of(j), 1, few);
    assertEquals(Method.LANCZOS, s.method());
    Extremes e = s.worst();
    assertTrue(e.bound());
    assertTrue(Double.isNaN(e.zeros()));
    assertTrue(e.smallest() >= 1e-3);
    assertTrue(e.largest() <= 10 + 1e-12);
    double nearest = Arrays.stream(v).map(x -> Math.abs(x - e.largest())).min().orElseThrow();
    assertTrue(nearest <= e.largestError() + 1e-12, nearest + " > " + e.largestError());
    assertTrue(e.largestError() < 0.5, e::toString);
  }

  /// Shares of a smooth spectrum over 2.7 decades: 5 standard errors in each bin that the steps
  /// resolve (Student's t, 11 degrees of freedom: a false alarm in 2,500 per bin; the seed is
  /// fixed) and as much as a smaller bin's worth of smear.
  @Test
  void quadratureFindsTheDensityAsFarAsItResolves() {
    double[] v = geometric(300, 10, 0.02);
    double[][] j = Plain.with(v, 300, 6);
    JacobianSpectrum s = of(Plain.of(j), 1, STANDARD.withProbes(12, 40));
    LogDensity probed = s.density();
    LogDensity exact = of(Plain.of(j), 1, STANDARD.withExact(300)).density();
    assertEquals(Math.PI * 10 / 40, s.resolution(), 1e-3);
    assertEquals(exact.width(), probed.width());
    double below = 0;
    double belowProbed = 0;
    int compared = 0;
    for (int i = 0; i < exact.shares().size(); i++) {
      int at = (int) Math.round((exact.centre(i) - probed.first()) / probed.width());
      boolean in = at >= 0 && at < probed.shares().size();
      double share = in ? probed.shares().get(at) : 0;
      if (exact.centre(i) < Math.log10(s.resolution())) {
        below += exact.shares().get(i);
        belowProbed += share;
      } else {
        double error = probed.errors().get(at);
        assertTrue(error < 0.02, "error " + error);
        assertEquals(exact.shares().get(i), share, 5 * error, "bin " + exact.centre(i));
        compared++;
      }
    }
    assertTrue(compared >= 5, "" + compared);
    assertEquals(below, belowProbed, 0.05, "all that is not resolved");
  }

  /// A bottleneck: rank 6 of 280. The process ends after 7 steps and knows all.
  @Test
  void bottleneckIsExhausted() {
    double[][] j = Plain.product(Plain.gaussian(280, 6, 1, 11), Plain.gaussian(6, 290, 1, 12));
    JacobianSpectrum s = of(Plain.of(j), 1, STANDARD);
    assertEquals(Method.LANCZOS, s.method());
    Extremes e = s.worst();
    assertFalse(e.bound());
    assertEquals(Double.POSITIVE_INFINITY, e.condition());
    double[] all = JacobiSvd.values(j);
    assertEquals(all[0], e.largest(), 1e-10);
    assertEquals(all[5], e.smallest(), 1e-9);
    // Six probes' share of the null space: 274/280 with a standard error of about .005.
    assertEquals(274.0 / 280, s.density().zeros(), 5 * s.density().zerosError());
  }

  @Test
  void coupledSamplesAreOneMatrix() {
    double[][] whole = Plain.with(geometric(8, 2, 1), 12, 9);
    Linearised l = Reshaped.of(whole, 4);
    JacobianSpectrum s = of(l, 4, STANDARD);
    assertEquals(Unit.BATCH_COUPLED, s.unit());
    assertEquals(8, s.rows());
    assertEquals(2, s.worst().condition(), 1e-12);
    JacobianSpectrum other = of(l, 3, STANDARD);
    assertEquals(Unit.WHOLE, other.unit(), "no axis has that extent");
    assertEquals(2, other.worst().condition(), 1e-12);
  }

  @Test
  void notANumberIsSaid() {
    double[][] j = Plain.gaussian(4, 6, 1, 13);
    j[2][3] = Double.NaN;
    for (SpectrumSettings how : List.of(STANDARD, LANCZOS)) {
      var f = Spectra.jacobian(Plain.of(j), 1, how, ProbeListener.none());
      assertTrue(
          f instanceof Found.Unknown<JacobianSpectrum> u && u.because().contains("NaN"), "" + f);
    }
  }

  @Test
  void interruptStops() {
    double[][] j = Plain.gaussian(4, 6, 1, 13);
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> of(Plain.of(j), 1, STANDARD));
    assertTrue(Thread.interrupted());
  }
}
