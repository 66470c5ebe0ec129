package org.fanin.probe;

import java.util.Arrays;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Sums over the rows of a tensor, in an order that depends on the row's length alone: Σx, Σx², and
/// products of rows with a sum of rows. Not for several threads.
final class ElementSums {
  /// Made when first used.
  private Singles singles;

  private Doubles doubles;
  private Tensor of = Tensor.ofDoubles(Shape.of(0));
  private Block block;

  /// Of the row last taken by [#row].
  double sum;

  double squared;

  /// @param power elements are taken times 2^−power
  void take(Tensor t, int power) {
    of = t;
    if (t.dtype() == DType.F32 && t.contiguous() && power == 0) {
      singles = singles == null ? new Singles() : singles;
      singles.take(t);
      block = singles;
    } else {
      takeDoubles(power);
    }
  }

  private void takeDoubles(int power) {
    doubles = doubles == null ? new Doubles() : doubles;
    doubles.take(of, power);
    block = doubles;
  }

  /// Sets [#squared] to that of the elements [from, to), and [#sum] where `means` asks for it.
  void row(long from, long to, boolean means) {
    sum = 0;
    squared = 0;
    int n;
    for (long at = from; at < to; at += n) {
      n = block.next(to - at, Block.MOST);
      block.sums(at, n, means);
      sum += block.sum;
      squared += block.squares;
    }
  }

  /// Fills `dot[r]` with the product of row r, times `by[r]`, with the sum of all rows, each times
  /// its `by`. Takes a piece of all rows before the next: the sum's piece stays in the processor's
  /// nearest cache, whatever the length. With single precision both are off by 10⁻⁷, and a cosine,
  /// which they are for, by less.
  ///
  /// @param by one for each row; 0 leaves it out
  /// @param dot one for each row
  void products(long length, double[] by, double[] dot) {
    if (block == singles && !Singles.hold(by)) {
      takeDoubles(0);
    }
    Arrays.fill(dot, 0);
    int n;
    for (long at = 0; at < length; at += n) {
      n = block.next(length - at, block == singles ? Singles.PIECE : Block.MOST);
      block.total(at, n, length, by);
      for (int r = 0; r < dot.length; r++) {
        dot[r] += by[r] == 0 ? 0 : by[r] * block.timesTotal(r);
      }
    }
  }
}
