package org.fanin.fill;

import java.util.Arrays;
import org.fanin.fill.matrix.Entries;
import org.fanin.fill.matrix.MatrixLayout;

/// The elements of a tensor made of matrices, found by their place in the tensor.
final class MatrixValues implements Values {
  private final MatrixLayout layout;
  private final Entries entries;

  MatrixValues(MatrixLayout layout, Entries entries) {
    this.layout = layout;
    this.entries = entries;
  }

  @Override
  public void read(long first, float[] out, int offset, int count) {
    Arrays.fill(out, offset, offset + count, 0);
    layout.visit(
        first,
        count,
        (matrix, row, column, dRow, dColumn, at, n) ->
            entries.read(matrix, row, column, dRow, dColumn, out, offset + at, n));
  }

  @Override
  public void read(long first, double[] out, int offset, int count) {
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
