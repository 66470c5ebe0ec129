package org.fanin.formats;

import java.util.Arrays;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Samples along axis 0 of an array that is mapped or in memory.
record TensorRows(String where, Tensor tensor, Budget budget) implements Rows {
  @Override
  public Shape shape() {
    long[] d = tensor.shape().toArray();
    return d.length == 0 ? Shape.of() : Shape.of(Arrays.copyOfRange(d, 1, d.length));
  }

  @Override
  public long count() {
    return tensor.shape().rank() == 0 ? 1 : tensor.shape().dim(0);
  }

  @Override
  public void each(long[] wanted, Visitor visitor) throws ModelFormatException {
    long n = shape().count();
    long rows = wanted == null ? count() : wanted.length;
    if (rows == 0) {
      return;
    }
    budget.charge(n * Double.BYTES);
    double[] x = new double[Math.toIntExact(n)];
    for (long i = 0; i < rows; i++) {
      long row = wanted == null ? i : wanted[(int) i];
      tensor.read(row * n, x, x.length);
      visitor.row(row, x);
    }
  }

  @Override
  public String place(long row) {
    return where + ": sample " + row;
  }
}
