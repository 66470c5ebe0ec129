package org.fanin.predict;

/// Sums over one axis of an array [outer, n, inner]. Whichever extent is longest runs innermost, so
/// that no shape (a 3×3 kernel, a column of two) costs much more per element than another.
final class AxisSums {
  private AxisSums() {}

  /// Adds to `into` [outer, inner] the sums over n.
  static void addOver(double[] x, int outer, int n, int inner, double[] into) {
    if (inner >= n && inner >= outer) {
      for (int o = 0; o < outer; o++) {
        for (int j = 0; j < n; j++) {
          addRow(x, (o * n + j) * inner, inner, into, o * inner);
        }
      }
    } else if (n >= outer) {
      for (int o = 0; o < outer; o++) {
        for (int i = 0; i < inner; i++) {
          into[o * inner + i] +=
              inner == 1 ? sum(x, o * n, n) : stridedSum(x, o * n * inner + i, inner, n);
        }
      }
    } else {
      for (int j = 0; j < n; j++) {
        for (int i = 0; i < inner; i++) {
          addStrided(x, j * inner + i, n * inner, outer, into, i, inner);
        }
      }
    }
  }

  /// Adds to `into` [n] the sums over outer and inner.
  static void addAlong(double[] x, int outer, int n, int inner, double[] into) {
    if (inner == 1 && n >= outer) {
      for (int o = 0; o < outer; o++) {
        addRow(x, o * n, n, into, 0);
      }
      return;
    }
    for (int j = 0; j < n; j++) {
      double s = 0;
      if (inner >= outer) {
        for (int o = 0; o < outer; o++) {
          s += sum(x, (o * n + j) * inner, inner);
        }
      } else {
        for (int i = 0; i < inner; i++) {
          s += stridedSum(x, j * inner + i, n * inner, outer);
        }
      }
      into[j] += s;
    }
  }

  private static void addRow(double[] x, int at, int n, double[] into, int to) {
    for (int i = 0; i < n; i++) {
      into[to + i] += x[at + i];
    }
  }

  private static void addStrided(
      double[] x, int at, int step, int n, double[] into, int to, int toStep) {
    for (int i = 0, p = at, q = to; i < n; i++, p += step, q += toStep) {
      into[q] += x[p];
    }
  }

  /// In four lanes, for a sum in one waits for each addition.
  static double sum(double[] x, int at, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = at;
    int end = at + n;
    for (; i < end - 3; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    for (; i < end; i++) {
      a += x[i];
    }
    return a + b + (c + d);
  }

  private static double stridedSum(double[] x, int at, int step, int n) {
    double a = 0;
    double b = 0;
    int i = 0;
    int p = at;
    for (; i < n - 1; i += 2, p += 2 * step) {
      a += x[p];
      b += x[p + step];
    }
    return i < n ? a + b + x[p] : a + b;
  }

  static double squares(double[] x, int n) {
    double a = 0;
    double b = 0;
    int i = 0;
    for (; i < n - 1; i += 2) {
      a += x[i] * x[i];
      b += x[i + 1] * x[i + 1];
    }
    return i < n ? a + b + x[i] * x[i] : a + b;
  }

  static void scale(double[] x, int n, double by) {
    for (int i = 0; i < n; i++) {
      x[i] *= by;
    }
  }
}
