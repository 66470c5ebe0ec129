package org.fanin.probe;

import org.fanin.tensor.Tensor;

/// Part of a tensor in arrays, and the loops over it. Every loop's order of addition depends on
/// lengths alone. Not for several threads.
abstract sealed class Block permits Singles, Doubles {
  /// Elements of a row that are summed at once, at most, and read at once for it.
  static final int MOST = 2048;

  /// Pieces from here on are summed in vectors.
  final int vectors;

  /// Elements of short rows that may lie in one block, all of them, to meet their sum.
  private final int room;

  Tensor of;

  /// Elements [from, to) are there.
  private long from;

  private long to;

  /// Of the piece last taken by [#sums].
  double sum;

  double squares;

  /// The piece that rows meet in: n elements of each of so many rows of a length, from `at` on.
  long at;

  int n;
  long length;
  int rows;

  /// Whether all of them are in this block, one after the other.
  boolean together;

  Block(int vectors, int room) {
    this.vectors = vectors;
    this.room = room;
  }

  void take(Tensor t) {
    of = t;
    forget();
  }

  final void forget() {
    from = 0;
    to = 0;
  }

  /// Where element `at` lies, with `n` from there on.
  ///
  /// @param ahead how many to read when it is not there
  final int find(long at, int n, int ahead) {
    if (at < from || at + n > to) {
      from = at;
      to = Math.min(of.count(), at + ahead);
      read(at, (int) (to - from));
    }
    return (int) (at - from);
  }

  /// How many elements of a row to take at once when so many are left.
  int next(long left, int most) {
    return (int) Math.min(most, left);
  }

  /// Takes n elements.
  abstract void read(long at, int n);

  /// Sets [#squares] to Σx² of the elements [at, at + n) and [#sum] to Σx, or to 0 unless `means`
  /// asks for it.
  abstract void sums(long at, int n, boolean means);

  /// Sums the pieces of all rows, each row times its own factor.
  ///
  /// @param by one for each row
  final void total(long at, int n, long length, double[] by) {
    this.at = at;
    this.n = n;
    this.length = length;
    rows = by.length;
    together = length < vectors && rows * length <= room;
    if (together) {
      find(0, (int) (rows * length), (int) (rows * length));
    }
    total(by);
  }

  /// The same of the piece that the fields say.
  abstract void total(double[] by);

  /// The product of a row's piece with the sum.
  abstract double timesTotal(int row);
}
