package org.fanin.spectrum;

import java.util.Arrays;

/// Eigenvalues of a small symmetric matrix by cyclic Jacobi rotations (Jacobi 1846; Golub & Van
/// Loan, 8.5).
final class SymmetricEigen {
  private static final int MOST_SWEEPS = 60;

  private SymmetricEigen() {}

  /// Eigenvalues, largest first. The matrix is not changed; its upper half is read.
  static double[] values(double[][] matrix) {
    int n = matrix.length;
    double[][] a = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        a[i][j] = matrix[i][j];
        a[j][i] = matrix[i][j];
      }
    }
    for (int sweep = 0; sweep < MOST_SWEEPS && sweep(a); sweep++) {
      // Each sweep squares what is left beside the diagonal.
    }
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = -a[i][i];
    }
    Arrays.sort(values);
    return Arrays.stream(values).map(x -> 0.0 - x).toArray();
  }

  private static boolean sweep(double[][] a) {
    boolean rotated = false;
    for (int p = 0; p < a.length; p++) {
      for (int q = p + 1; q < a.length; q++) {
        double size = Math.sqrt(Math.abs(a[p][p])) * Math.sqrt(Math.abs(a[q][q]));
        double off = Math.abs(a[p][q]);
        if (off > 1e-17 * Math.max(size, 1e-300) && off > 1e-18 * norm(a)) {
          rotate(a, p, q);
          rotated = true;
        }
      }
    }
    return rotated;
  }

  private static double norm(double[][] a) {
    double m = 0;
    for (double[] row : a) {
      m = Math.max(m, Vectors.largest(row));
    }
    return m;
  }

  private static void rotate(double[][] a, int p, int q) {
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(1, theta));
    double c = 1 / Math.hypot(1, t);
    double s = c * t;
    double change = t * a[p][q];
    a[p][p] -= change;
    a[q][q] += change;
    a[p][q] = 0;
    a[q][p] = 0;
    for (int i = 0; i < a.length; i++) {
      if (i != p && i != q) {
        double x = a[i][p];
        double y = a[i][q];
        a[i][p] = c * x - s * y;
        a[p][i] = a[i][p];
        a[i][q] = s * x + c * y;
        a[q][i] = a[i][q];
      }
    }
  }
}
