package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;

/// Sums over the rows of a tensor, in an order that depends on the row's length alone: Σx, Σx²,
/// sums of rows, and their products with such a sum. Not for several threads.
final class ElementSums {
  /// Rows shorter than this are added one element at a time: setting up vectors would cost more.
  private static final int SHORT = 256;

  /// Other rows end with fewer than this many, which are added one at a time too.
  private static final int END = 64;

  private static final int BLOCK = 4 * Block.QUARTER;

  private final double[] sums = new double[Block.QUARTER];
  private final double[] squares = new double[Block.QUARTER];

  /// Short rows, several at a time.
  private final double[] few = new double[BLOCK];

  private final float[] raw = new float[BLOCK];

  private long fewFrom;
  private long fewTo;

  /// A sum of short rows, or of what four does not divide.
  private final double[] tail = new double[SHORT];

  private Tensor of;
  private int power;

  private final Block.Singles singles = new Block.Singles();
  private final Block.Doubles doubles = new Block.Doubles();
  private Block block = doubles;

  /// Of the row last taken by [#row].
  double sum;

  double squared;

  /// @param power elements are taken times 2^−power
  void take(Tensor t, int power) {
    of = t;
    this.power = power;
    boolean single = t.dtype() == DType.F32 && power == 0;
    block = single ? singles : doubles;
    if (single) {
      singles.take(t);
    } else {
      doubles.take(t, power);
    }
    fewTo = 0;
  }

  // ---- pieces of a row ----

  private static int quarter(long left, long length) {
    return length < SHORT || left < END ? 0 : (int) Math.min(Block.QUARTER, left / 4);
  }

  /// Where element `at` lies in [#few], with `n` from there on.
  private int few(long at, int n) {
    if (at < fewFrom || at + n > fewTo) {
      fewFrom = at;
      fewTo = Math.min(of.count(), at + BLOCK);
      int m = (int) (fewTo - fewFrom);
      if (of.dtype() == DType.F32 && of.contiguous()) {
        // Without the array that Tensor makes for each call.
        MemorySegment.copy(of.bytes(), Block.Singles.FLOAT, at * 4, raw, 0, m);
        for (int i = 0; i < m; i++) {
          few[i] = raw[i];
        }
      } else {
        of.read(at, few, m);
      }
      for (int i = 0; power != 0 && i < m; i++) {
        few[i] = Math.scalb(few[i], -power);
      }
    }
    return (int) (at - fewFrom);
  }

  // ---- one row ----

  /// Sets [#squared] to that of the elements [from, to), and [#sum] where `means` asks for it.
  void row(long from, long to, boolean means) {
    sum = 0;
    squared = 0;
    long at = from;
    int widest = 0;
    for (int q = quarter(to - at, to - from); q > 0; q = quarter(to - at, to - from)) {
      block.load(at, q);
      if (means) {
        block.sums(sums, q);
      }
      block.squares(squares, q);
      widest = Math.max(widest, q);
      at += 4L * q;
    }
    rest(at, (int) (to - at));
    if (means) {
      sum += drain(sums, widest);
    }
    squared += drain(squares, widest);
  }

  private void rest(long at, int n) {
    int from = n == 0 ? 0 : few(at, n);
    double s = 0;
    double t = 0;
    double q = 0;
    double r = 0;
    int i = from;
    for (; i + 3 < from + n; i += 4) {
      double a = few[i];
      double b = few[i + 1];
      double c = few[i + 2];
      double d = few[i + 3];
      s += a + b;
      t += c + d;
      q += a * a + b * b;
      r += c * c + d * d;
    }
    for (; i < from + n; i++) {
      s += few[i];
      q += few[i] * few[i];
    }
    sum = s + t;
    squared = q + r;
  }

  /// The sum of the first n, which become 0.
  private static double drain(double[] side, int n) {
    int m = n;
    if (n == Block.QUARTER) {
      // Twice to a quarter, by offsets that the compiler knows.
      for (int i = 0; i < Block.QUARTER / 4; i++) {
        side[i] +=
            side[i + Block.QUARTER / 4]
                + (side[i + Block.QUARTER / 2] + side[i + Block.QUARTER * 3 / 4]);
      }
      for (int i = 0; i < Block.QUARTER / 16; i++) {
        side[i] +=
            side[i + Block.QUARTER / 16]
                + (side[i + Block.QUARTER / 8] + side[i + Block.QUARTER * 3 / 16]);
      }
      m = Block.QUARTER / 16;
    }
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < m; i += 4) {
      a += side[i];
      b += side[i + 1];
      c += side[i + 2];
      d += side[i + 3];
    }
    for (; i < m; i++) {
      a += side[i];
    }
    Arrays.fill(side, 0, n, 0);
    return (a + b) + (c + d);
  }

  // ---- rows together ----

  /// Fills `dot[r]` with the product of row r, times `by[r]`, with the sum of all rows, each times
  /// its `by`; rows whose `by` is 0 are left out. Takes a piece of all rows before the next: the
  /// sum's piece stays in the processor's nearest cache, whatever the length.
  ///
  /// @param by one for each row
  /// @param dot one for each row
  void products(long length, double[] by, double[] dot) {
    Arrays.fill(dot, 0);
    if (block == singles && !Arrays.stream(by).allMatch(Block.Singles::holds)) {
      doubles.take(of, power);
      block = doubles;
    }
    long at = 0;
    for (int q = quarter(length, length); q > 0; q = quarter(length - at, length)) {
      piece(at, q, length, by, dot);
      at += 4L * q;
    }
    if (at < length) {
      rest(at, (int) (length - at), length, by, dot);
    }
    for (int r = 0; r < dot.length; r++) {
      dot[r] *= by[r];
    }
  }

  private void piece(long at, int q, long length, double[] by, double[] dot) {
    block.clear(q);
    for (int r = 0; r < dot.length; r++) {
      if (by[r] != 0) {
        block.load(r * length + at, q);
        block.addTo(by[r], q);
      }
    }
    for (int r = 0; r < dot.length; r++) {
      if (by[r] != 0) {
        block.load(r * length + at, q);
        block.dots(sums, q);
        dot[r] += drain(sums, q);
      }
    }
  }

  private void rest(long at, int n, long length, double[] by, double[] dot) {
    Arrays.fill(tail, 0, n, 0);
    for (int r = 0; r < dot.length; r++) {
      if (by[r] != 0) {
        int first = few(r * length + at, n);
        for (int i = 0; i < n; i++) {
          tail[i] += few[first + i] * by[r];
        }
      }
    }
    for (int r = 0; r < dot.length; r++) {
      if (by[r] != 0) {
        dot[r] += timesTail(r * length + at, n);
      }
    }
  }

  private double timesTail(long at, int n) {
    int first = few(at, n);
    double s = 0;
    double t = 0;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      s += few[first + i] * tail[i];
      t += few[first + i + 1] * tail[i + 1];
    }
    return (i < n ? few[first + i] * tail[i] : 0) + s + t;
  }
}
