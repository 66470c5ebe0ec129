package org.fanin.probe;

import org.fanin.tensor.Tensor;

/// Part of a tensor in arrays, and the loops over it. Every loop's order of addition depends on
/// lengths alone. Not for several threads.
abstract sealed class Block permits Singles, Doubles {
  /// Elements, at most.
  static final int MOST = 2048;

  /// Pieces from here on, which four divides, are summed in vectors, a quarter beside the others.
  final int vectors;

  Tensor of;

  /// Elements [from, to) are there.
  private long from;

  private long to;

  /// Of the piece last taken by [#sums].
  double sum;

  double squares;

  Block(int vectors) {
    this.vectors = vectors;
  }

  void take(Tensor t) {
    of = t;
    forget();
  }

  final void forget() {
    from = 0;
    to = 0;
  }

  /// How many elements of a row to take at once when so many are left.
  final int next(long left, int most) {
    return left < vectors ? (int) left : (int) Math.min(most, left & -4);
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

  /// Takes n elements.
  abstract void read(long at, int n);

  /// Sets [#squares] to Σx² of the elements [at, at + n) and [#sum] to Σx, or to 0 unless `means`
  /// asks for it.
  abstract void sums(long at, int n, boolean means);

  /// Sums the pieces of n elements, from `at` on, of all rows, each row times its own factor.
  ///
  /// @param length of a row
  /// @param by one for each row
  abstract void total(long at, int n, long length, double[] by);

  /// The product of the elements [at, at + n) with the sum.
  ///
  /// @param ahead how many to read when they are not there
  abstract double timesTotal(long at, int n, int ahead);

  /// How much of short rows to read at once: all that are in one block.
  final int ahead(int n, long length, int rows) {
    return length < vectors && rows * length <= MOST ? MOST : n;
  }
}
