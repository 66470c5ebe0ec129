package org.fanin.audit;

import org.fanin.math.Addressed;

/// The largest singular value of a weight matrix beside what independent elements would give.
///
/// Power iteration on WᵀW from a seeded random start. After k steps the expected relative error of
/// σ² is at most .871·ln n/(k − 1) (Kuczyński & Woźniakowski 1992, theorem 4.1), always on the low
/// side; [#lastChange] says how far it still moved.
///
/// @param norm σ_max of the rows looked at
/// @param edge σ·(√rows + √columns), where the spectrum of independent elements of the same second
///   moment ends (Marchenko & Pastur 1967)
/// @param rows looked at
/// @param of rows of the matrix
/// @param columns of the matrix
/// @param iterations power steps
/// @param lastChange relative change of σ in the last step
/// @param orthogonality how far W·Wᵀ (or WᵀW) is from a multiple of the identity, measured on
///   random vectors; about 1 for independent elements, 0 for an orthogonal matrix
public record Spectrum(
    double norm,
    double edge,
    long rows,
    long of,
    long columns,
    int iterations,
    double lastChange,
    double orthogonality) {
  private static final int STEPS = 16;
  private static final long SEED = 0x5eed;

  /// σ_max over the edge: 1 for independent elements, more when rows have a direction in common.
  public double ratio() {
    return edge == 0 ? 0 : norm / edge;
  }

  /// @param m2 second moment of the elements
  static Spectrum of(Sample s, double m2) {
    double[] x = start(s.columns());
    double[] y = new double[s.rows()];
    double norm = 0;
    double change = 1;
    double skew = 1;
    for (int k = 0; k < STEPS; k++) {
      double before = norm;
      normalise(x);
      times(s, x, y);
      double[] next = new double[x.length];
      timesTransposed(s, y, next);
      double length = Math.sqrt(dot(y, y));
      if (k == 0) {
        skew = skew(s, x, y, next);
      }
      norm = length;
      change = norm == 0 ? 0 : Math.abs(norm - before) / norm;
      x = next;
    }
    double edge = Math.sqrt(m2) * (Math.sqrt(s.rows()) + Math.sqrt(s.columns()));
    return new Spectrum(norm, edge, s.rows(), s.of(), s.columns(), STEPS, change, skew);
  }

  private static double[] start(int n) {
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = Addressed.normal(SEED, 1, i);
    }
    return x;
  }

  /// Tall: ‖WᵀW·x − g²x‖/‖g²x‖. Wide: the same of W·Wᵀ and y = W·x.
  private static double skew(Sample s, double[] x, double[] y, double[] wtwx) {
    if (s.rows() >= s.columns()) {
      return residual(x, wtwx);
    }
    double[] back = new double[y.length];
    times(s, wtwx, back);
    return residual(y, back);
  }

  private static double residual(double[] x, double[] image) {
    double g2 = dot(x, image) / dot(x, x);
    double off = 0;
    for (int i = 0; i < x.length; i++) {
      double d = image[i] - g2 * x[i];
      off += d * d;
    }
    double length = g2 * Math.sqrt(dot(x, x));
    return length == 0 ? 1 : Math.sqrt(off) / length;
  }

  private static void normalise(double[] x) {
    double length = Math.sqrt(dot(x, x));
    for (int i = 0; i < x.length && length > 0; i++) {
      x[i] /= length;
    }
  }

  private static double dot(double[] a, double[] b) {
    double s = 0;
    for (int i = 0; i < a.length; i++) {
      s += a[i] * b[i];
    }
    return s;
  }

  private static void times(Sample s, double[] x, double[] y) {
    float[] w = s.data();
    int n = s.columns();
    for (int r = 0; r < y.length; r++) {
      int at = r * n;
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      int c = 0;
      for (; c + 3 < n; c += 4) {
        s0 += w[at + c] * x[c];
        s1 += w[at + c + 1] * x[c + 1];
        s2 += w[at + c + 2] * x[c + 2];
        s3 += w[at + c + 3] * x[c + 3];
      }
      for (; c < n; c++) {
        s0 += w[at + c] * x[c];
      }
      y[r] = (s0 + s1) + (s2 + s3);
    }
  }

  private static void timesTransposed(Sample s, double[] y, double[] x) {
    float[] w = s.data();
    int n = s.columns();
    for (int r = 0; r < y.length; r++) {
      int at = r * n;
      double k = y[r];
      for (int c = 0; c < n; c++) {
        x[c] += k * w[at + c];
      }
    }
  }
}
