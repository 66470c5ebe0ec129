package org.fanin.predict;

import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Pair moments estimated from numbers: a parameter's own elements, or a sample of inputs. What is
/// not significant against independent zero-mean elements is set to zero, so that one draw's noise
/// is not taken for structure.
final class Sample {
  /// Beyond this many standard errors a pair moment is real. Two-sided false-alarm rate 7e-6 per
  /// moment.
  static final double SIGNIFICANT = 4.5;

  /// Student's statistic of the mean from which a few elements are taken for equal: of 2 that are
  /// noise 6% reach it, of 4 .2%.
  private static final double CONSTANT = 10;

  /// Tensors with more elements get mean and second moment only.
  private static final long LARGEST = 4_000_000;

  private static final int CHUNK = 8192;

  private Sample() {}

  /// Mean, second and fourth moment, extremes; one pass.
  record Stats(long count, double mean, double m2, double m4, double largest, long nonFinite) {
    static Stats of(Tensor t) {
      double s = 0;
      double s2 = 0;
      double s4 = 0;
      double top = 0;
      long bad = 0;
      long n = t.count();
      double[] part = new double[(int) Math.min(n, CHUNK)];
      double unit = 1;
      for (long from = 0; from < n; from += part.length) {
        int m = (int) Math.min(part.length, n - from);
        t.read(from, part, m);
        unit = from == 0 ? unit(part) : unit;
        for (int i = 0; i < m; i++) {
          double v = part[i] / unit;
          if (Double.isFinite(v)) {
            double q = v * v;
            s += v;
            s2 += q;
            s4 += q * q;
            top = Math.max(top, Math.abs(v));
          } else {
            bad++;
          }
        }
      }
      double m = Math.max(1, n - bad);
      double u2 = unit * unit;
      return new Stats(n, unit * s / m, u2 * s2 / m, u2 * u2 * s4 / m, unit * top, bad);
    }

    /// The scale keeps fourth powers of huge or tiny weights within doubles.
    private static double unit(double[] first) {
      double unit = 0;
      for (int i = 0; i < Math.min(first.length, 1024); i++) {
        double v = Math.abs(first[i]);
        unit = Double.isFinite(v) ? Math.max(unit, v) : unit;
      }
      return unit > 0 ? unit : 1;
    }
  }

  /// @param m2 second moment to use (a recognised scheme's, or the sample's)
  static Field field(Tensor t, Stats s, double m2) {
    return field(t, s, m2, false);
  }

  /// Of numbers that are the same in every draw: where their second moments differ they differ.
  static Field exact(Tensor t, Stats s) {
    return field(t, s, s.m2(), true);
  }

  private static Field field(Tensor t, Stats s, double m2, boolean exact) {
    Shape shape = t.shape();
    if (s.count() == 0 || !(m2 > 0)) {
      return Field.zero(shape);
    }
    if (s.count() == 1) {
      return Field.constant(shape, s.mean(), Math.log(m2));
    }
    Field f = Field.iid(shape, Math.log(m2));
    if (s.count() > LARGEST || f.size() > 6) {
      return large(f, s, m2);
    }
    double[] k = new double[f.k.length];
    double[][] averages = new double[k.length][];
    averages[0] = values(t);
    double own = meanSquare(averages[0]);
    k[0] = 1;
    boolean structured = nearlyConstant(s);
    for (int m = 1; m < k.length; m++) {
      int a = 31 - Integer.numberOfLeadingZeros(m);
      averages[m] = averaged(averages[m & ~(1 << a)], f.atoms, m & ~(1 << a), a);
      double total = meanSquare(averages[m]) / own;
      double known = 0;
      for (int sub = (m - 1) & m; ; sub = (sub - 1) & m) {
        known += f.weight(sub, m) * k[sub];
        if (sub == 0) {
          break;
        }
      }
      double pairs = s.count();
      for (int i = 0; i < f.size(); i++) {
        pairs *= (m >> i & 1) != 0 ? f.atoms[i] - 1 : 1;
      }
      double estimate = Math.clamp((total - known) / f.weight(m, m), -1, 1);
      k[m] = estimate;
      structured |= Math.abs(estimate) > SIGNIFICANT * Math.sqrt(2 / pairs);
    }
    double mean = s.mean() / Math.sqrt(s.m2());
    boolean centred = centred(s);
    double[] zero = new double[k.length];
    zero[0] = 1;
    Field r = f.with(structured ? k : zero, structured && !centred ? mean : 0, f.ln);
    return profiled(r, averages[0], own, exact);
  }

  /// Too few equal elements make no significant pairs: 4 scales of 1 are 1 all the same.
  private static boolean nearlyConstant(Stats s) {
    double variance = Math.max(0, s.m2() - s.mean() * s.mean());
    return s.mean() * s.mean() > CONSTANT * CONSTANT * variance / s.count();
  }

  /// Student's statistic of the mean, so that a constant tensor of few elements is not taken for
  /// noise.
  private static boolean centred(Stats s) {
    double variance = Math.max(0, s.m2() - s.mean() * s.mean());
    return Math.abs(s.mean()) <= SIGNIFICANT * Math.sqrt(variance / s.count());
  }

  private static Field large(Field f, Stats s, double m2) {
    double mean = s.mean() / Math.sqrt(s.m2());
    if (centred(s)) {
      return f;
    }
    double[] k = new double[f.k.length];
    java.util.Arrays.fill(k, mean * mean);
    k[0] = 1;
    return f.with(k, mean, Math.log(m2));
  }

  private static double[] values(Tensor t) {
    double[] v = t.toDoubles();
    for (int i = 0; i < v.length; i++) {
      v[i] = Double.isFinite(v[i]) ? v[i] : 0;
    }
    return v;
  }

  private static double meanSquare(double[] v) {
    double top = 0;
    for (double x : v) {
      top = Math.max(top, Math.abs(x));
    }
    if (top == 0) {
      return 0;
    }
    double s = 0;
    for (double x : v) {
      double q = x / top;
      s += q * q;
    }
    return s / v.length * top * top;
  }

  /// Averages over atom `a` what is already averaged over the atoms in `done`.
  private static double[] averaged(double[] v, long[] atoms, int done, int a) {
    int inner = 1;
    for (int i = a + 1; i < atoms.length; i++) {
      inner *= (done >> i & 1) == 0 ? (int) atoms[i] : 1;
    }
    int n = (int) atoms[a];
    double[] r = new double[v.length / n];
    int i = 0;
    for (int o = 0; o < r.length; o += inner) {
      for (int j = 0; j < n; j++) {
        for (int in = 0; in < inner; in++) {
          r[o + in] += v[i++] / n;
        }
      }
    }
    return r;
  }

  /// Second moments along each atom where they really differ: a padding row of zeros, blocks of
  /// another scale, image borders.
  private static Field profiled(Field f, double[] v, double m2, boolean exact) {
    Field r = f;
    for (int a = 0; a < f.size(); a++) {
      int inner = 1;
      for (int i = a + 1; i < f.size(); i++) {
        inner *= (int) f.atoms[i];
      }
      int n = (int) f.atoms[a];
      double[] p = new double[n];
      for (int i = 0; i < v.length; ) {
        for (int j = 0; j < n; j++) {
          double sum = p[j];
          for (int in = 0; in < inner; in++, i++) {
            sum += v[i] * v[i];
          }
          p[j] = sum;
        }
      }
      double each = (double) v.length / n;
      double chi = 0;
      for (int i = 0; i < n; i++) {
        p[i] /= each * m2;
        chi += (p[i] - 1) * (p[i] - 1) / (2 / each);
      }
      // χ² of n − 1 degrees; elements with heavier tails than the normal's get room by the factor
      // 3.
      if (exact && chi > 0 || each >= 8 && chi > 3 * (n + SIGNIFICANT * Math.sqrt(2.0 * n))) {
        r = r.withProfile(a, p);
      }
    }
    return r;
  }
}
