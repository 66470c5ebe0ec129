package org.fanin.predict;

/// How the gradient of a parameter scatters because it is a sum over samples. The gradients of B
/// samples that all pass through r logits are B vectors of r directions: their squared lengths
/// average over r·B squares, the squared length of their sum over r only. By the squared cosine o
/// of two samples ([Overlap#cosine], here 1/r) the relative variance of the second moment goes from
/// 2·o·(mean squared correlation of the samples) to 2·o·tr (XG)²/(tr XG)², with G the samples' own
/// correlations and X those of what each is multiplied by: 1 for a bias, the inputs for a weight.
/// (Quadratic form of normal variables; Searle 1971, ch. 2, theorem 1.)
final class Interference {
  private Interference() {}

  /// Relative variance that summing adds.
  ///
  /// @param extents of the summed atoms
  /// @param g correlation of the gradient of two samples per class of pairs over those atoms
  /// @param x the same of the factors
  /// @param cosine [Overlap#cosine] of the gradient, `other` of the factors
  static double added(long[] extents, double[] g, double[] x, double cosine, double other) {
    double before = 0;
    double[] w = PairClasses.weights(extents);
    for (int m = 0; m < w.length; m++) {
      before += w[m] * g[m] * g[m];
    }
    double[] eg = eigenvalues(extents, g);
    double[] ex = eigenvalues(extents, x);
    double trace = 0;
    double squares = 0;
    for (int s = 0; s < eg.length; s++) {
      double e = Math.max(0, eg[s] * ex[s]);
      double times = multiplicity(extents, s);
      trace += times * e;
      squares += times * e * e;
    }
    if (!(trace > 0)) {
      return 0;
    }
    double after = squares / (trace * trace);
    after += other * (1 - after);
    return 2 * cosine * Math.max(0, after - before);
  }

  /// [#added] by a plain sum of a gradient over atoms. None where they are units of fresh weights.
  ///
  /// @param among bits of the summed atoms
  static double added(Field g, int among) {
    int[] atoms = atoms(g, among);
    double[] k = classes(g, atoms);
    return among == 0 || (among & g.channels) != 0
        ? 0
        : added(extents(g, atoms), k, PointwiseMoments.ones(k.length), g.overlap.cosine(), 0);
  }

  /// [#added] by a sum of g·x, element by element, over atoms that both have.
  static double added(Field g, Field x, int among) {
    int[] atoms = atoms(g, among);
    return (among & g.channels) != 0 ? 0 : added(g, x, atoms, atoms);
  }

  /// The same where the atoms of x stand elsewhere.
  static double added(Field g, Field x, int[] ofG, int[] ofX) {
    return ofG.length == 0
        ? 0
        : added(
            extents(g, ofG),
            classes(g, ofG),
            classes(x, ofX),
            g.overlap.cosine(),
            x.overlap.cosine());
  }

  private static int[] atoms(Field f, int among) {
    int[] r = new int[Integer.bitCount(among)];
    for (int a = 0, i = 0; a < f.size(); a++) {
      if ((among >> a & 1) != 0) {
        r[i++] = a;
      }
    }
    return r;
  }

  private static long[] extents(Field f, int[] atoms) {
    long[] r = new long[atoms.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = f.atoms[atoms[i]];
    }
    return r;
  }

  /// Pair moments by which of these atoms differ.
  private static double[] classes(Field f, int[] atoms) {
    int[] masks = new int[1 << atoms.length];
    double[] k = new double[masks.length];
    for (int i = 0; i < atoms.length; i++) {
      for (int m = 0; m < 1 << i; m++) {
        masks[m | 1 << i] = masks[m] | 1 << atoms[i];
      }
    }
    for (int m = 0; m < k.length; m++) {
      k[m] = f.k[masks[m]];
    }
    return k;
  }

  /// Of the matrix over all indices whose entries are k of the pair's class, over its size: bit a
  /// of s says whether the eigenvectors vary along atom a or are constant.
  private static double[] eigenvalues(long[] extents, double[] k) {
    double[] e = k.clone();
    for (int a = 0; a < extents.length; a++) {
      double n = extents[a];
      for (int m = 0; m < e.length; m++) {
        if ((m >> a & 1) == 0) {
          double same = e[m];
          double differ = e[m | 1 << a];
          e[m] = (same + (n - 1) * differ) / n;
          e[m | 1 << a] = (same - differ) / n;
        }
      }
    }
    return e;
  }

  private static double multiplicity(long[] extents, int s) {
    double times = 1;
    for (int a = 0; a < extents.length; a++) {
      times *= (s >> a & 1) == 0 ? 1 : extents[a] - 1.0;
    }
    return times;
  }
}
