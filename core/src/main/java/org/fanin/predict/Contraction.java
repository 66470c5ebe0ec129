package org.fanin.predict;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
    Map<Integer, List<int[]>> byLabel = new LinkedHashMap<>();
    Field x = a;
    Field y = b;
    Set<Integer> labels = new LinkedHashSet<>(out);
    labels.addAll(la);
    labels.addAll(lb);
    for (int label : labels) {
      int i = la.indexOf(label);
      int j = lb.indexOf(label);
      if (i >= 0 && j >= 0 && x.dim(i) > 1 && y.dim(j) > 1) {
        Field[] xy = Fields.alignAxis(x, i, y, j);
        x = xy[0];
        y = xy[1];
      }
    }
    int[] runs = new int[out.size()];
    List<int[]> kept = new ArrayList<>();
    for (int o = 0; o < runs.length; o++) {
      List<int[]> pairs = atomsOf(x, la, y, lb, out.get(o));
      byLabel.put(out.get(o), pairs);
      kept.addAll(pairs);
      runs[o] = pairs.size();
    }
    List<int[]> summed = new ArrayList<>();
    for (int label : labels) {
      if (!byLabel.containsKey(label)) {
        summed.addAll(atomsOf(x, la, y, lb, label));
      }
    }
    return contract(x, y, kept, summed, runs);
  }

  /// Atom positions (in x or −1, in y or −1) that make up one label.
  private static List<int[]> atomsOf(
      Field x, List<Integer> la, Field y, List<Integer> lb, int label) {
    int i = la.indexOf(label);
    int j = lb.indexOf(label);
    int nx = i < 0 ? 0 : x.runs[i];
    int ny = j < 0 ? 0 : y.runs[j];
    List<int[]> r = new ArrayList<>();
    for (int t = 0; t < Math.max(nx, ny); t++) {
      r.add(new int[] {nx > 0 ? x.first(i) + t : -1, ny > 0 ? y.first(j) + t : -1});
    }
    return r;
  }

  private static Field contract(
      Field x, Field y, List<int[]> kept, List<int[]> summed, int[] runs) {
    int no = kept.size();
    int ns = summed.size();
    long[] atoms = new long[no];
    double[][] profiles = new double[no][];
    PairProfile[] pk = new PairProfile[no];
    int channels = 0;
    for (int o = 0; o < no; o++) {
      int[] p = kept.get(o);
      atoms[o] = p[0] >= 0 ? x.atoms[p[0]] : y.atoms[p[1]];
      pk[o] = PairProfile.of(profile(x, p[0]), profile(y, p[1]));
      profiles[o] = pk[o].product();
      boolean cx = p[0] >= 0 && (x.channels >> p[0] & 1) != 0;
      boolean cy = p[1] >= 0 && (y.channels >> p[1] & 1) != 0;
      channels |= cx || cy ? 1 << o : 0;
    }
    double[] raw = new double[1 << no];
    double terms = 1;
    double[][] ws = new double[ns][2];
    for (int s = 0; s < ns; s++) {
      int[] p = summed.get(s);
      double n = p[0] >= 0 ? x.atoms[p[0]] : y.atoms[p[1]];
      PairProfile pp = PairProfile.of(profile(x, p[0]), profile(y, p[1]));
      // In units of n² so that nothing overflows for large sums.
      ws[s][0] = pp.same() / n;
      ws[s][1] = pp.differ() * (1 - 1 / n);
      terms *= n;
    }
    for (int m = 0; m < raw.length; m++) {
      raw[m] = pairMoment(x, y, kept, summed, ws, pk, m);
    }
    Field shell = new Field(atoms, runs, 0, 0, raw, profiles, x.spread() + y.spread(), 0, channels);
    double unit = x.ln + y.ln + 2 * Math.log(terms);
    return shell
        .rescaled(raw, x.mean * y.mean, unit)
        .withSpread(x.spread() + y.spread(), Math.max(x.overlap, y.overlap), channels);
  }

  private static double[] profile(Field f, int atom) {
    return atom < 0 ? null : f.profiles[atom];
  }

  private static double pairMoment(
      Field x,
      Field y,
      List<int[]> kept,
      List<int[]> summed,
      double[][] ws,
      PairProfile[] pk,
      int m) {
    int mx = 0;
    int my = 0;
    double factor = 1;
    for (int o = 0; o < pk.length; o++) {
      boolean differ = (m >> o & 1) != 0;
      int[] p = kept.get(o);
      if (differ) {
        mx |= p[0] >= 0 ? 1 << p[0] : 0;
        my |= p[1] >= 0 ? 1 << p[1] : 0;
      }
      if (p[0] >= 0 && p[1] >= 0) {
        factor *= differ ? pk[o].differ() : pk[o].same();
      }
    }
    double total = 0;
    for (int d = 0; d < 1 << summed.size(); d++) {
      int sx = mx;
      int sy = my;
      double w = factor;
      for (int s = 0; s < ws.length; s++) {
        boolean differ = (d >> s & 1) != 0;
        w *= ws[s][differ ? 1 : 0];
        if (differ) {
          int[] p = summed.get(s);
          sx |= p[0] >= 0 ? 1 << p[0] : 0;
          sy |= p[1] >= 0 ? 1 << p[1] : 0;
        }
      }
      double kx = x.k[sx];
      total += kx == 0 ? 0 : w * kx * y.k[sy];
    }
    return total;
  }
}
