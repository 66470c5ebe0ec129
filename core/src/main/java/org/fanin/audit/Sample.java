package org.fanin.audit;

/// Rows of a matrix in memory: all of them, or some at equal distances.
///
/// @param rows kept
/// @param columns of the matrix
/// @param of rows that the matrix has
record Sample(float[] data, int rows, int columns, long of) {
  boolean whole() {
    return rows == of;
  }

  /// Row of the matrix that is kept as row `i`.
  long row(int i) {
    return of * i / rows;
  }

  /// @param limit most elements kept
  static Sample of(long rows, long columns, long limit) {
    long kept = columns == 0 ? 0 : Math.min(rows, limit / columns);
    return kept < 1
        ? new Sample(new float[0], 0, 0, rows)
        : new Sample(new float[(int) (kept * columns)], (int) kept, (int) columns, rows);
  }
}
