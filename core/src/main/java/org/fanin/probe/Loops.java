package org.fanin.probe;

/// Loops over doubles. The compiler makes vectors of one over several arrays with one index; a sum
/// in one variable it adds one by one, so that several variables are what is left. The order of
/// addition depends on lengths alone.
final class Loops {
  private Loops() {}

  /// Σx of n elements from `at` on.
  static double sum(double[] x, int at, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = at;
    for (; i + 7 < at + n; i += 8) {
      a += x[i] + x[i + 1];
      b += x[i + 2] + x[i + 3];
      c += x[i + 4] + x[i + 5];
      d += x[i + 6] + x[i + 7];
    }
    for (; i < at + n; i++) {
      a += x[i];
    }
    return (a + b) + (c + d);
  }

  /// Σx² of n elements from `at` on.
  static double squares(double[] x, int at, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = at;
    for (; i + 7 < at + n; i += 8) {
      a += x[i] * x[i] + x[i + 1] * x[i + 1];
      b += x[i + 2] * x[i + 2] + x[i + 3] * x[i + 3];
      c += x[i + 4] * x[i + 4] + x[i + 5] * x[i + 5];
      d += x[i + 6] * x[i + 6] + x[i + 7] * x[i + 7];
    }
    for (; i < at + n; i++) {
      a += x[i] * x[i];
    }
    return (a + b) + (c + d);
  }

  /// Σxy of n elements of x, from `at` on, and the n first of y.
  static double products(double[] x, int at, double[] y, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 7 < n; i += 8) {
      int k = at + i;
      a += x[k] * y[i] + x[k + 1] * y[i + 1];
      b += x[k + 2] * y[i + 2] + x[k + 3] * y[i + 3];
      c += x[k + 4] * y[i + 4] + x[k + 5] * y[i + 5];
      d += x[k + 6] * y[i + 6] + x[k + 7] * y[i + 7];
    }
    for (; i < n; i++) {
      a += x[at + i] * y[i];
    }
    return (a + b) + (c + d);
  }
}
