package org.fanin.probe;

import java.util.Arrays;

/// Σx and Σx² over runs of elements, in an order that depends on the run's length alone. Not for
/// several threads.
final class ElementSums {
  /// Sums side by side, which the compiler turns into vectors; one running sum it may not.
  private static final int WIDTH = 32;

  /// Elements that are added to one another before they are added to a running sum.
  private static final int ROUND = 4 * WIDTH;

  double sum;
  double squares;
  private final double[] sums = new double[WIDTH];
  private final double[] products = new double[WIDTH];

  void clear() {
    sum = 0;
    squares = 0;
  }

  /// Adds x[from … from + n).
  void add(double[] x, int from, int n) {
    int end = from + n;
    int i = from;
    if (n >= ROUND) {
      for (; i + ROUND <= end; i += ROUND) {
        for (int j = 0; j < WIDTH; j++) {
          double a = x[i + j];
          double b = x[i + j + WIDTH];
          double c = x[i + j + 2 * WIDTH];
          double d = x[i + j + 3 * WIDTH];
          sums[j] += (a + b) + (c + d);
          products[j] += (a * a + b * b) + (c * c + d * d);
        }
      }
      sum += drain(sums);
      squares += drain(products);
    }
    rest(x, i, end);
  }

  private void rest(double[] x, int from, int end) {
    double s = 0;
    double q = 0;
    double t = 0;
    double r = 0;
    int i = from;
    for (; i + 3 < end; i += 4) {
      double a = x[i];
      double b = x[i + 1];
      double c = x[i + 2];
      double d = x[i + 3];
      s += a + b;
      t += c + d;
      q += a * a + b * b;
      r += c * c + d * d;
    }
    for (; i < end; i++) {
      s += x[i];
      q += x[i] * x[i];
    }
    sum += s + t;
    squares += q + r;
  }

  /// Σ x[from + i]·y[to + i] over n elements.
  double dot(double[] x, int from, double[] y, int to, int n) {
    int i = 0;
    double s = 0;
    for (; i + ROUND <= n; i += ROUND) {
      for (int j = 0; j < WIDTH; j++) {
        int a = from + i + j;
        int b = to + i + j;
        sums[j] +=
            (x[a] * y[b] + x[a + WIDTH] * y[b + WIDTH])
                + (x[a + 2 * WIDTH] * y[b + 2 * WIDTH] + x[a + 3 * WIDTH] * y[b + 3 * WIDTH]);
      }
    }
    if (i > 0) {
      s = drain(sums);
    }
    double t = 0;
    for (; i + 1 < n; i += 2) {
      s += x[from + i] * y[to + i];
      t += x[from + i + 1] * y[to + i + 1];
    }
    if (i < n) {
      s += x[from + i] * y[to + i];
    }
    return s + t;
  }

  private static double drain(double[] side) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int j = 0; j < WIDTH; j += 4) {
      a += side[j];
      b += side[j + 1];
      c += side[j + 2];
      d += side[j + 3];
    }
    Arrays.fill(side, 0);
    return (a + b) + (c + d);
  }
}
