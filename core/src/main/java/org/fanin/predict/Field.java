package org.fanin.predict;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.fanin.tensor.Shape;

/// Second moments of one tensor, or of its gradient, over the ensemble of weights and inputs:
/// E[x_i·x_j] for every way in which two index tuples i, j can agree or differ, axis by axis. Axes
/// are held as *atoms*: a tensor axis that came from merging (heads, head size) keeps both, so that
/// reshapes lose nothing.
///
/// Bit a of a mask is set when the two indices differ in atom a. `k[mask]` is the average of
/// E[x_i·x_j] over all such pairs, divided by m2, so `k[0] = 1`; the scale is carried as `ln` = ln
/// m2, and no depth of network can under- or overflow it. Axes of extent 1 have no atom.
///
/// Along an atom the second moment may vary (zero padding, a causal mask, one selected token):
/// `profile` has mean 1 and m2 at index i is m2·Π profile_a(i_a). Pairs scale with the square
/// roots.
///
/// Finite width: `base` is the variance over initialisations of ln m2 inherited from earlier
/// layers, `overlap` the mean squared correlation of two samples that stays when their mean
/// correlation is 0 (it grows by about 1/width per layer; see docs), `channels` the atoms made by
/// fresh weights.
///
/// Immutable.
final class Field {
  /// More atoms than this are merged: 2^10 pair classes.
  static final int MAX_ATOMS = 10;

  final long[] atoms;
  final int[] runs;
  final double ln;
  final double mean;
  final double[] k;
  final double[][] profiles;
  final double base;
  final double overlap;
  final int channels;

  /// ln of the second moment of summands too small for `k` to resolve beside the rest (a layer
  /// scale of 1e-6): what is left when the rest cancels exactly.
  final double dust;

  /// What [#ownSpread] has found; the same whoever asks first.
  private double own = Double.NaN;

  Field(
      long[] atoms,
      int[] runs,
      double ln,
      double mean,
      double[] k,
      double[][] profiles,
      double base,
      double overlap,
      int channels) {
    this(atoms, runs, ln, mean, k, profiles, base, overlap, channels, Double.NEGATIVE_INFINITY);
  }

  Field(
      long[] atoms,
      int[] runs,
      double ln,
      double mean,
      double[] k,
      double[][] profiles,
      double base,
      double overlap,
      int channels,
      double dust) {
    this.atoms = atoms;
    this.runs = runs;
    this.ln = ln;
    this.mean = mean;
    this.k = k;
    this.profiles = profiles;
    this.base = base;
    this.overlap = overlap;
    this.channels = channels;
    this.dust = dust;
  }

  // ---- making fields ----

  /// Independent zero-mean elements of second moment exp(ln).
  static Field iid(Shape shape, double ln) {
    return uniform(shape, 0, ln, 0);
  }

  /// All elements equal to one number: its square is exp(ln), its sign that of `mean`.
  static Field constant(Shape shape, double mean, double ln) {
    return uniform(shape, Math.signum(mean), ln, 1);
  }

  /// All pairs of different elements have the moment `pairs`.
  private static Field uniform(Shape shape, double mean, double ln, double pairs) {
    int rank = shape.rank();
    int[] runs = new int[rank];
    long[] wide = new long[rank];
    int n = 0;
    for (int i = 0; i < rank; i++) {
      if (shape.dim(i) != 1) {
        wide[n++] = shape.dim(i);
        runs[i] = 1;
      }
    }
    double[] k = new double[1 << n];
    Arrays.fill(k, pairs);
    k[0] = 1;
    long[] atoms = n == rank ? wide : Arrays.copyOf(wide, n);
    return new Field(atoms, runs, ln, mean, k, new double[n][], 0, 0, 0).capped();
  }

  /// Independent elements on the atoms of another field.
  static Field iidOn(Field like, double ln) {
    double[] k = new double[1 << like.atoms.length];
    k[0] = 1;
    return new Field(
        like.atoms,
        like.runs,
        ln,
        0,
        k,
        new double[like.atoms.length][],
        like.base,
        like.overlap,
        like.channels);
  }

  static Field zero(Shape shape) {
    return iid(shape, Double.NEGATIVE_INFINITY);
  }

  Field with(double[] newK, double newMean, double newLn) {
    double shifted = isZero() || newLn == Double.NEGATIVE_INFINITY ? dust : dust + newLn - ln;
    return new Field(atoms, runs, newLn, newMean, newK, profiles, base, overlap, channels, shifted);
  }

  Field withProfiles(double[][] p) {
    return new Field(atoms, runs, ln, mean, k, p, base, overlap, channels, dust);
  }

  boolean isProfiled() {
    for (double[] p : profiles) {
      if (p != null) {
        return true;
      }
    }
    return false;
  }

  /// Without profiles and without what is known of the scatter.
  Field flat() {
    return new Field(atoms, runs, ln, mean, k, new double[atoms.length][], 0, 0, channels, dust);
  }

  Field withProfile(int atom, double[] p) {
    double[][] q = profiles.clone();
    q[atom] = p;
    return withProfiles(q);
  }

  Field withSpread(double newBase, double newOverlap, int newChannels) {
    return new Field(atoms, runs, ln, mean, k, profiles, newBase, newOverlap, newChannels, dust);
  }

  Field withDust(double newDust) {
    return new Field(atoms, runs, ln, mean, k, profiles, base, overlap, channels, newDust);
  }

  Field withBase(double newBase) {
    return withSpread(newBase, overlap, channels).likewise(this, isZero());
  }

  /// m2 multiplied by exp(lnFactor); the mean follows.
  Field scaled(double lnFactor) {
    return lnFactor == 0 ? this : with(k, mean, ln + lnFactor).likewise(this, isZero());
  }

  Field negated() {
    return with(k, -mean, ln);
  }

  /// @param raw unnormalised pair moments in units of exp(lnUnit); raw[0] is m2 in that unit
  Field rescaled(double[] raw, double rawMean, double lnUnit) {
    if (!(raw[0] > 0) || lnUnit == Double.NEGATIVE_INFINITY) {
      double[] z = new double[raw.length];
      z[0] = 1;
      return with(z, 0, Double.NEGATIVE_INFINITY);
    }
    return normalised(raw, rawMean, lnUnit + Math.log(raw[0]));
  }

  /// @param raw unnormalised pair moments, raw[0] > 0
  /// @param newLn ln m2
  Field normalised(double[] raw, double rawMean, double newLn) {
    double[] n = new double[raw.length];
    for (int i = 0; i < n.length; i++) {
      n[i] = Math.clamp(raw[i] / raw[0], -1.0, 1.0);
    }
    return with(n, Math.clamp(rawMean / Math.sqrt(raw[0]), -1.0, 1.0), newLn);
  }

  // ---- reading ----

  boolean isZero() {
    return ln == Double.NEGATIVE_INFINITY;
  }

  int rank() {
    return runs.length;
  }

  int size() {
    return atoms.length;
  }

  /// First atom of tensor axis `axis`.
  int first(int axis) {
    int a = 0;
    for (int i = 0; i < axis; i++) {
      a += runs[i];
    }
    return a;
  }

  long dim(int axis) {
    long n = 1;
    int a = first(axis);
    for (int i = 0; i < runs[axis]; i++) {
      n *= atoms[a + i];
    }
    return n;
  }

  long[] dims() {
    long[] d = new long[runs.length];
    int a = 0;
    for (int i = 0; i < d.length; i++) {
      d[i] = 1;
      for (int j = 0; j < runs[i]; j++) {
        d[i] *= atoms[a++];
      }
    }
    return d;
  }

  /// Bits of the atoms of one axis.
  int maskOf(int axis) {
    return ((1 << runs[axis]) - 1) << first(axis);
  }

  /// Share of all index pairs (i, j), i = j included, that fall in the class, over the atoms in
  /// `among`.
  double weight(int mask, int among) {
    double w = 1;
    for (int a = 0; a < atoms.length; a++) {
      if ((among >> a & 1) != 0) {
        double n = atoms[a];
        w *= (mask >> a & 1) != 0 ? 1 - 1 / n : 1 / n;
      }
    }
    return w;
  }

  /// Mean of k over all pairs of the atoms in `among` (differing or not), the others as in `fixed`.
  double average(int among, int fixed) {
    return average(k, among, fixed);
  }

  double average(double[] values, int among, int fixed) {
    double s = 0;
    int sub = among;
    while (true) {
      s += weight(sub, among) * values[sub | (fixed & ~among)];
      if (sub == 0) {
        return s;
      }
      sub = (sub - 1) & among;
    }
  }

  /// Mean of k over pairs that differ somewhere in `among` and agree elsewhere; NaN if `among` is
  /// empty.
  double averageDiffering(int among) {
    double same = weight(0, among);
    return (average(among, 0) - same) / (1 - same);
  }

  /// Variance in units of m2: 1 − mean².
  double centred() {
    return Math.max(0, 1 - mean * mean);
  }

  /// Relative variance over initialisations of the tensor's m2 that its own finite number of
  /// Gaussian elements makes: 2·(mean over all pairs of the squared correlation).
  double ownSpread() {
    if (Double.isNaN(own)) {
      own = computeOwnSpread();
    }
    return own;
  }

  /// The correlations are those of `like`: so is [#ownSpread].
  private Field likewise(Field like, boolean zero) {
    own = zero == isZero() ? like.own : own;
    return this;
  }

  private double computeOwnSpread() {
    double v = centred();
    if (v <= 1e-12 || isZero()) {
      return 0;
    }
    double m2 = mean * mean;
    double[] w = weights();
    double s = 0;
    for (int m = k.length - 1; m >= 0; m--) {
      double r = Math.clamp((k[m] - m2) / v, -1.0, 1.0);
      double r2 = r * r;
      if (m != 0 && (m & channels) == 0) {
        r2 += overlap * (1 - r2);
      }
      s += w[m] * r2;
    }
    return 2 * v * v * s;
  }

  /// Share of all index pairs in each class.
  double[] weights() {
    double[] w = new double[k.length];
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

  /// Mean of one number per pair class over all pairs.
  double average(double[] values) {
    double[] w = weights();
    double s = 0;
    for (int m = w.length - 1; m >= 0; m--) {
      s += w[m] * values[m];
    }
    return s;
  }

  /// Mean squared cosine of two unrelated inputs of a unit that sums `terms` elements: two random
  /// directions have 1/terms, on top of what was there.
  ///
  /// @param kurtosis of one weight: 3 normal, 1.8 uniform; it is the scatter of Σ w² that lasts
  static double grownOverlap(double overlap, double terms, double kurtosis) {
    return overlap + (1 - overlap) * Math.max(0, kurtosis - 1) / 2 / Math.max(1, terms);
  }

  /// Variance over initialisations of ln m2, Gaussian elements.
  double spread() {
    return base + ownSpread();
  }

  // ---- atoms ----

  /// Atom `a` of extent n becomes two: outer extent n/inner and inner extent `inner`.
  Field split(int a, long inner) {
    int n = atoms.length;
    long[] na = new long[n + 1];
    double[][] np = new double[n + 1][];
    for (int i = 0; i < n; i++) {
      int to = i <= a ? i : i + 1;
      na[to] = atoms[i];
      np[to] = profiles[i];
    }
    na[a] = atoms[a] / inner;
    na[a + 1] = inner;
    np[a] = null;
    np[a + 1] = null;
    if (profiles[a] != null) {
      np[a] = blockMeans(profiles[a], (int) inner, true);
      np[a + 1] = blockMeans(profiles[a], (int) inner, false);
    }
    double[] nk = new double[k.length * 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < nk.length; m++) {
      int rest = (m & low) | ((m >> 1) & ~((1 << (a + 1)) - 1));
      boolean differs = (m >> a & 3) != 0;
      nk[m] = k[differs ? rest | 1 << a : rest & ~(1 << a)];
    }
    int[] nr = runs.clone();
    nr[axisOf(a)]++;
    int nc = spreadBit(channels, a);
    return new Field(na, nr, ln, mean, nk, np, base, overlap, nc, dust);
  }

  private static int spreadBit(int mask, int a) {
    int low = mask & ((1 << a) - 1);
    int high = (mask >> (a + 1)) << (a + 2);
    int mid = (mask >> a & 1) * 3 << a;
    return low | mid | high;
  }

  private static double[] blockMeans(double[] p, int inner, boolean outer) {
    int blocks = p.length / inner;
    double[] r = new double[outer ? blocks : inner];
    for (int i = 0; i < p.length; i++) {
      r[outer ? i / inner : i % inner] += p[i] / (outer ? inner : blocks);
    }
    return r;
  }

  int axisOf(int atom) {
    int axis = 0;
    int a = atom;
    while (a >= runs[axis]) {
      a -= runs[axis++];
    }
    return axis;
  }

  /// Atoms a and a+1 of one axis become one. Pair classes are averaged by their counts.
  Field merge(int a) {
    int n = atoms.length;
    long[] na = new long[n - 1];
    double[][] np = new double[n - 1][];
    for (int i = 0; i < n; i++) {
      if (i != a + 1) {
        int to = i <= a ? i : i - 1;
        na[to] = atoms[i];
        np[to] = profiles[i];
      }
    }
    na[a] = atoms[a] * atoms[a + 1];
    np[a] = outer(a);
    double both = 1 - 1.0 / atoms[a] / atoms[a + 1];
    double w1 = (1 - 1.0 / atoms[a]) / atoms[a + 1] / both;
    double w2 = (1 - 1.0 / atoms[a + 1]) / atoms[a] / both;
    double[] nk = new double[k.length / 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < nk.length; m++) {
      int rest = (m & low) | (m & ~((1 << (a + 1)) - 1)) << 1;
      nk[m] =
          (m >> a & 1) == 0
              ? k[rest]
              : w1 * k[rest | 1 << a] + w2 * k[rest | 2 << a] + (1 - w1 - w2) * k[rest | 3 << a];
    }
    int[] nr = runs.clone();
    nr[axisOf(a)]--;
    int nc =
        (channels & low)
            | ((channels >> a & 3) == 3 ? 1 << a : 0)
            | (channels >> (a + 2)) << (a + 1);
    return new Field(na, nr, ln, mean, nk, np, base, overlap, nc, dust);
  }

  private double[] outer(int a) {
    if (profiles[a] == null && profiles[a + 1] == null) {
      return null;
    }
    int n1 = (int) atoms[a];
    int n2 = (int) atoms[a + 1];
    double[] p = new double[Math.multiplyExact(n1, n2)];
    for (int i = 0; i < p.length; i++) {
      p[i] =
          (profiles[a] == null ? 1 : profiles[a][i / n2])
              * (profiles[a + 1] == null ? 1 : profiles[a + 1][i % n2]);
    }
    return p;
  }

  /// One atom at most on the given axis.
  Field mergedAxis(int axis) {
    Field f = this;
    while (f.runs[axis] > 1) {
      f = f.merge(f.first(axis));
    }
    return f;
  }

  private Field capped() {
    Field f = this;
    while (f.atoms.length > MAX_ATOMS) {
      int axis = 0;
      for (int i = 0; i < f.runs.length; i++) {
        axis = f.runs[i] > f.runs[axis] ? i : axis;
      }
      if (f.runs[axis] < 2) {
        throw new IllegalStateException("tensor of more than " + MAX_ATOMS + " axes");
      }
      f = f.merge(f.first(axis));
    }
    return f;
  }

  // ---- shape ----

  /// The same elements, row-major, in another shape.
  Field reshape(Shape to) {
    long[] target = to.toArray();
    Field f = flattenRuns();
    int[] runs2 = new int[target.length];
    int atom = 0;
    for (int i = 0; i < target.length; i++) {
      long left = target[i];
      while (left > 1) {
        long n = f.atoms[atom];
        if (left % n == 0) {
          left /= n;
        } else if (n % left == 0) {
          f = f.split(atom, n / left);
          left = 1;
        } else {
          f = f.regroup(atom, left);
          continue;
        }
        atom++;
        runs2[i]++;
      }
    }
    return new Field(f.atoms, runs2, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels)
        .capped();
  }

  /// All atoms in one axis, so that merging and splitting ignore the old shape.
  private Field flattenRuns() {
    return new Field(
        atoms, new int[] {atoms.length}, ln, mean, k, profiles, base, overlap, channels, dust);
  }

  /// Neither extent divides the other: take the common factor out of atom, or merge with the next.
  private Field regroup(int atom, long want) {
    long g = gcd(atoms[atom], want);
    return g > 1 && g < atoms[atom] ? split(atom, atoms[atom] / g) : merge(atom);
  }

  private static long gcd(long a, long b) {
    while (b != 0) {
      long t = a % b;
      a = b;
      b = t;
    }
    return a;
  }

  /// Axes permuted: axis i of the result is axis `perm[i]`.
  Field transpose(int... perm) {
    int[] order = new int[atoms.length];
    int[] nr = new int[perm.length];
    int at = 0;
    for (int i = 0; i < perm.length; i++) {
      nr[i] = runs[perm[i]];
      int f = first(perm[i]);
      for (int j = 0; j < nr[i]; j++) {
        order[at++] = f + j;
      }
    }
    return permuted(order, nr);
  }

  private Field permuted(int[] order, int[] nr) {
    int n = atoms.length;
    long[] na = new long[n];
    double[][] np = new double[n][];
    int nc = 0;
    for (int i = 0; i < n; i++) {
      na[i] = atoms[order[i]];
      np[i] = profiles[order[i]];
      nc |= (channels >> order[i] & 1) << i;
    }
    double[] nk = new double[k.length];
    for (int m = 0; m < nk.length; m++) {
      int old = 0;
      for (int i = 0; i < n; i++) {
        old |= (m >> i & 1) << order[i];
      }
      nk[m] = k[old];
    }
    return new Field(na, nr, ln, mean, nk, np, base, overlap, nc, dust);
  }

  /// Broadcast to `to` by numpy's rule: missing leading axes and axes of extent 1 are repeated.
  /// Copies are fully correlated.
  Field expand(Shape to) {
    int rank = to.rank();
    Field f = this;
    if (rank > f.rank()) {
      int[] nr = new int[rank];
      System.arraycopy(f.runs, 0, nr, rank - f.rank(), f.rank());
      f = new Field(f.atoms, nr, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels);
    }
    for (int i = 0; i < rank; i++) {
      if (to.dim(i) != 1 && f.dim(i) == 1) {
        f = f.inserted(f.first(i), i, to.dim(i), true);
      }
    }
    return f.capped();
  }

  /// A new atom of extent n at position `a` on `axis`: copies of one another (`same`) or unrelated.
  Field inserted(int a, int axis, long n, boolean same) {
    int size = atoms.length;
    long[] na = new long[size + 1];
    double[][] np = new double[size + 1][];
    for (int i = 0; i < size; i++) {
      na[i < a ? i : i + 1] = atoms[i];
      np[i < a ? i : i + 1] = profiles[i];
    }
    na[a] = n;
    double[] nk = new double[k.length * 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < nk.length; m++) {
      int rest = (m & low) | ((m >> (a + 1)) << a);
      nk[m] = same || (m >> a & 1) == 0 ? k[rest] : 0;
    }
    int[] nr = runs.clone();
    nr[axis]++;
    int nc = (channels & low) | (channels & ~low) << 1;
    return new Field(na, nr, ln, mean, nk, np, base, overlap, nc, dust);
  }

  /// Atom `a` removed by choosing pairs with `weightSame` equal and `weightDiffer` different
  /// indices (sums, means, selection).
  Field collapsed(int a, double weightSame, double weightDiffer, double meanFactor) {
    int size = atoms.length;
    double[] raw = new double[k.length / 2];
    int low = (1 << a) - 1;
    for (int m = 0; m < raw.length; m++) {
      int rest = (m & low) | (m & ~low) << 1;
      raw[m] = weightSame * k[rest] + weightDiffer * k[rest | 1 << a];
    }
    long[] na = new long[size - 1];
    double[][] np = new double[size - 1][];
    for (int i = 0; i < size; i++) {
      if (i != a) {
        na[i < a ? i : i - 1] = atoms[i];
        np[i < a ? i : i - 1] = profiles[i];
      }
    }
    int[] nr = runs.clone();
    nr[axisOf(a)]--;
    int nc = (channels & low) | (channels >> (a + 1)) << a;
    Field shell = new Field(na, nr, ln, mean, k, np, base, overlap, nc, dust);
    if (raw[0] < 1e-14 * (weightSame + weightDiffer)) {
      // An exact cancellation: what remains is what was too small to be carried.
      double left = dust + Math.log(weightSame);
      return Field.iidOn(shell, weightSame > 0 ? left : Double.NEGATIVE_INFINITY);
    }
    return shell.rescaled(raw, mean * meanFactor, ln);
  }

  /// Mean over an axis, which keeps extent 1.
  Field meanOver(int axis) {
    Field f = this;
    while (f.runs[axis] > 0) {
      int a = f.first(axis);
      double n = f.atoms[a];
      f = f.collapsed(a, 1 / n, 1 - 1 / n, 1);
    }
    return f;
  }

  Field sumOver(int axis) {
    double n = dim(axis);
    return meanOver(axis).scaled(2 * Math.log(n));
  }

  /// An axis of extent 1 dropped from the shape.
  Field dropAxis(int axis) {
    int[] nr = new int[runs.length - 1];
    for (int i = 0; i < runs.length; i++) {
      if (i != axis) {
        nr[i < axis ? i : i - 1] = runs[i];
      }
    }
    return new Field(atoms, nr, ln, mean, k, profiles, base, overlap, channels, dust);
  }

  /// x minus its mean over the axes: pair moments lose their average over those axes.
  Field centredOver(int among) {
    double[] raw = new double[k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = k[m] - average(among, m & ~among);
    }
    // Rounding must not turn an exact cancellation into a negative second moment.
    raw[0] = raw[0] < 1e-15 ? 0 : raw[0];
    return rescaled(raw, 0, ln);
  }

  /// Pair moments mapped one by one: `map.applyAsDouble(mask)` in units of exp(lnUnit).
  Field mapped(IntToDoubleFunction map, double newMean, double lnUnit) {
    double[] raw = new double[k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = map.applyAsDouble(m);
    }
    return rescaled(raw, newMean, lnUnit);
  }
}
