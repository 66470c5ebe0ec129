package org.fanin.predict;

import org.fanin.tensor.Shape;

/// Fields in other shapes: reshaped, transposed, broadcast. Merged axes keep their atoms, so that
/// nothing is lost on the way there and back.
final class FieldShapes {
  private FieldShapes() {}

  /// The same elements, row-major, in another shape.
  static Field reshape(Field of, Shape to) {
    int rank = to.rank();
    Field f = of.onAxes(new int[] {of.atoms.length});
    int[] runs = new int[rank];
    int atom = 0;
    for (int i = 0; i < rank; i++) {
      long left = to.dim(i);
      while (left > 1) {
        long n = f.atoms[atom];
        if (left % n == 0) {
          left /= n;
        } else if (n % left == 0) {
          f = FieldAtoms.split(f, atom, n / left);
          left = 1;
        } else {
          f = regroup(f, atom, left);
          continue;
        }
        atom++;
        runs[i]++;
      }
    }
    return FieldAtoms.capped(f.onAxes(runs));
  }

  /// Neither extent divides the other: take the common factor out of atom, or merge with the next.
  private static Field regroup(Field f, int atom, long want) {
    long g = gcd(f.atoms[atom], want);
    return g > 1 && g < f.atoms[atom]
        ? FieldAtoms.split(f, atom, f.atoms[atom] / g)
        : FieldAtoms.merge(f, atom);
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
  static Field transpose(Field f, int... perm) {
    int[] order = new int[f.atoms.length];
    int[] runs = new int[perm.length];
    int at = 0;
    for (int i = 0; i < perm.length; i++) {
      runs[i] = f.runs[perm[i]];
      int first = f.first(perm[i]);
      for (int j = 0; j < runs[i]; j++) {
        order[at++] = first + j;
      }
    }
    return FieldAtoms.permuted(f, order, runs);
  }

  /// Broadcast to `to` by numpy's rule: missing leading axes and axes of extent 1 are repeated.
  /// Copies are fully correlated.
  static Field expand(Field of, Shape to) {
    int rank = to.rank();
    Field f = of;
    if (rank > f.rank()) {
      int[] runs = new int[rank];
      System.arraycopy(f.runs, 0, runs, rank - f.rank(), f.rank());
      f = f.onAxes(runs);
    }
    for (int i = 0; i < rank; i++) {
      if (to.dim(i) != 1 && f.dim(i) == 1) {
        f = FieldAtoms.inserted(f, f.first(i), i, to.dim(i), true);
      }
    }
    return FieldAtoms.capped(f);
  }
}
