package org.fanin.fill.matrix;

/// Orthogonal matrices by the textbook: one reflection after another, in doubles, from the normals
/// that [HaarMatrix] takes.
final class HouseholderReference {
  private HouseholderReference() {}

  /// An m×n matrix with orthonormal columns, m ≥ n.
  ///
  /// @param corrected whether columns get the signs that make R's diagonal positive; without them
  ///   the law is that of LAPACK's Q, which is not Haar's
  static double[][] columns(NormalSource source, int m, int n, boolean wide, boolean corrected) {
    var q = new double[m][n];
    int size = m > HaarMatrix.TALL ? HaarMatrix.PANEL_OF_TALL : HaarMatrix.PANEL;
    for (int k = n - 1; k >= 0; k--) {
      double[] v = normals(source, m, n, k, size, wide);
      double norm = Math.sqrt(dot(v, v));
      double sign = v[k] < 0 ? -1 : 1;
      q[k][k] = corrected ? -sign : 1;
      if (!corrected && k == m - 1) {
        continue; // LAPACK reflects nothing in one dimension
      }
      v[k] += sign * norm;
      double square = dot(v, v);
      for (int j = k; j < n; j++) {
        double s = 0;
        for (int i = k; i < m; i++) {
          s += v[i] * q[i][j];
        }
        for (int i = k; i < m; i++) {
          q[i][j] -= 2 * s / square * v[i];
        }
      }
    }
    return q;
  }

  /// The normals of reflection k, zeros above.
  private static double[] normals(
      NormalSource source, int m, int n, int k, int size, boolean wide) {
    int first = k / size * size;
    int width = Math.min(size, n - first);
    var v = new double[m];
    for (int r = k; r < m; r++) {
      long at = (long) first * m + (long) r * width + (k - first);
      if (wide) {
        source.normals(0, at, v, r, 1);
      } else {
        var x = new float[1];
        source.normals(0, at, x, 0, 1);
        v[r] = x[0];
      }
    }
    return v;
  }

  private static double dot(double[] a, double[] b) {
    double s = 0;
    for (int i = 0; i < a.length; i++) {
      s += a[i] * b[i];
    }
    return s;
  }
}
