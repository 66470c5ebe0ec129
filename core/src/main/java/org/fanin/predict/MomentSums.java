package org.fanin.predict;

/// Sums of the first, second and fourth powers of finite elements, and the largest magnitude.
final class MomentSums {
  private double sum;
  private double sum2;
  private double sum4;
  private double largest;
  private long nonFinite;

  /// Takes the first `n` elements, and leaves them in `x` as they are summed: times `by`, and 0 for
  /// what is not finite.
  void add(double[] x, int n, double by) {
    double s = 0;
    double t = 0;
    double s2 = 0;
    double t2 = 0;
    double s4 = 0;
    double t4 = 0;
    int even = n & ~1;
    if (by != 1 || !isFinite(x, n)) {
      clean(x, n, by);
    }
    for (int i = 0; i < even; i += 2) {
      double v = x[i];
      double w = x[i + 1];
      double q = v * v;
      double r = w * w;
      s += v;
      t += w;
      s2 += q;
      t2 += r;
      s4 += q * q;
      t4 += r * r;
    }
    if (even < n) {
      double q = x[even] * x[even];
      s += x[even];
      s2 += q;
      s4 += q * q;
    }
    sum += s + t;
    sum2 += s2 + t2;
    sum4 += s4 + t4;
  }

  /// Also looks for the largest magnitude.
  private boolean isFinite(double[] x, int n) {
    double top = largest;
    double all = 0;
    for (int i = 0; i < n; i++) {
      double v = Math.abs(x[i]);
      all += v;
      top = v > top ? v : top;
    }
    if (all <= Double.MAX_VALUE) {
      largest = top;
      return true;
    }
    return false;
  }

  private void clean(double[] x, int n, double by) {
    for (int i = 0; i < n; i++) {
      if (Math.abs(x[i]) <= Double.MAX_VALUE) {
        x[i] *= by;
        largest = Math.max(largest, Math.abs(x[i]));
      } else {
        x[i] = 0;
        nonFinite++;
      }
    }
  }

  /// @param unit what the elements were divided by
  Sample.Stats stats(long count, double unit) {
    double n = Math.max(1, count - nonFinite);
    double u2 = unit * unit;
    return new Sample.Stats(
        count, unit * sum / n, u2 * sum2 / n, u2 * u2 * sum4 / n, unit * largest, nonFinite);
  }
}
