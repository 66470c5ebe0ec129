package org.fanin.fill.matrix;

/// Entries that follow from row and column alone, the same in every matrix.
@FunctionalInterface
public interface Formula extends Entries {
  double at(long row, long column);

  /// `gain` where the row's place inside its group is the column, else 0.
  ///
  /// @param perGroup rows of a group
  static Formula identity(double gain, long perGroup) {
    return (row, column) -> row % perGroup == column ? gain : 0;
  }

  /// ZerO (Zhao, Schäfer & Anandkumar 2022, "ZerO Initialization: Initializing Neural Networks with
  /// only Zeros and Ones", TMLR, algorithm 1): a partial identity if rows ≤ columns; otherwise
  /// c·I*·H_k·I*, where k = ⌈log₂ rows⌉, c = 2^(−(k−1)/2), H_k is Sylvester's Hadamard matrix, with
  /// entry (−1)^popcount(i & j), and I* cut it to size.
  static Formula hadamard(long rows, long columns) {
    if (rows <= columns) {
      return identity(1, rows);
    }
    int k = Long.SIZE - Long.numberOfLeadingZeros(rows - 1);
    double c = Math.sqrt(Math.scalb(1.0, 1 - k));
    return (row, column) -> (Long.bitCount(row & column) & 1) == 0 ? c : -c;
  }

  @Override
  default void read(
      long matrix,
      long row,
      long column,
      int dRow,
      int dColumn,
      float[] out,
      int offset,
      int count) {
    for (int i = 0; i < count; i++) {
      out[offset + i] = (float) at(row + (long) i * dRow, column + (long) i * dColumn);
    }
  }

  @Override
  default void read(
      long matrix,
      long row,
      long column,
      int dRow,
      int dColumn,
      double[] out,
      int offset,
      int count) {
    for (int i = 0; i < count; i++) {
      out[offset + i] = at(row + (long) i * dRow, column + (long) i * dColumn);
    }
  }

  @Override
  default void close() {}
}
