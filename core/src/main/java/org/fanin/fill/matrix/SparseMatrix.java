package org.fanin.fill.matrix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.BitSet;

/// Rows with equally many normal elements at places drawn without replacement, zeros elsewhere
/// (Martens 2010, "Deep learning via Hessian-free optimization", section 5). Only the elements that
/// are not zero are held.
public final class SparseMatrix implements Dense {
  private final long perRow;
  private final boolean wide;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment places;
  private final MemorySegment values;

  /// @param number of the matrix inside its tensor
  /// @param perRow elements of a row that are not zero, at most `columns`
  /// @param columns at most 2³¹ − 1
  /// @param wide double instead of single precision
  public SparseMatrix(
      NormalSource source,
      int number,
      long rows,
      int columns,
      int perRow,
      double std,
      boolean wide) {
    this.perRow = perRow;
    this.wide = wide;
    this.places = arena.allocate(rows * perRow * Integer.BYTES, Integer.BYTES);
    this.values = arena.allocate(rows * perRow * (wide ? Double.BYTES : Float.BYTES), Double.BYTES);
    var places = new int[perRow];
    var words = new long[perRow];
    for (long row = 0; row < rows; row++) {
      source.choices(number, row * perRow, words, perRow);
      choose(words, columns, places);
      MemorySegment.copy(
          places, 0, this.places, ValueLayout.JAVA_INT, row * perRow * Integer.BYTES, perRow);
    }
    values(source, number, rows, std);
  }

  /// Bytes that such a matrix holds while it is open.
  public static long bytes(long rows, long perRow, boolean wide) {
    return Math.multiplyExact(rows * perRow, Integer.BYTES + (wide ? Double.BYTES : Float.BYTES));
  }

  /// A uniformly distributed subset of 0 … n − 1, ascending (Floyd's algorithm, Bentley 1987): the
  /// i-th word is scaled to t in 0 … n − k + i, and t is taken, or n − k + i if t is taken already.
  /// Scaling without rejection prefers some t by less than n·2⁻⁶⁴.
  static void choose(long[] words, int n, int[] places) {
    int k = places.length;
    var taken = new BitSet(n);
    for (int i = 0; i < k; i++) {
      int last = n - k + i;
      int t = (int) Math.unsignedMultiplyHigh(words[i], last + 1L);
      taken.set(taken.get(t) ? last : t);
    }
    int at = 0;
    for (int t = taken.nextSetBit(0); t >= 0; t = taken.nextSetBit(t + 1)) {
      places[at++] = t;
    }
  }

  /// The i-th element of a row that is not zero, from the left, has normal row·k + i.
  private void values(NormalSource source, int number, long rows, double std) {
    var floats = new float[wide ? 0 : (int) perRow];
    var doubles = new double[wide ? (int) perRow : 0];
    for (long row = 0; row < rows; row++) {
      long at = row * perRow;
      if (wide) {
        source.normals(number, at, doubles, 0, doubles.length);
        for (int i = 0; i < doubles.length; i++) {
          values.setAtIndex(ValueLayout.JAVA_DOUBLE, at + i, doubles[i] * std);
        }
      } else {
        source.normals(number, at, floats, 0, floats.length);
        for (int i = 0; i < floats.length; i++) {
          values.setAtIndex(ValueLayout.JAVA_FLOAT, at + i, floats[i] * (float) std);
        }
      }
    }
  }

  /// Place among all that are not zero of the first of the row at or after a column.
  private long find(long row, long column) {
    long low = row * perRow;
    long high = low + perRow;
    while (low < high) {
      long mid = (low + high) >>> 1;
      if (places.getAtIndex(ValueLayout.JAVA_INT, mid) < column) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }

  @Override
  public void read(
      long row, long column, int dRow, int dColumn, float[] out, int offset, int count) {
    Arrays.fill(out, offset, offset + count, 0);
    visit(
        row,
        column,
        dRow,
        dColumn,
        count,
        (i, at) -> out[offset + i] = values.getAtIndex(ValueLayout.JAVA_FLOAT, at));
  }

  @Override
  public void read(
      long row, long column, int dRow, int dColumn, double[] out, int offset, int count) {
    Arrays.fill(out, offset, offset + count, 0);
    visit(
        row,
        column,
        dRow,
        dColumn,
        count,
        (i, at) -> out[offset + i] = values.getAtIndex(ValueLayout.JAVA_DOUBLE, at));
  }

  @FunctionalInterface
  private interface Visitor {
    void found(int i, long at);
  }

  private void visit(long row, long column, int dRow, int dColumn, int count, Visitor visitor) {
    if (dRow == 0 && dColumn == 1) {
      long end = (row + 1) * perRow;
      for (long at = find(row, column); at < end; at++) {
        long i = places.getAtIndex(ValueLayout.JAVA_INT, at) - column;
        if (i >= count) {
          return;
        }
        visitor.found((int) i, at);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      long r = row + (long) i * dRow;
      long c = column + (long) i * dColumn;
      long at = find(r, c);
      if (at < (r + 1) * perRow && places.getAtIndex(ValueLayout.JAVA_INT, at) == c) {
        visitor.found(i, at);
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
