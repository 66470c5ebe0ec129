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

  /// Extents of rows, and of what a row consists of. A vector is one row.
  private final int[] dims;

  private final int rowLength;
  private final int blockRows;

  /// What elements are divided by; NaN where they need neither that nor a look whether they are
  /// finite.
  private final double unit;

  private final RowSums rows;

  /// By set of axes: the averages over these, of the block at hand.
  private final double[][] averages;

  private final double[] squares;
  private long nonFinite;

  private Elements(Tensor bytes, int[] dims, double unit) {
    this.bytes = bytes;
    this.dims = dims;
    this.rowLength = extent(~1);
    this.blockRows = Math.clamp(BLOCK / rowLength, 1, dims[0]);
    this.unit = unit;
    this.rows = new RowSums(dims[0], rowLength, isWide(bytes.dtype()));
    this.averages = new double[1 << dims.length][];
    this.squares = new double[averages.length];
    for (int m = 0; m < averages.length; m += 2) {
      averages[m] = new double[blockRows * rowLength / extent(m)];
    }
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

  /// One pass over all elements; one more where they are doubles or not all finite.
  static Sums of(Tensor t) {
    Tensor bytes = t.inOrderOfBytes();
    int[] wide = extents(bytes);
    boolean pairs = bytes.count() > 1 && bytes.count() <= LARGEST && wide.length <= MOST_AXES;
    double unit = isWide(bytes.dtype()) ? unit(bytes) : Double.NaN;
    return pairs ? pairSums(bytes, wide, unit) : moments(bytes, unit);
  }

  private static Sums pairSums(Tensor bytes, int[] wide, double unit) {
    int[] dims = wide.length == 1 ? new int[] {1, wide[0]} : wide;
    Elements e = new Elements(bytes, dims, unit);
    e.blocks();
    if (!e.rows.isFinite()) {
      e = new Elements(bytes, dims, Double.isNaN(unit) ? 1 : unit);
      e.blocks();
    }
    return wide.length == 1 ? e.vector() : e.sums();
  }

  private static Sums moments(Tensor bytes, double unit) {
    int[] dims = {1, Math.clamp(bytes.count(), 1, BLOCK)};
    Elements e = new Elements(bytes, dims, unit);
    e.rowByRow();
    if (!e.rows.isFinite()) {
      e = new Elements(bytes, dims, Double.isNaN(unit) ? 1 : unit);
      e.rowByRow();
    }
    return new Sums(e.stats(), new int[0], new double[0], new double[0][], 0, 0);
  }

  private void rowByRow() {
    for (long from = 0; from < bytes.count(); from += rowLength) {
      int n = (int) Math.min(rowLength, bytes.count() - from);
      read(from, n);
      rows.rewind();
      rows.add(averages[0], 1, n);
    }
  }

  private void blocks() {
    for (int row = 0; row < dims[0]; row += blockRows) {
      block(row, Math.min(blockRows, dims[0] - row));
    }
    overFirst();
  }

  private Sample.Stats stats() {
    return rows.stats(bytes.count(), Double.isNaN(unit) ? 1 : unit, nonFinite);
  }

  private Sums sums() {
    double[] meanSquares = new double[squares.length];
    for (int m = 0; m < squares.length; m++) {
      meanSquares[m] = squares[m] / ((double) bytes.count() / extent(m));
    }
    double[][] profiles = new double[dims.length][];
    profiles[0] = rows.rowSquares;
    for (int a = 1; a < dims.length; a++) {
      int inner = inner(0, a);
      profiles[a] = new double[dims[a]];
      AxisSums.addAlong(
          rows.columnSquares, rowLength / dims[a] / inner, dims[a], inner, profiles[a]);
    }
    return new Sums(stats(), dims, meanSquares, profiles, rows.distinct(), rows.hash());
  }

  /// The first axis is none.
  private Sums vector() {
    Sums s = sums();
    double[] meanSquares = {s.meanSquares()[0], s.meanSquares()[2]};
    double[][] profiles = {s.profiles()[1]};
    return new Sums(s.stats(), new int[] {dims[1]}, meanSquares, profiles, 1, s.hash());
  }

  private void read(long from, int n) {
    double[] x = averages[0];
    bytes.read(from, x, n);
    if (Double.isNaN(unit)) {
      return;
    }
    for (int i = 0; i < n; i++) {
      if (Math.abs(x[i]) <= Double.MAX_VALUE) {
        x[i] /= unit;
      } else {
        x[i] = 0;
        nonFinite++;
      }
    }
  }

  /// Rows `row` to `row + count − 1`.
  private void block(int row, int count) {
    int n = count * rowLength;
    read((long) row * rowLength, n);
    rows.add(averages[0], count, rowLength);
    squares[0] += AxisSums.sum(rows.rowSquares, row, count);
    if (dims.length == 2) {
      System.arraycopy(rows.rowSums, row, averages[2], 0, count);
      AxisSums.scale(averages[2], count, 1.0 / rowLength);
      squares[2] += AxisSums.squares(averages[2], count);
      return;
    }
    for (int m = 2; m < squares.length; m += 2) {
      Arrays.fill(averages[m], 0);
      squares[m] += averaged(m, n);
    }
  }

  /// The sets that the first axis is one of, from the sums over it.
  private void overFirst() {
    averages[1] = rows.columns.clone();
    AxisSums.scale(averages[1], rowLength, 1.0 / dims[0]);
    squares[1] = AxisSums.squares(averages[1], rowLength);
    for (int m = 3; m < squares.length; m += 2) {
      averages[m] = new double[rowLength * dims[0] / extent(m)];
      squares[m] = averaged(m, rowLength * dims[0]);
    }
  }

  /// Averages over the last axis of `m` what is averaged over the others, of `n` elements. Returns
  /// the sum of squares.
  private double averaged(int m, int n) {
    int a = 31 - Integer.numberOfLeadingZeros(m);
    int from = m & ~(1 << a);
    int inner = inner(from, a);
    int outer = n / extent(from) / dims[a] / inner;
    AxisSums.addOver(averages[from], outer, dims[a], inner, averages[m]);
    AxisSums.scale(averages[m], outer * inner, 1.0 / dims[a]);
    return AxisSums.squares(averages[m], outer * inner);
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

  private static int[] extents(Tensor t) {
    return Arrays.stream(t.wideExtents())
        .mapToInt(d -> (int) Math.min(d, Integer.MAX_VALUE))
        .toArray();
  }

  /// Whether elements have more bits than a float, and may be too large or small for a double's
  /// fourth power.
  private static boolean isWide(DType type) {
    return switch (type) {
      case F64, I64, U64, I32, U32 -> true;
      case F32, F16, BF16, F8E4M3, F8E5M2, I8, I16, U8, U16, BOOL, OTHER -> false;
    };
  }

  /// The power of two that keeps fourth powers of huge or tiny doubles within doubles.
  private static double unit(Tensor t) {
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
