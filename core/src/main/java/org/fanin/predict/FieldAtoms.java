package org.fanin.predict;

import org.fanin.tensor.Shape;

/// The atoms of a field taken apart, put together, reordered, added and removed. What these maps do
/// to pair moments is all that reshapes, broadcasts, sums and selections need.
final class FieldAtoms {
  private FieldAtoms() {}

  // ---- two from one, one from two ----

  /// Atom `a` of extent n becomes two: outer extent n/inner and inner extent `inner`.
  static Field split(Field f, int a, long inner) {
    int n = f.atoms.length;
    long[] na = new long[n + 1];
    double[][] np = new double[n + 1][];
    for (int i = 0; i < n; i++) {
      int to = i <= a ? i : i + 1;
      na[to] = f.atoms[i];
      np[to] = f.profiles[i];
    }
    na[a] = f.atoms[a] / inner;
    na[a + 1] = inner;
    np[a] = null;
    np[a + 1] = null;
    if (f.profiles[a] != null) {
      np[a] = blockMeans(f.profiles[a], (int) inner, true);
      np[a + 1] = blockMeans(f.profiles[a], (int) inner, false);
    }
    double[] nk = new double[f.k.length * 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < nk.length; m++) {
      int rest = (m & low) | ((m >> 1) & ~((1 << (a + 1)) - 1));
      boolean differs = (m >> a & 3) != 0;
      nk[m] = f.k[differs ? rest | 1 << a : rest & ~(1 << a)];
    }
    return f.onAtoms(na, moreRuns(f, f.axisOf(a), 1), np, nk, twice(f.channels, a));
  }

  private static double[] blockMeans(double[] p, int inner, boolean outer) {
    int blocks = p.length / inner;
    double[] r = new double[outer ? blocks : inner];
    for (int i = 0; i < p.length; i++) {
      r[outer ? i / inner : i % inner] += p[i] / (outer ? inner : blocks);
    }
    return r;
  }

  /// Bit a of a mask for both of the new atoms.
  private static int twice(int mask, int a) {
    int low = mask & ((1 << a) - 1);
    int high = (mask >> (a + 1)) << (a + 2);
    int mid = (mask >> a & 1) * 3 << a;
    return low | mid | high;
  }

  /// Atoms a and a+1 of one axis become one. Pair classes are averaged by their counts.
  static Field merge(Field f, int a) {
    int n = f.atoms.length;
    long[] na = new long[n - 1];
    double[][] np = new double[n - 1][];
    for (int i = 0; i < n; i++) {
      if (i != a + 1) {
        int to = i <= a ? i : i - 1;
        na[to] = f.atoms[i];
        np[to] = f.profiles[i];
      }
    }
    na[a] = f.atoms[a] * f.atoms[a + 1];
    np[a] = outer(f, a);
    int nc =
        (f.channels & ((1 << a) - 1))
            | ((f.channels >> a & 3) == 3 ? 1 << a : 0)
            | (f.channels >> (a + 2)) << (a + 1);
    return f.onAtoms(na, moreRuns(f, f.axisOf(a), -1), np, merged(f, a), nc);
  }

  private static double[] merged(Field f, int a) {
    double both = 1 - 1.0 / f.atoms[a] / f.atoms[a + 1];
    double w1 = (1 - 1.0 / f.atoms[a]) / f.atoms[a + 1] / both;
    double w2 = (1 - 1.0 / f.atoms[a + 1]) / f.atoms[a] / both;
    double[] nk = new double[f.k.length / 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < nk.length; m++) {
      int rest = (m & low) | (m & ~((1 << (a + 1)) - 1)) << 1;
      nk[m] =
          (m >> a & 1) == 0
              ? f.k[rest]
              : w1 * f.k[rest | 1 << a]
                  + w2 * f.k[rest | 2 << a]
                  + (1 - w1 - w2) * f.k[rest | 3 << a];
    }
    return nk;
  }

  private static double[] outer(Field f, int a) {
    double[] p1 = f.profiles[a];
    double[] p2 = f.profiles[a + 1];
    if (p1 == null && p2 == null) {
      return null;
    }
    int n2 = (int) f.atoms[a + 1];
    double[] p = new double[Math.multiplyExact((int) f.atoms[a], n2)];
    for (int i = 0; i < p.length; i++) {
      p[i] = (p1 == null ? 1 : p1[i / n2]) * (p2 == null ? 1 : p2[i % n2]);
    }
    return p;
  }

  /// One atom at most on the given axis.
  static Field mergedAxis(Field of, int axis) {
    Field f = of;
    while (f.runs[axis] > 1) {
      f = merge(f, f.first(axis));
    }
    return f;
  }

  /// 2^axes classes of pairs are more than can be followed.
  static String tooManyAxes(int axes) {
    return "a tensor of " + axes + " axes; at most " + Field.MAX_ATOMS + " are followed";
  }

  /// @throws Context.MissingRule when a shape has more axes than can be followed
  static void checkAxes(Shape shape) {
    int wide = 0;
    for (int i = 0; i < shape.rank(); i++) {
      wide += shape.dim(i) != 1 ? 1 : 0;
    }
    if (wide > Field.MAX_ATOMS) {
      throw new Context.MissingRule(tooManyAxes(wide));
    }
  }

  /// [Field#MAX_ATOMS] at most: the axis with most atoms loses one.
  static Field capped(Field of) {
    Field f = of;
    while (f.atoms.length > Field.MAX_ATOMS) {
      int axis = 0;
      for (int i = 0; i < f.runs.length; i++) {
        axis = f.runs[i] > f.runs[axis] ? i : axis;
      }
      if (f.runs[axis] < 2) {
        throw new Context.MissingRule(tooManyAxes(f.atoms.length));
      }
      f = merge(f, f.first(axis));
    }
    return f;
  }

  // ---- order ----

  /// Atom i of the result is atom `order[i]`.
  ///
  /// @param runs atoms per axis of the result
  static Field permuted(Field f, int[] order, int[] runs) {
    int n = f.atoms.length;
    long[] na = new long[n];
    double[][] np = new double[n][];
    int nc = 0;
    for (int i = 0; i < n; i++) {
      na[i] = f.atoms[order[i]];
      np[i] = f.profiles[order[i]];
      nc |= (f.channels >> order[i] & 1) << i;
    }
    double[] nk = new double[f.k.length];
    for (int m = 0; m < nk.length; m++) {
      int old = 0;
      for (int i = 0; i < n; i++) {
        old |= (m >> i & 1) << order[i];
      }
      nk[m] = f.k[old];
    }
    return f.onAtoms(na, runs, np, nk, nc);
  }

  // ---- more and fewer ----

  /// A new atom of extent n at position `a` on `axis`: copies of one another (`same`) or unrelated.
  static Field inserted(Field f, int a, int axis, long n, boolean same) {
    int size = f.atoms.length;
    long[] na = new long[size + 1];
    double[][] np = new double[size + 1][];
    for (int i = 0; i < size; i++) {
      na[i < a ? i : i + 1] = f.atoms[i];
      np[i < a ? i : i + 1] = f.profiles[i];
    }
    na[a] = n;
    double[] nk = new double[f.k.length * 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < nk.length; m++) {
      int rest = (m & low) | ((m >> (a + 1)) << a);
      nk[m] = same || (m >> a & 1) == 0 ? f.k[rest] : 0;
    }
    int nc = (f.channels & low) | (f.channels & ~low) << 1;
    return f.onAtoms(na, moreRuns(f, axis, 1), np, nk, nc);
  }

  /// Atom `a` removed by choosing pairs with `weightSame` equal and `weightDiffer` different
  /// indices (sums, means, selection).
  static Field collapsed(
      Field f, int a, double weightSame, double weightDiffer, double meanFactor) {
    int size = f.atoms.length;
    double[] raw = new double[f.k.length / 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < raw.length; m++) {
      int rest = (m & low) | (m & ~low) << 1;
      raw[m] = weightSame * f.k[rest] + weightDiffer * f.k[rest | 1 << a];
    }
    long[] na = new long[size - 1];
    double[][] np = new double[size - 1][];
    for (int i = 0; i < size; i++) {
      if (i != a) {
        na[i < a ? i : i - 1] = f.atoms[i];
        np[i < a ? i : i - 1] = f.profiles[i];
      }
    }
    int nc = (f.channels & low) | (f.channels >> (a + 1)) << a;
    Field shell = f.onAtoms(na, moreRuns(f, f.axisOf(a), -1), np, f.k, nc);
    if (raw[0] < 1e-14 * (weightSame + weightDiffer)) {
      // An exact cancellation: what remains is what was too small to be carried.
      double left = f.dust + Math.log(weightSame);
      return Field.iidOn(shell, weightSame > 0 ? left : Double.NEGATIVE_INFINITY);
    }
    return shell.rescaled(raw, f.mean * meanFactor, f.ln);
  }

  static Field meanOver(Field of, int axis) {
    Field f = of;
    while (f.runs[axis] > 0) {
      int a = f.first(axis);
      double n = f.atoms[a];
      f = collapsed(f, a, 1 / n, 1 - 1 / n, 1);
    }
    return f;
  }

  /// x minus its mean over the axes: pair moments lose their average over those axes.
  static Field centredOver(Field f, int among) {
    double[] raw = new double[f.k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = f.k[m] - f.average(among, m & ~among);
    }
    // Rounding must not turn an exact cancellation into a negative second moment.
    raw[0] = raw[0] < 1e-15 ? 0 : raw[0];
    Field r = f.rescaled(raw, 0, f.ln).withProfiles(centredProfiles(f, among));
    int spatial = f.near == null ? 0 : Nearby.mask(f, 1, 1);
    if (f.near == null || (among & spatial) != spatial) {
      return r;
    }
    double mean = f.average(among, 0);
    return Nearby.put(r, Nearby.filled((d, g) -> f.near.k()[d][g] - mean));
  }

  /// E (x_i − x̄)² along each atom: pairs scale with √p, so with A the mean pair moment it is p −
  /// 2A·√p over the mean of √p, + A. Where the mean is most of x, a border that hears less is what
  /// stands out.
  private static double[][] centredProfiles(Field f, int among) {
    double[][] r = f.profiles.clone();
    double mean = f.average(among, 0);
    for (int a = 0; a < r.length; a++) {
      if (r[a] == null || (among >> a & 1) == 0 || !(mean < 1)) {
        continue;
      }
      double[] p = r[a];
      double root = java.util.Arrays.stream(p).map(Math::sqrt).average().orElse(1);
      double[] q =
          java.util.Arrays.stream(p)
              .map(v -> Math.max(0, v - 2 * mean * Math.sqrt(v) / root + mean))
              .toArray();
      double level = java.util.Arrays.stream(q).average().orElse(0);
      r[a] = level > 1e-9 ? java.util.Arrays.stream(q).map(v -> v / level).toArray() : p;
    }
    return r;
  }

  private static int[] moreRuns(Field f, int axis, int by) {
    int[] runs = f.runs.clone();
    runs[axis] += by;
    return runs;
  }
}
