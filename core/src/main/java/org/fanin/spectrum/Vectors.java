package org.fanin.spectrum;

/// Sums over vectors in one fixed order.
final class Vectors {
  private Vectors() {}

  /// Four running sums: additions wait for one another.
  static double dot(double[] a, double[] b, int from, int to) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = from;
    for (; i + 3 < to; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (; i < to; i++) {
      s0 += a[i] * b[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  static double dot(double[] a, double[] b) {
    return dot(a, b, 0, a.length);
  }

  /// a += f·b
  static void add(double[] a, double f, double[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      a[i] += f * b[i];
    }
  }

  static void add(double[] a, double f, double[] b) {
    add(a, f, b, 0, a.length);
  }

  static void scale(double[] a, double f) {
    for (int i = 0; i < a.length; i++) {
      a[i] *= f;
    }
  }

  /// Largest |a|; NaN when there is one.
  static double largest(double[] a) {
    double m = 0;
    for (double x : a) {
      m = Math.max(m, Math.abs(x));
    }
    return m;
  }

  /// A power of two near x; exact to multiply with.
  static double power(double x) {
    return Math.scalb(1.0, Math.clamp(Math.getExponent(x), -1000, 1000));
  }

  /// Euclidean norm; squares neither under- nor overflow.
  static double norm(double[] a) {
    double top = largest(a);
    if (top == 0 || !Double.isFinite(top)) {
      return top;
    }
    if (top > 1e-100 && top < 1e100) {
      return Math.sqrt(dot(a, a));
    }
    double f = 1 / power(top);
    double s = 0;
    for (double x : a) {
      s += (x * f) * (x * f);
    }
    return Math.sqrt(s) / f;
  }
}
