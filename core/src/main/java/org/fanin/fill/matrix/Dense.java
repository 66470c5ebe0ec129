package org.fanin.fill.matrix;

/// A matrix that can be read in any direction, as long as it is open.
public interface Dense extends AutoCloseable {
  /// Elements (row, column), (row + dRow, column + dColumn) … of the matrix, `count` of them.
  void read(long row, long column, int dRow, int dColumn, float[] out, int offset, int count);

  /// The same in double precision.
  void read(long row, long column, int dRow, int dColumn, double[] out, int offset, int count);

  @Override
  void close();
}
