package org.fanin.probe;

import org.fanin.tensor.Tensor;

/// Double precision; anything else is made doubles, and scaled by a power of two, as it is read.
/// The quarters of a long piece get arrays of their own, as the compiler makes vectors of loops
/// over doubles only where all arrays have one index.
final class Doubles extends Block {
  private static final int VECTORS = 512;

  private static final int QUARTER = MOST / 4;

  private int power;
  private final double[] x = new double[MOST];

  private final double[] a = new double[VECTORS];
  private final double[] b = new double[QUARTER];
  private final double[] c = new double[QUARTER];
  private final double[] d = new double[QUARTER];

  /// A sum of pieces, short ones in the first.
  private final double[] totalA = new double[VECTORS];

  private final double[] totalB = new double[QUARTER];
  private final double[] totalC = new double[QUARTER];
  private final double[] totalD = new double[QUARTER];

  private final double[] lanes = new double[QUARTER];

  Doubles() {
    super(VECTORS, MOST);
  }

  /// @param power elements are taken times 2^−power
  void take(Tensor t, int power) {
    take(t);
    this.power = power;
  }

  @Override
  void read(long at, int n) {
    read(at, x, n);
  }

  private void read(long at, double[] to, int n) {
    of.read(at, to, n);
    for (int i = 0; power != 0 && i < n; i++) {
      to[i] = Math.scalb(to[i], -power);
    }
  }

  @Override
  int next(long left, int most) {
    return left < VECTORS ? (int) left : (int) Math.min(most, left & -4);
  }

  private void quarters(long at, int q) {
    read(at, a, q);
    read(at + q, b, q);
    read(at + 2L * q, c, q);
    read(at + 3L * q, d, q);
  }

  @Override
  void sums(long at, int n, boolean means) {
    if (n < VECTORS) {
      int first = find(at, n, MOST);
      sum = means ? Loops.sum(x, first, n) : 0;
      squares = Loops.squares(x, first, n);
      return;
    }
    int q = n / 4;
    quarters(at, q);
    sum = 0;
    if (means) {
      for (int i = 0; i < q; i++) {
        lanes[i] = (a[i] + b[i]) + (c[i] + d[i]);
      }
      sum = Loops.sum(lanes, 0, q);
    }
    for (int i = 0; i < q; i++) {
      lanes[i] = (a[i] * a[i] + b[i] * b[i]) + (c[i] * c[i] + d[i] * d[i]);
    }
    squares = Loops.sum(lanes, 0, q);
  }

  // ---- a sum of pieces ----

  @Override
  void total(double[] by) {
    if (n < VECTORS) {
      totalOfShort(by);
      return;
    }
    int q = n / 4;
    for (int r = 0; r < by.length; r++) {
      quarters(r * length + at, q);
      add(r == 0, a, by[r], totalA, q);
      add(r == 0, b, by[r], totalB, q);
      add(r == 0, c, by[r], totalC, q);
      add(r == 0, d, by[r], totalD, q);
    }
  }

  /// Takes four rows at a time.
  private void totalOfShort(double[] by) {
    int r = 0;
    for (; r + 3 < by.length; r += 4) {
      row(r, a);
      row(r + 1, b);
      row(r + 2, c);
      row(r + 3, d);
      add(r == 0, by[r], by[r + 1], by[r + 2], by[r + 3]);
    }
    for (; r < by.length; r++) {
      row(r, a);
      add(r == 0, a, by[r], totalA, n);
    }
  }

  private void row(int r, double[] to) {
    System.arraycopy(x, find(r * length + at, n, n), to, 0, n);
  }

  private void add(boolean first, double p, double q, double r, double s) {
    if (first) {
      for (int i = 0; i < n; i++) {
        totalA[i] = (a[i] * p + b[i] * q) + (c[i] * r + d[i] * s);
      }
    } else {
      for (int i = 0; i < n; i++) {
        totalA[i] += (a[i] * p + b[i] * q) + (c[i] * r + d[i] * s);
      }
    }
  }

  private static void add(boolean first, double[] x, double by, double[] to, int n) {
    if (first) {
      for (int i = 0; i < n; i++) {
        to[i] = x[i] * by;
      }
    } else {
      for (int i = 0; i < n; i++) {
        to[i] += x[i] * by;
      }
    }
  }

  @Override
  double timesTotal(int row) {
    long first = row * length + at;
    if (n < VECTORS) {
      return Loops.products(x, find(first, n, n), totalA, n);
    }
    int q = n / 4;
    quarters(first, q);
    for (int i = 0; i < q; i++) {
      lanes[i] = (a[i] * totalA[i] + b[i] * totalB[i]) + (c[i] * totalC[i] + d[i] * totalD[i]);
    }
    return Loops.sum(lanes, 0, q);
  }
}
