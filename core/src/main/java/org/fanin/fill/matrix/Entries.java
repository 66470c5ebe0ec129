package org.fanin.fill.matrix;

/// The matrices of one tensor, read by matrix, row and column, from any thread.
public interface Entries extends AutoCloseable {
  /// Elements (row, column), (row + dRow, column + dColumn) … of a matrix, `count` of them.
  ///
  /// @param matrix index among the tensor's batch axes
  void read(
      long matrix,
      long row,
      long column,
      int dRow,
      int dColumn,
      float[] out,
      int offset,
      int count);

  /// The same in double precision.
  void read(
      long matrix,
      long row,
      long column,
      int dRow,
      int dColumn,
      double[] out,
      int offset,
      int count);

  @Override
  void close();
}
