package org.fanin.predict;

import java.util.List;

/// Sum of products over shared labels, y_out = Σ a·b, for independent fields a and b.
///
/// E[y y′] = Σ over pairs of summed indices (s, s′) of E[a a′]·E[b b′]: for each summed atom of
/// extent n there are n pairs with s = s′ and n(n−1) with s ≠ s′. With independent zero-mean
/// weights only s = s′ survives and this is n·σ²·E[x²] (He et al. 2015, eq. 8); the other terms are
/// the mean path, token covariance in attention, and the like.
final class Contraction {
  private Contraction() {}

  /// @param la label of each axis of a; lb of b; out of the result. A label in `out` that neither
  ///   operand has is not allowed.
  static Field of(Field a, List<Integer> la, Field b, List<Integer> lb, List<Integer> out) {
    Field x = a;
    Field y = b;
    for (int i = 0; i < la.size(); i++) {
      int j = lb.indexOf(la.get(i));
      if (j >= 0 && x.dim(i) > 1 && y.dim(j) > 1) {
        Field[] xy = Fields.alignAxis(x, i, y, j);
        x = xy[0];
        y = xy[1];
      }
    }
    Atoms kept = new Atoms(x, y);
    int[] runs = new int[out.size()];
    for (int o = 0; o < runs.length; o++) {
      runs[o] = kept.add(la.indexOf(out.get(o)), lb.indexOf(out.get(o)));
    }
    Atoms summed = new Atoms(x, y);
    for (int i = 0; i < la.size(); i++) {
      if (!out.contains(la.get(i))) {
        summed.add(i, lb.indexOf(la.get(i)));
      }
    }
    for (int j = 0; j < lb.size(); j++) {
      if (!out.contains(lb.get(j)) && !la.contains(lb.get(j))) {
        summed.add(-1, j);
      }
    }
    return contract(x, y, kept, summed, runs);
  }

  /// Atoms of the sum or of the result, each with its position in x and in y (−1 where it has none)
  /// and the profiles of both multiplied.
  private static final class Atoms {
    private final Field x;
    private final Field y;
    private final int[] inX;
    private final int[] inY;
    private final PairProfile[] profiles;
    private int size;

    Atoms(Field x, Field y) {
      this.x = x;
      this.y = y;
      int most = x.size() + y.size();
      this.inX = new int[most];
      this.inY = new int[most];
      this.profiles = new PairProfile[most];
    }

    /// Adds the atoms of one label.
    ///
    /// @param i axis of x that has it, or −1; j axis of y
    /// @return how many there are
    int add(int i, int j) {
      int nx = i < 0 ? 0 : x.runs[i];
      int ny = j < 0 ? 0 : y.runs[j];
      int firstX = nx > 0 ? x.first(i) : -1;
      int firstY = ny > 0 ? y.first(j) : -1;
      int n = Math.max(nx, ny);
      for (int t = 0; t < n; t++) {
        inX[size] = nx > 0 ? firstX + t : -1;
        inY[size] = ny > 0 ? firstY + t : -1;
        profiles[size] =
            PairProfile.of(
                nx > 0 ? x.profiles[firstX + t] : null, ny > 0 ? y.profiles[firstY + t] : null);
        size++;
      }
      return n;
    }

    long extent(int a) {
      return inX[a] >= 0 ? x.atoms[inX[a]] : y.atoms[inY[a]];
    }

    boolean shared(int a) {
      return inX[a] >= 0 && inY[a] >= 0;
    }

    boolean isChannel(int a) {
      return inX[a] >= 0 && (x.channels >> inX[a] & 1) != 0
          || inY[a] >= 0 && (y.channels >> inY[a] & 1) != 0;
    }

    /// For every mask over these atoms the mask of the same differences over an operand's.
    int[] masks(int[] in) {
      int[] r = new int[1 << size];
      for (int a = 0; a < size; a++) {
        int bit = in[a] >= 0 ? 1 << in[a] : 0;
        for (int m = 0; m < 1 << a; m++) {
          r[m | 1 << a] = r[m] | bit;
        }
      }
      return r;
    }
  }

  private static Field contract(Field x, Field y, Atoms kept, Atoms summed, int[] runs) {
    int no = kept.size;
    int axes = 0;
    for (int r : runs) {
      axes += r > 0 ? 1 : 0;
    }
    if (axes > Field.MAX_ATOMS) {
      throw new Context.MissingRule(FieldAtoms.tooManyAxes(axes));
    }
    long[] atoms = new long[no];
    double[][] profiles = new double[no][];
    int channels = 0;
    for (int o = 0; o < no; o++) {
      atoms[o] = kept.extent(o);
      profiles[o] = kept.profiles[o].product();
      channels |= kept.isChannel(o) ? 1 << o : 0;
    }
    double terms = 1;
    for (int s = 0; s < summed.size; s++) {
      terms *= summed.extent(s);
    }
    double spread = x.spread() + y.spread();
    double[] raw = pairMoments(x, y, kept, summed);
    Field r =
        new Field(atoms, runs, 0, 0, raw, profiles, spread, Overlap.NONE, channels)
            .rescaled(raw, x.mean * y.mean, x.ln + y.ln + 2 * Math.log(terms))
            .withSpread(spread, Overlap.most(x.overlap, y.overlap), channels);
    return FieldAtoms.capped(r);
  }

  private static double[] pairMoments(Field x, Field y, Atoms kept, Atoms summed) {
    int[] keptX = kept.masks(kept.inX);
    int[] keptY = kept.masks(kept.inY);
    int[] sumX = summed.masks(summed.inX);
    int[] sumY = summed.masks(summed.inY);
    double[] factors = factors(kept);
    double[] weights = weights(summed);
    double[] raw = new double[factors.length];
    for (int m = 0; m < raw.length; m++) {
      double total = 0;
      for (int d = 0; d < weights.length; d++) {
        double kx = x.k[keptX[m] | sumX[d]];
        total += kx == 0 ? 0 : weights[d] * kx * y.k[keptY[m] | sumY[d]];
      }
      raw[m] = total * factors[m];
    }
    return raw;
  }

  /// How two profiles along one kept atom change its pair moments.
  private static double[] factors(Atoms kept) {
    double[] f = new double[1 << kept.size];
    f[0] = 1;
    for (int o = 0; o < kept.size; o++) {
      double same = kept.shared(o) ? kept.profiles[o].same() : 1;
      double differ = kept.shared(o) ? kept.profiles[o].differ() : 1;
      for (int m = 0; m < 1 << o; m++) {
        f[m | 1 << o] = f[m] * differ;
        f[m] *= same;
      }
    }
    return f;
  }

  /// Share of the pairs of summed indices in each class: in units of n², so that nothing overflows
  /// for large sums.
  private static double[] weights(Atoms summed) {
    double[] w = new double[1 << summed.size];
    w[0] = 1;
    for (int s = 0; s < summed.size; s++) {
      double n = summed.extent(s);
      double same = summed.profiles[s].same() / n;
      double differ = summed.profiles[s].differ() * (1 - 1 / n);
      for (int d = 0; d < 1 << s; d++) {
        w[d | 1 << s] = w[d] * differ;
        w[d] *= same;
      }
    }
    return w;
  }
}
