package org.fanin.fill.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.fanin.fill.simd.MatrixKernels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// That matrices are orthonormal on every shape, are the product of reflections that they claim to
/// be, and do not depend on kernel or threads.
class HaarMatrixTest {
  /// What docs/orthogonal.md promises: 8 units in the last place of 1 in single precision up to
  /// 2048, where 4 are seen; sizes here are smaller.
  private static final double FLOATS = 1e-6;

  private static final double DOUBLES = 3e-14;

  private static double[][] floats(HaarMatrix q, int rows, int columns) {
    var out = new double[rows][columns];
    var row = new float[columns];
    for (int r = 0; r < rows; r++) {
      q.read(r, 0, 0, 1, row, 0, columns);
      for (int c = 0; c < columns; c++) {
        out[r][c] = row[c];
      }
    }
    return out;
  }

  private static double[][] doubles(HaarMatrix q, int rows, int columns) {
    var out = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      q.read(r, 0, 0, 1, out[r], 0, columns);
    }
    return out;
  }

  private static HaarMatrix draw(long seed, int rows, int columns, boolean wide) {
    return new HaarMatrix(
        new TestNormals(seed), 0, rows, columns, wide, MatrixKernels.named("256"), 2);
  }

  /// Largest |QᵀQ − I| (rows ≥ columns) or |QQᵀ − I|.
  static double defect(double[][] q) {
    int m = q.length;
    int n = q[0].length;
    boolean tall = m >= n;
    int small = Math.min(m, n);
    double worst = 0;
    for (int i = 0; i < small; i++) {
      for (int j = i; j < small; j++) {
        double s = i == j ? -1 : 0;
        for (int k = 0; k < Math.max(m, n); k++) {
          s += tall ? q[k][i] * q[k][j] : q[i][k] * q[j][k];
        }
        worst = Math.max(worst, Math.abs(s));
      }
    }
    return worst;
  }

  @ParameterizedTest
  @CsvSource({
    "1,1", "1,2", "2,1", "1,1000", "1000,1", "2,2", "7,7", "8,8", "9,9", "31,32", "33,31", "63,64",
    "64,64", "65,65", "300,5", "5,300", "64,256", "257,70", "70,257", "129,129", "400,400"
  })
  void orthonormalOnEveryShape(int rows, int columns) {
    try (var single = draw(rows, rows, columns, false);
        var twice = draw(rows, rows, columns, true)) {
      assertEquals(0, defect(floats(single, rows, columns)), FLOATS);
      assertEquals(0, defect(doubles(twice, rows, columns)), DOUBLES);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "5,3", "64,64", "65,65", "150,130", "300,100"})
  void isTheProductOfItsReflections(int rows, int columns) {
    try (var single = draw(3, rows, columns, false);
        var twice = draw(3, rows, columns, true);
        var across = draw(3, columns, rows, true)) {
      var source = new TestNormals(3);
      assertClose(
          HouseholderReference.columns(source, rows, columns, false, true),
          floats(single, rows, columns),
          5e-7);
      double[][] exact = HouseholderReference.columns(source, rows, columns, true, true);
      assertClose(exact, doubles(twice, rows, columns), 2e-15);
      assertClose(
          rows == columns ? exact : transposed(exact), doubles(across, columns, rows), 2e-15);
    }
  }

  private static double[][] transposed(double[][] a) {
    var t = new double[a[0].length][a.length];
    for (int r = 0; r < a.length; r++) {
      for (int c = 0; c < a[0].length; c++) {
        t[c][r] = a[r][c];
      }
    }
    return t;
  }

  private static void assertClose(double[][] wanted, double[][] found, double tolerance) {
    for (int r = 0; r < wanted.length; r++) {
      for (int c = 0; c < wanted[0].length; c++) {
        assertEquals(wanted[r][c], found[r][c], tolerance, r + ", " + c);
      }
    }
  }

  /// More rows than [HaarMatrix#TALL] have narrower panels.
  @Test
  void tallMatricesHaveNarrowPanels() {
    int rows = HaarMatrix.TALL + 9;
    try (var q = draw(5, rows, 20, true)) {
      double[][] found = doubles(q, rows, 20);
      assertEquals(0, defect(found), 1e-13); // of which most is this sum's own rounding
      assertClose(
          HouseholderReference.columns(new TestNormals(5), rows, 20, true, true), found, 1e-13);
    }
  }

  /// Every kernel, any number of threads, one hash. MatrixFillsTest holds it against golden ones.
  @ParameterizedTest
  @ValueSource(strings = {"scalar", "128", "256", "512"})
  void sameBitsFromEveryKernelAndThreadCount(String kernel) throws Exception {
    for (int threads : new int[] {1, 2, 7}) {
      for (int[] s : new int[][] {{300, 400, 0}, {130, 200, 1}, {20, 17, 0}}) {
        assertEquals(
            hash("scalar", 1, s[0], s[1], s[2] == 1),
            hash(kernel, threads, s[0], s[1], s[2] == 1),
            kernel + " " + threads);
      }
    }
  }

  private static String hash(String kernel, int threads, int rows, int columns, boolean wide)
      throws Exception {
    try (var q =
        new HaarMatrix(
            new TestNormals(1), 2, rows, columns, wide, MatrixKernels.named(kernel), threads)) {
      double[][] values = wide ? doubles(q, rows, columns) : floats(q, rows, columns);
      var sha = MessageDigest.getInstance("SHA-256");
      var bytes = ByteBuffer.allocate(Double.BYTES);
      for (double[] row : values) {
        for (double x : row) {
          sha.update(bytes.putDouble(0, x).array());
        }
      }
      return HexFormat.of().formatHex(sha.digest(), 0, 8);
    }
  }

  @Test
  void sidesAreBounded() {
    for (long[] sides : new long[][] {{0, 1}, {1, HaarMatrix.MAX_SIDE + 1}}) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  new HaarMatrix(
                      new TestNormals(1),
                      0,
                      sides[0],
                      sides[1],
                      false,
                      MatrixKernels.named("scalar"),
                      1));
      assertTrue(e.getMessage().contains("sides of 1 to"), e.getMessage());
    }
  }

  /// A failing source is not swallowed by a worker, and nothing waits for ever.
  @Test
  void failuresOfWorkersArrive() {
    var broken =
        new NormalSource() {
          @Override
          public void normals(int number, long first, float[] out, int offset, int count) {
            throw new IllegalStateException("broken on purpose");
          }

          @Override
          public void normals(int number, long first, double[] out, int offset, int count) {
            throw new IllegalStateException("broken on purpose");
          }

          @Override
          public void choices(int number, long first, long[] out, int count) {
            throw new IllegalStateException("broken on purpose");
          }
        };
    assertThrows(
        IllegalStateException.class,
        () -> new HaarMatrix(broken, 0, 600, 600, false, MatrixKernels.named("scalar"), 2));
  }

  /// Columns that are exactly zero, which single precision may draw in one dimension.
  @Test
  void zeroNormalsReflectNothing() {
    var zeros =
        new NormalSource() {
          @Override
          public void normals(int number, long first, float[] out, int offset, int count) {}

          @Override
          public void normals(int number, long first, double[] out, int offset, int count) {}

          @Override
          public void choices(int number, long first, long[] out, int count) {}
        };
    try (var q = new HaarMatrix(zeros, 0, 10, 4, false, MatrixKernels.named("scalar"), 1)) {
      assertEquals(0, defect(floats(q, 10, 4)));
    }
  }
}
