package org.fanin.spectrum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.fanin.probe.Linearised.Part;
import org.fanin.probe.ProbeListener;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

class TangentKernelTest {
  private static final SpectrumSettings STANDARD = SpectrumSettings.standard();

  private static TangentKernel of(Plain p, int batch, SpectrumSettings s) {
    return Spectra.kernel(p, batch, s, ProbeListener.none()).known().orElseThrow();
  }

  /// Gradients of y = W·x + b: W is m×n, row o of it gets x, element o of b gets 1.
  private static double[][] layer(double[] x, int m) {
    double[][] g = new double[m][m * x.length + m];
    for (int o = 0; o < m; o++) {
      System.arraycopy(x, 0, g[o], o * x.length, x.length);
      g[o][m * x.length + o] = 1;
    }
    return g;
  }

  private static List<Part> parts(int m, int n) {
    return List.of(new Part("W", Shape.of(m, n)), new Part("b", Shape.of(m)));
  }

  /// Θ_ij = ⟨x_i, x_j⟩ + 1.
  @Test
  void oneLinearLayerInClosedForm() {
    double[][] x = Plain.gaussian(4, 6, 1, 1);
    double[][][] g = Arrays.stream(x).map(row -> layer(row, 5)).toArray(double[][][]::new);
    TangentKernel k = of(Plain.kernel(parts(5, 6), g), 4, STANDARD);
    assertTrue(k.exact());
    assertEquals(20, k.passes());
    double[][] theta = new double[4][4];
    double trace = 0;
    double weights = 0;
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        theta[i][j] = Vectors.dot(x[i], x[j]) + 1;
      }
      trace += theta[i][i];
      weights += Vectors.dot(x[i], x[i]);
    }
    double mean = trace / 4;
    assertEquals(mean, Math.exp(k.lnMeanDiagonal().value()), 1e-12);
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        assertEquals(theta[i][j] / mean, k.matrix().get(i).get(j), 1e-13);
      }
    }
    assertEquals(weights / trace, k.shares().getFirst().share(), 1e-13);
    assertEquals(1 - weights / trace, k.shares().getLast().share(), 1e-13);
    double[] e = SymmetricEigen.values(theta);
    assertEquals(Math.log(e[0] / e[3]), k.lnCondition().value(), 1e-11);
  }

  /// Random signs over 60 outputs whose gradients overlap: within 5 standard errors from 16 probes
  /// (Student's t, 15 degrees of freedom: a false alarm in 6,000 each); the seed is fixed.
  @Test
  void randomCotangentsAgreeWithAllOutputs() {
    double[][][] g = new double[3][][];
    for (int i = 0; i < 3; i++) {
      g[i] = Plain.gaussian(60, 40, 1, 20 + i);
    }
    List<Part> parts = List.of(new Part("a", Shape.of(10)), new Part("b", Shape.of(30)));
    TangentKernel all = of(Plain.kernel(parts, g), 3, STANDARD.withKernel(60, 2));
    TangentKernel some = of(Plain.kernel(parts, g), 3, STANDARD.withKernel(0, 16));
    assertTrue(all.exact() && !some.exact());
    assertEquals(48, some.passes());
    double error = some.lnMeanDiagonal().probeError();
    assertTrue(error > 0 && error < 0.2, "" + error);
    assertEquals(all.lnMeanDiagonal().value(), some.lnMeanDiagonal().value(), 5 * error);
    assertEquals(
        all.shares().getFirst().share(),
        some.shares().getFirst().share(),
        5 * some.shares().getFirst().error());
    assertEquals(
        all.lnCondition().value(), some.lnCondition().value(), 5 * some.lnCondition().probeError());
  }

  @Test
  void samplesThatCannotBeToldApartMakeItSingular() {
    double[] x = Plain.gaussian(1, 6, 1, 1)[0];
    TangentKernel k = of(Plain.kernel(parts(3, 6), layer(x, 3), layer(x, 3)), 2, STANDARD);
    assertEquals(Double.POSITIVE_INFINITY, k.lnCondition().value());
    assertEquals(2, k.eigenvalues().getFirst(), 1e-12);
    TangentKernel zero =
        of(Plain.kernel(parts(3, 6), new double[3][21], new double[3][21]), 2, STANDARD);
    assertTrue(zero.zero());
    assertTrue(Double.isNaN(zero.lnCondition().value()));
    assertEquals(0, zero.shares().getFirst().share());
  }

  @Test
  void gradientsFarOutsideTheRangeOfSquares() {
    double[][] x = Plain.gaussian(2, 6, 1, 1);
    double[][][] g = {layer(x[0], 3), layer(x[1], 3)};
    TangentKernel one = of(Plain.kernel(parts(3, 6), g), 2, STANDARD);
    for (double[][] s : g) {
      for (double[] row : s) {
        Vectors.scale(row, 0x1p-700);
      }
    }
    TangentKernel tiny = of(Plain.kernel(parts(3, 6), g), 2, STANDARD);
    assertEquals(
        one.lnMeanDiagonal().value() - 1400 * Math.log(2), tiny.lnMeanDiagonal().value(), 1e-10);
    assertEquals(one.eigenvalues(), tiny.eigenvalues());
  }

  @Test
  void withoutParametersThereIsNone() {
    var f = Spectra.kernel(Plain.of(new double[2][2]), 1, STANDARD, ProbeListener.none());
    assertTrue(
        f instanceof Found.Unknown<TangentKernel> u && u.because().contains("no parameters"));
  }

  /// Eigenvalues of [[2, 1], [1, 2]] ⊕ tridiagonal (2, −1): 2 − 2·cos(πk/(n+1)).
  @Test
  void eigenvaluesInClosedForm() {
    double[] two = SymmetricEigen.values(new double[][] {{2, 1}, {1, 2}});
    assertEquals(3, two[0], 1e-14);
    assertEquals(1, two[1], 1e-14);
    int n = 12;
    double[][] a = new double[n][n];
    for (int i = 0; i < n; i++) {
      a[i][i] = 2;
      if (i > 0) {
        a[i][i - 1] = -1;
        a[i - 1][i] = -1;
      }
    }
    double[] e = SymmetricEigen.values(a);
    for (int k = 1; k <= n; k++) {
      assertEquals(2 - 2 * Math.cos(Math.PI * k / (n + 1)), e[n - k], 1e-13);
    }
  }

  /// κ₀ and κ₁ of Cho & Saul 2009, for correlation c.
  private static double slopes(double c) {
    return (Math.PI - Math.acos(c)) / Math.PI;
  }

  private static double products(double c) {
    return (Math.sqrt(1 - c * c) + (Math.PI - Math.acos(c)) * c) / Math.PI;
  }

  private static double correlation(double[][] k, int i, int j) {
    return Math.clamp(k[i][j] / Math.sqrt(k[i][i] * k[j][j]), -1, 1);
  }

  /// Jacot et al. 2018, theorem 1, for f = aᵀφ(h₂)/√n, h₂ = √(2/n)·W₁φ(h₁), h₁ = √(2/n₀)·W₀x.
  private static double[][] infinite(double[][] x) {
    int s = x.length;
    double[][] k1 = new double[s][s];
    double[][] k2 = new double[s][s];
    double[][] theta = new double[s][s];
    for (int i = 0; i < s; i++) {
      for (int j = 0; j < s; j++) {
        k1[i][j] = 2 * Vectors.dot(x[i], x[j]) / x[i].length;
      }
    }
    for (int i = 0; i < s; i++) {
      for (int j = 0; j < s; j++) {
        k2[i][j] = Math.sqrt(k1[i][i] * k1[j][j]) * products(correlation(k1, i, j));
      }
    }
    for (int i = 0; i < s; i++) {
      for (int j = 0; j < s; j++) {
        double two = k2[i][j] + k1[i][j] * slopes(correlation(k1, i, j));
        double last = Math.sqrt(k2[i][i] * k2[j][j]) * products(correlation(k2, i, j)) / 2;
        theta[i][j] = last + two * slopes(correlation(k2, i, j)) / 2;
      }
    }
    return theta;
  }

  /// ∂f/∂(W₀, W₁, a) of that network for weights N(0,1).
  private static double[] gradient(double[] x, double[][] w0, double[][] w1, double[] a) {
    int n = a.length;
    double[] h1 = new double[n];
    double[] h2 = new double[n];
    for (int i = 0; i < n; i++) {
      h1[i] = Math.sqrt(2.0 / x.length) * Vectors.dot(w0[i], x);
    }
    double[] p1 = Arrays.stream(h1).map(v -> Math.max(v, 0)).toArray();
    for (int i = 0; i < n; i++) {
      h2[i] = Math.sqrt(2.0 / n) * Vectors.dot(w1[i], p1);
    }
    double[] g = new double[n * x.length + n * n + n];
    double[] d1 = new double[n];
    for (int i = 0; i < n; i++) {
      double d2 = h2[i] > 0 ? a[i] / Math.sqrt(n) : 0;
      for (int j = 0; j < n; j++) {
        g[n * x.length + i * n + j] = Math.sqrt(2.0 / n) * d2 * p1[j];
        d1[j] += Math.sqrt(2.0 / n) * d2 * w1[i][j];
      }
      g[n * x.length + n * n + i] = Math.max(h2[i], 0) / Math.sqrt(n);
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < x.length; j++) {
        g[i * x.length + j] = h1[i] > 0 ? Math.sqrt(2.0 / x.length) * d1[i] * x[j] : 0;
      }
    }
    return g;
  }

  /// Mean over 40 draws at width 128 within 4 standard errors (a false alarm in 16,000 for each of
  /// 6 elements, the seeds are fixed) and 2/128, the order of what finite width adds.
  @Test
  void wideRectifierNetworksHaveJacotsKernel() {
    int n = 128;
    int draws = 40;
    double[][] x = Plain.gaussian(3, 8, 1, 900);
    Vectors.add(x[1], 1, x[0]);
    double[][] wanted = infinite(x);
    List<Part> parts =
        List.of(
            new Part("W0", Shape.of(n, 8)),
            new Part("W1", Shape.of(n, n)),
            new Part("a", Shape.of(n)));
    double[][] seen = new double[9][draws];
    for (int k = 0; k < draws; k++) {
      double[][] w0 = Plain.gaussian(n, 8, 1, 1000 + k);
      double[][] w1 = Plain.gaussian(n, n, 1, 2000 + k);
      double[] a = Plain.gaussian(1, n, 1, 3000 + k)[0];
      double[][][] g = new double[3][1][];
      for (int i = 0; i < 3; i++) {
        g[i][0] = gradient(x[i], w0, w1, a);
      }
      TangentKernel kernel = of(Plain.kernel(parts, g), 3, STANDARD);
      for (int e = 0; e < 9; e++) {
        seen[e][k] =
            kernel.matrix().get(e / 3).get(e % 3) * Math.exp(kernel.lnMeanDiagonal().value());
      }
    }
    for (int e = 0; e < 9; e++) {
      double want = wanted[e / 3][e % 3];
      double error = Moments.standardError(seen[e]);
      assertTrue(error < 0.1 * Math.abs(wanted[0][0]), "error " + error);
      assertEquals(want, Moments.mean(seen[e]), 4 * error + 2.0 / n * Math.abs(want), "Θ " + e);
    }
  }
}
