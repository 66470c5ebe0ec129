package org.fanin.predict;

/// Averages over the classes of index pairs of a field: which share of all pairs agrees and differs
/// in which atoms.
final class PairClasses {
  private PairClasses() {}

  /// Share of all index pairs (i, j), i = j included, that fall in the class, over the atoms in
  /// `among`.
  static double weight(long[] atoms, int mask, int among) {
    double w = 1;
    for (int a = 0; a < atoms.length; a++) {
      if ((among >> a & 1) != 0) {
        double n = atoms[a];
        w *= (mask >> a & 1) != 0 ? 1 - 1 / n : 1 / n;
      }
    }
    return w;
  }

  /// [#weight] of every class over all atoms.
  static double[] weights(long[] atoms) {
    double[] w = new double[1 << atoms.length];
    w[0] = 1;
    for (int a = 0; a < atoms.length; a++) {
      double same = 1 / (double) atoms[a];
      for (int m = 0; m < 1 << a; m++) {
        w[m | 1 << a] = w[m] * (1 - same);
        w[m] *= same;
      }
    }
    return w;
  }

  /// Mean over all pairs of the atoms in `among` (differing or not), the others as in `fixed`.
  static double average(long[] atoms, double[] values, int among, int fixed) {
    double s = 0;
    int sub = among;
    while (true) {
      s += weight(atoms, sub, among) * values[sub | (fixed & ~among)];
      if (sub == 0) {
        return s;
      }
      sub = (sub - 1) & among;
    }
  }

  /// Mean of one number per class over all pairs.
  static double average(long[] atoms, double[] values) {
    double[] w = weights(atoms);
    double s = 0;
    for (int m = w.length - 1; m >= 0; m--) {
      s += w[m] * values[m];
    }
    return s;
  }

  /// Relative variance over initialisations of a tensor's m2 that its own finite number of Gaussian
  /// elements makes: 2·(mean over all pairs of the squared correlation).
  static double ownSpread(Field f) {
    double v = f.centred();
    if (v <= 1e-12 || f.isZero()) {
      return 0;
    }
    double m2 = f.mean * f.mean;
    double[] w = weights(f.atoms);
    double s = 0;
    for (int m = w.length - 1; m >= 0; m--) {
      double r = Math.clamp((f.k[m] - m2) / v, -1.0, 1.0);
      double r2 = r * r;
      if (m != 0 && (m & f.channels) == 0) {
        r2 += f.overlap.squares() * (1 - r2);
      }
      s += w[m] * r2;
    }
    return 2 * v * v * s;
  }
}
