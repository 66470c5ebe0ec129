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
/// layers, `overlap` what two samples keep in common when their mean correlation is 0, `channels`
/// the atoms made by fresh weights.
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
  final Overlap overlap;
  final int channels;

  /// ln of the second moment of summands too small for `k` to resolve beside the rest (a layer
  /// scale of 1e-6): what is left when the rest cancels exactly.
  final double dust;

  /// What distance between positions of one sample and channel has to do with their moment; null
  /// where it has nothing, or is not told.
  final Nearby near;

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
      Overlap overlap,
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
      Overlap overlap,
      int channels,
      double dust) {
    this(atoms, runs, ln, mean, k, profiles, base, overlap, channels, dust, null);
  }

  private Field(
      long[] atoms,
      int[] runs,
      double ln,
      double mean,
      double[] k,
      double[][] profiles,
      double base,
      Overlap overlap,
      int channels,
      double dust,
      Nearby near) {
    this.near = near;
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
    FieldAtoms.checkAxes(shape);
    double[] k = new double[1 << n];
    Arrays.fill(k, pairs);
    k[0] = 1;
    long[] atoms = n == rank ? wide : Arrays.copyOf(wide, n);
    return FieldAtoms.capped(
        new Field(atoms, runs, ln, mean, k, new double[n][], 0, Overlap.NONE, 0));
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
    return new Field(
        atoms,
        runs,
        newLn,
        newMean,
        newK,
        profiles,
        base,
        overlap,
        channels,
        shifted,
        newK == k ? near : null);
  }

  Field withProfiles(double[][] p) {
    return new Field(atoms, runs, ln, mean, k, p, base, overlap, channels, dust, near);
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
    return new Field(
        atoms, runs, ln, mean, k, new double[atoms.length][], 0, Overlap.NONE, channels, dust);
  }

  Field withProfile(int atom, double[] p) {
    double[][] q = profiles.clone();
    q[atom] = p;
    return withProfiles(q);
  }

  Field withSpread(double newBase, Overlap newOverlap, int newChannels) {
    return new Field(
        atoms, runs, ln, mean, k, profiles, newBase, newOverlap, newChannels, dust, near);
  }

  Field withDust(double newDust) {
    return new Field(atoms, runs, ln, mean, k, profiles, base, overlap, channels, newDust, near);
  }

  /// With moments by distance, and of all pairs of positions of one sample and channel what those
  /// make of them.
  Field withNearby(Nearby nearby, double[] newK) {
    return new Field(atoms, runs, ln, mean, newK, profiles, base, overlap, channels, dust, nearby);
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

  double weight(int mask, int among) {
    return PairClasses.weight(atoms, mask, among);
  }

  /// Mean of k over all pairs of the atoms in `among` (differing or not), the others as in `fixed`.
  double average(int among, int fixed) {
    return PairClasses.average(atoms, k, among, fixed);
  }

  double average(double[] values, int among, int fixed) {
    return PairClasses.average(atoms, values, among, fixed);
  }

  /// Mean of one number per pair class over all pairs.
  double average(double[] values) {
    return PairClasses.average(atoms, values);
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

  /// Relative variance of m2 by the finite number of elements, see [PairClasses#ownSpread].
  double ownSpread() {
    if (Double.isNaN(own)) {
      own = PairClasses.ownSpread(this);
    }
    return own;
  }

  /// The correlations are those of `like`: so is [#ownSpread].
  private Field likewise(Field like, boolean zero) {
    own = zero == isZero() ? like.own : own;
    return this;
  }

  /// Variance over initialisations of ln m2, Gaussian elements.
  double spread() {
    return base + ownSpread();
  }

  // ---- atoms and shape (see FieldAtoms, FieldShapes) ----

  /// The same law on other atoms.
  Field onAtoms(long[] a, int[] r, double[][] p, double[] newK, int newChannels) {
    return new Field(a, r, ln, mean, newK, p, base, overlap, newChannels, dust);
  }

  /// The same atoms on other axes.
  Field onAxes(int[] r) {
    return new Field(atoms, r, ln, mean, k, profiles, base, overlap, channels, dust);
  }

  int axisOf(int atom) {
    int axis = 0;
    int a = atom;
    while (a >= runs[axis]) {
      a -= runs[axis++];
    }
    return axis;
  }

  Field split(int a, long inner) {
    return FieldAtoms.split(this, a, inner);
  }

  Field merge(int a) {
    return FieldAtoms.merge(this, a);
  }

  Field mergedAxis(int axis) {
    return FieldAtoms.mergedAxis(this, axis);
  }

  Field inserted(int a, int axis, long n, boolean same) {
    return FieldAtoms.inserted(this, a, axis, n, same);
  }

  Field collapsed(int a, double weightSame, double weightDiffer, double meanFactor) {
    return FieldAtoms.collapsed(this, a, weightSame, weightDiffer, meanFactor);
  }

  Field reshape(Shape to) {
    return FieldShapes.reshape(this, to);
  }

  Field transpose(int... perm) {
    return FieldShapes.transpose(this, perm);
  }

  Field expand(Shape to) {
    return FieldShapes.expand(this, to);
  }

  /// Mean over an axis, which keeps extent 1.
  Field meanOver(int axis) {
    return FieldAtoms.meanOver(this, axis);
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
    return onAxes(nr);
  }

  /// x minus its mean over the axes.
  Field centredOver(int among) {
    return FieldAtoms.centredOver(this, among);
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
