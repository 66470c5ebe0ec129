package org.fanin.fill;

import java.util.Arrays;
import org.fanin.fill.matrix.Entries;
import org.fanin.fill.matrix.MatrixLayout;

/// The elements of a tensor made of matrices, before they are rounded to its type, by their flat
/// index. Any span gives the same values, from any thread.
final class MatrixValues implements AutoCloseable {
  private final MatrixLayout layout;
  private final Entries entries;

  MatrixValues(MatrixLayout layout, Entries entries) {
    this.layout = layout;
    this.entries = entries;
  }

  long count() {
    return layout.count();
  }

  /// Elements `first` … `first + count − 1`, in single precision.
  void read(long first, float[] out, int offset, int count) {
    Arrays.fill(out, offset, offset + count, 0);
    layout.visit(
        first,
        count,
        (matrix, row, column, dRow, dColumn, at, n) ->
            entries.read(matrix, row, column, dRow, dColumn, out, offset + at, n));
  }

  /// The same in double precision: for tensors of doubles only, as other normals are used.
  void read(long first, double[] out, int offset, int count) {
    Arrays.fill(out, offset, offset + count, 0);
    layout.visit(
        first,
        count,
        (matrix, row, column, dRow, dColumn, at, n) ->
            entries.read(matrix, row, column, dRow, dColumn, out, offset + at, n));
  }

  @Override
  public void close() {
    entries.close();
  }
}
