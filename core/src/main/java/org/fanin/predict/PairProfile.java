package org.fanin.predict;

/// Two profiles along one atom, multiplied: how the averages over equal and over differing index
/// pairs change.
///
/// @param same mean of p·q
/// @param differ mean over i ≠ j of √(p_i q_i p_j q_j), relative to the same mean for p alone times
///   that for q alone
/// @param product p·q scaled to mean 1; null when flat
record PairProfile(double same, double differ, double[] product) {
  private static final PairProfile FLAT = new PairProfile(1, 1, null);

  static PairProfile of(double[] p, double[] q) {
    if (p == null && q == null) {
      return FLAT;
    }
    if (p == null || q == null) {
      return new PairProfile(1, 1, p == null ? q : p);
    }
    int n = p.length;
    double[] r = new double[n];
    double same = 0;
    for (int i = 0; i < n; i++) {
      r[i] = p[i] * q[i];
      same += r[i] / n;
    }
    double d = pairMean(p) * pairMean(q);
    double differ = d > 0 ? pairMean(r) / d : 0;
    if (same > 0) {
      for (int i = 0; i < n; i++) {
        r[i] /= same;
      }
    }
    return new PairProfile(same, differ, r);
  }

  /// Mean over i ≠ j of √(p_i p_j).
  static double pairMean(double[] p) {
    int n = p.length;
    if (n < 2) {
      return 1;
    }
    double s = 0;
    double s2 = 0;
    for (double v : p) {
      s += Math.sqrt(v);
      s2 += v;
    }
    return Math.max(0, (s * s - s2) / ((double) n * (n - 1)));
  }
}
