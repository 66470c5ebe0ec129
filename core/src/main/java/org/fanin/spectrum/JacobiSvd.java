package org.fanin.spectrum;

import java.util.Arrays;

/// Singular values by one-sided Jacobi rotations (Hestenes 1958), after a triangular factorisation
/// with row pivoting (Drmač & Veselić 2008), which makes few sweeps enough. Small singular values
/// keep their relative accuracy as far as the matrix's own scaling allows. The order of operations
/// is fixed, so the same matrix gives the same bits.
final class JacobiSvd {
  private static final double TOLERANCE = 1e-15;
  private static final int MOST_SWEEPS = 60;

  private JacobiSvd() {}

  /// The k singular values of a k×n matrix, k ≤ n, largest first. The rows are overwritten.
  ///
  /// @param rows finite elements
  static double[] values(double[][] rows) {
    int k = rows.length;
    if (k == 0) {
      return new double[0];
    }
    double top = 0;
    for (double[] r : rows) {
      top = Math.max(top, Vectors.largest(r));
    }
    if (top == 0) {
      return new double[k];
    }
    double scale = Vectors.power(top);
    for (double[] r : rows) {
      Vectors.scale(r, 1 / scale);
    }
    if (rows[0].length > k) {
      triangular(rows);
    }
    double[][] columns = transposed(rows, k);
    rotate(columns, new double[k][0]);
    double[] s = new double[k];
    for (int i = 0; i < k; i++) {
      s[i] = Vectors.norm(columns[i]) * scale;
    }
    return descending(s);
  }

  private static double[] descending(double[] s) {
    Arrays.sort(s);
    for (int i = 0, j = s.length - 1; i < j; i++, j--) {
      double t = s[i];
      s[i] = s[j];
      s[j] = t;
    }
    return s;
  }

  private static double[][] transposed(double[][] rows, int k) {
    double[][] c = new double[k][k];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        c[j][i] = rows[i][j];
      }
    }
    return c;
  }

  /// X = L·Q by Householder reflections from the right; the largest remaining row goes first. L
  /// stays in the first k columns.
  private static void triangular(double[][] x) {
    int k = x.length;
    int n = x[0].length;
    double[] v = new double[n];
    for (int i = 0; i < k; i++) {
      pivot(x, i, n);
      double norm = Math.sqrt(Vectors.dot(x[i], x[i], i, n));
      if (norm == 0) {
        return;
      }
      System.arraycopy(x[i], i, v, i, n - i);
      double sign = v[i] < 0 ? -1 : 1;
      v[i] += sign * norm;
      double half = norm * (norm + Math.abs(x[i][i]));
      for (int j = i + 1; j < k; j++) {
        Vectors.add(x[j], -Vectors.dot(v, x[j], i, n) / half, v, i, n);
      }
      x[i][i] = -sign * norm;
      Arrays.fill(x[i], i + 1, n, 0);
    }
  }

  private static void pivot(double[][] x, int from, int n) {
    int best = from;
    double most = -1;
    for (int j = from; j < x.length; j++) {
      double s = Vectors.dot(x[j], x[j], from, n);
      if (s > most) {
        most = s;
        best = j;
      }
    }
    double[] t = x[from];
    x[from] = x[best];
    x[best] = t;
  }

  /// Rotates pairs of columns until all are orthogonal, and `beside` along with them.
  ///
  /// @param c columns of a matrix
  /// @param beside for each column more numbers that take part in its rotations
  static void rotate(double[][] c, double[][] beside) {
    double tolerance = TOLERANCE * Math.sqrt(c.length);
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      boolean rotated = false;
      for (int p = 0; p < c.length; p++) {
        for (int q = p + 1; q < c.length; q++) {
          rotated |= rotate(c, beside, p, q, tolerance);
        }
      }
      if (!rotated) {
        return;
      }
    }
    throw new IllegalStateException("no singular values after " + MOST_SWEEPS + " sweeps");
  }

  private static boolean rotate(double[][] c, double[][] beside, int p, int q, double tolerance) {
    double a = Vectors.dot(c[p], c[p]);
    double b = Vectors.dot(c[q], c[q]);
    double d = Vectors.dot(c[p], c[q]);
    if (d == 0 || Math.abs(d) <= tolerance * Math.sqrt(a) * Math.sqrt(b)) {
      return false;
    }
    double zeta = (b - a) / (2 * d);
    double t =
        Double.isInfinite(zeta)
            ? 0
            : Math.copySign(1, zeta) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
    if (t == 0) {
      return false;
    }
    double cos = 1 / Math.sqrt(1 + t * t);
    turn(c[p], c[q], cos, cos * t);
    turn(beside[p], beside[q], cos, cos * t);
    return true;
  }

  private static void turn(double[] x, double[] y, double cos, double sin) {
    for (int i = 0; i < x.length; i++) {
      double a = x[i];
      x[i] = cos * a - sin * y[i];
      y[i] = sin * a + cos * y[i];
    }
  }
}
