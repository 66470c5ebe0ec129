package org.fanin.formats;

import java.io.IOException;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Samples of a file, one after the other: what is in memory is one of them.
sealed interface Rows permits TensorRows, IdxRows, CsvRows {
  /// Extents of one sample.
  Shape shape();

  /// How many there are.
  long count() throws ModelFormatException, IOException;

  /// Shows samples in ascending order.
  ///
  /// @param wanted ascending indices; null for all
  void each(long[] wanted, Visitor visitor) throws ModelFormatException, IOException;

  /// Where a sample is, for messages.
  String place(long row);

  /// Takes samples.
  interface Visitor {
    /// @param x elements in row-major order; overwritten afterwards
    void row(long index, double[] x) throws ModelFormatException;
  }
}
