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
}
