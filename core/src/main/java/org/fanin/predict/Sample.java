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

  private Sample() {}

  /// Mean, second and fourth moment, extremes.
  record Stats(long count, double mean, double m2, double m4, double largest, long nonFinite) {
    static Stats of(Tensor t) {
      return Elements.of(t).stats();
    }
  }

  /// @param sums of the elements of `t`, or of another view of the same bytes
  /// @param m2 second moment to use (a recognised scheme's, or the sample's)
  static Field field(Tensor t, Elements.Sums sums, double m2) {
    return field(t, sums, m2, false);
  }

  /// Of numbers that are the same in every draw: where their second moments differ they differ.
  static Field exact(Tensor t, Elements.Sums sums) {
    return field(t, sums, sums.stats().m2(), true);
  }

  private static Field field(Tensor t, Elements.Sums sums, double m2, boolean exact) {
    Shape shape = t.shape();
    Stats s = sums.stats();
    if (s.count() == 0 || !(m2 > 0)) {
      return Field.zero(shape);
    }
    if (s.count() == 1) {
      return Field.constant(shape, s.mean(), Math.log(m2));
    }
    Field f = Field.iid(shape, Math.log(m2));
    if (sums.momentsOnly()) {
      return large(f, s, m2);
    }
    int[] axes = t.wideAxes();
    double[] k = new double[f.k.length];
    double own = sums.meanSquares()[0];
    k[0] = 1;
    boolean structured = nearlyConstant(s);
    for (int m = 1; m < k.length; m++) {
      double total = sums.meanSquares()[moved(m, axes)] / own;
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
    return profiled(r, sums, axes, exact);
  }

  /// A set of atoms as one of axes.
  private static int moved(int mask, int[] axes) {
    int m = 0;
    for (int i = 0; i < axes.length; i++) {
      m |= (mask >> i & 1) << axes[i];
    }
    return m;
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

  /// Second moments along each atom where they really differ: a padding row of zeros, blocks of
  /// another scale, image borders.
  private static Field profiled(Field f, Elements.Sums sums, int[] axes, boolean exact) {
    Field r = f;
    double m2 = sums.meanSquares()[0];
    for (int a = 0; a < f.size(); a++) {
      double[] p = sums.profiles()[axes[a]].clone();
      int n = p.length;
      double each = (double) sums.stats().count() / n;
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
