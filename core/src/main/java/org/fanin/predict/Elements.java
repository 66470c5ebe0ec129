package org.fanin.predict;

import java.util.Arrays;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;

/// What one pass over the bytes of a tensor tells: moments, averages over every set of axes, and
/// whether rows repeat. Elements are read in the order in which they lie in the file, whatever view
/// of them is asked about, a block of rows at a time that stays in the nearest cache while the
/// averages over its axes are taken. Sums have a fixed order.
///
/// The loops are plain ones over arrays, the longest axis innermost ([AxisSums]): `check` runs on
/// HotSpot's quick compiler, which makes neither vectors nor good code of anything else.
final class Elements {
  /// Tensors with more elements get moments only.
  static final long LARGEST = 4_000_000;

  /// More axes than this have too many sets; moments only.
  private static final int MOST_AXES = 6;

  private static final int BLOCK = 4096;

  private final Tensor bytes;
  private final int[] dims;
  private final int sets;
  private final int rowLength;
  private final int blockRows;
  private final boolean pairs;
  private final double inverse;

  /// By set of axes: the averages over these, of the block at hand.
  private final double[][] averages;

  /// Sums over the first axis so far.
  private final double[] firstSums;

  private final double[] squares;
  private final double[][] profiles;
  private final RowHashes hashes;
  private final MomentSums moments = new MomentSums();

  private Elements(Tensor bytes) {
    this.bytes = bytes;
    this.pairs =
        bytes.count() > 1 && bytes.count() <= LARGEST && bytes.wideExtents().length <= MOST_AXES;
    this.dims =
        pairs
            ? Arrays.stream(bytes.wideExtents()).mapToInt(Math::toIntExact).toArray()
            : new int[] {(int) Math.min(BLOCK, bytes.count())};
    this.sets = pairs ? 1 << dims.length : 0;
    this.rowLength = pairs ? (int) (bytes.count() / dims[0]) : 1;
    this.blockRows = Math.clamp(BLOCK / Math.max(1, rowLength), 1, Math.max(1, dims[0]));
    this.inverse = 1 / unit(bytes);
    this.averages = new double[Math.max(1, sets)][];
    this.firstSums = new double[pairs ? rowLength : 0];
    this.squares = new double[sets];
    this.profiles = new double[pairs ? dims.length : 0][];
    this.hashes = new RowHashes(hashed(), wideBits(bytes.dtype()));
    for (int a = 0; a < profiles.length; a++) {
      profiles[a] = new double[dims[a]];
    }
    for (int m = 0; m < averages.length; m += 2) {
      averages[m] = new double[Math.max(1, blockRows * rowLength / extent(m))];
    }
  }

  /// A vector has no rows: its blocks are hashed.
  private int hashed() {
    return !pairs ? 0 : dims.length > 1 ? dims[0] : Math.ceilDiv(dims[0], blockRows);
  }

  /// @param dims extents other than 1, in the order of the bytes; empty where there are moments
  ///   only
  /// @param meanSquares by set of axes (bit a: axis a of `dims`): the mean square of the averages
  ///   over these axes, in a unit of this tensor's
  /// @param profiles by axis of `dims`: the sum of squares at each index, in the same unit
  /// @param distinctRows how many of the first axis's slices differ from one another; 0 where there
  ///   are moments only
  /// @param hash of all elements, in order
  record Sums(
      Sample.Stats stats,
      int[] dims,
      double[] meanSquares,
      double[][] profiles,
      int distinctRows,
      long hash) {
    /// The same with other moments: those of what this is a view of.
    Sums withStats(Sample.Stats s) {
      return new Sums(s, dims, meanSquares, profiles, distinctRows, hash);
    }

    boolean momentsOnly() {
      return dims.length == 0;
    }
  }

  /// One pass over all elements.
  static Sums of(Tensor t) {
    return new Elements(t.inOrderOfBytes()).sums();
  }

  private Sums sums() {
    long n = bytes.count();
    if (!pairs) {
      double[] part = averages[0].length >= Math.min(n, BLOCK) ? averages[0] : new double[BLOCK];
      for (long from = 0; from < n; from += part.length) {
        int m = (int) Math.min(part.length, n - from);
        bytes.read(from, part, m);
        moments.add(part, m, inverse);
      }
      return new Sums(moments.stats(n, 1 / inverse), new int[0], new double[0], profiles, 0, 0);
    }
    for (int row = 0; row < dims[0]; row += blockRows) {
      block(row, Math.min(blockRows, dims[0] - row));
    }
    overFirst();
    double[] meanSquares = new double[sets];
    for (int m = 0; m < sets; m++) {
      meanSquares[m] = squares[m] / ((double) n / extent(m));
    }
    int distinct = hashes.distinct();
    return new Sums(
        moments.stats(n, 1 / inverse), dims, meanSquares, profiles, distinct, hashes.all());
  }

  /// Rows `row` to `row + rows − 1`.
  private void block(int row, int rows) {
    double[] x = averages[0];
    int n = rows * rowLength;
    bytes.read((long) row * rowLength, x, n);
    if (dims.length > 1) {
      hashes.add(x, rows, rowLength);
    } else {
      hashes.add(x, 1, n);
    }
    moments.add(x, n, inverse);
    AxisSums.addOver(x, 1, rows, rowLength, firstSums);
    for (int m = 2; m < sets; m += 2) {
      int a = 31 - Integer.numberOfLeadingZeros(m);
      int from = m & ~(1 << a);
      int inner = inner(from, a);
      int outer = n / extent(from) / dims[a] / inner;
      Arrays.fill(averages[m], 0);
      AxisSums.addOver(averages[from], outer, dims[a], inner, averages[m]);
      int count = outer * inner;
      AxisSums.scale(averages[m], count, 1.0 / dims[a]);
      squares[m] += AxisSums.squares(averages[m], count);
    }
    for (int i = 0; i < n; i++) {
      x[i] *= x[i];
    }
    for (int a = 1; a < dims.length; a++) {
      int inner = inner(0, a);
      AxisSums.addAlong(x, n / dims[a] / inner, dims[a], inner, profiles[a]);
    }
    if (rowLength == 1) {
      System.arraycopy(x, 0, profiles[0], row, n);
    } else {
      for (int r = 0; r < rows; r++) {
        profiles[0][row + r] = AxisSums.sum(x, r * rowLength, rowLength);
      }
    }
    squares[0] += AxisSums.sum(profiles[0], row, rows);
  }

  /// The sets that the first axis is one of, from the sums over it.
  private void overFirst() {
    averages[1] = firstSums;
    AxisSums.scale(firstSums, firstSums.length, 1.0 / dims[0]);
    squares[1] = AxisSums.squares(firstSums, firstSums.length);
    for (int m = 3; m < sets; m += 2) {
      int a = 31 - Integer.numberOfLeadingZeros(m);
      int from = m & ~(1 << a);
      int inner = inner(from, a);
      int outer = averages[from].length / dims[a] / inner;
      averages[m] = new double[outer * inner];
      AxisSums.addOver(averages[from], outer, dims[a], inner, averages[m]);
      AxisSums.scale(averages[m], averages[m].length, 1.0 / dims[a]);
      squares[m] = AxisSums.squares(averages[m], averages[m].length);
    }
  }

  /// Elements per step of axis `a` where the axes in `done` are gone.
  private int inner(int done, int a) {
    int inner = 1;
    for (int i = a + 1; i < dims.length; i++) {
      inner *= (done >> i & 1) == 0 ? dims[i] : 1;
    }
    return inner;
  }

  private int extent(int mask) {
    int n = 1;
    for (int i = 0; i < dims.length; i++) {
      n *= (mask >> i & 1) != 0 ? dims[i] : 1;
    }
    return n;
  }

  private static boolean wideBits(DType type) {
    return switch (type) {
      case F64, I64, U64, I32, U32 -> true;
      case F32, F16, BF16, F8E4M3, F8E5M2, I8, I16, U8, U16, BOOL, OTHER -> false;
    };
  }

  /// The power of two that keeps fourth powers of huge or tiny doubles within doubles; 1 for types
  /// whose own fourth powers are.
  private static double unit(Tensor t) {
    if (!wideBits(t.dtype())) {
      return 1;
    }
    double top = 0;
    double[] part = new double[(int) Math.min(BLOCK, t.count())];
    for (long from = 0; from < t.count(); from += part.length) {
      int n = (int) Math.min(part.length, t.count() - from);
      t.read(from, part, n);
      for (int i = 0; i < n; i++) {
        double v = Math.abs(part[i]);
        top = v <= Double.MAX_VALUE && v > top ? v : top;
      }
    }
    return top > 0 ? Math.scalb(1.0, Math.clamp(Math.getExponent(top), -1000, 1000)) : 1;
  }
}
