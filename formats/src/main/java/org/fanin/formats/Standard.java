package org.fanin.formats;

import java.io.IOException;
import org.fanin.model.ModelFormatException;

/// Mean and standard deviation of every feature (element of a sample) over all samples of a file,
/// by Welford's recurrence (1962), in one pass.
final class Standard {
  private final double[] mean;
  private final double[] deviation;
  private final long rows;

  private Standard(double[] mean, double[] deviation, long rows) {
    this.mean = mean;
    this.deviation = deviation;
    this.rows = rows;
  }

  static Standard of(Rows rows, Budget budget) throws ModelFormatException, IOException {
    double[][] sums = new double[2][];
    long[] n = {0};
    rows.each(
        null,
        (row, x) -> {
          if (sums[0] == null) {
            budget.charge(2L * Double.BYTES * x.length);
            sums[0] = new double[x.length];
            sums[1] = new double[x.length];
          }
          n[0]++;
          add(rows, row, x, n[0], sums[0], sums[1]);
        });
    double[] squares = sums[1] == null ? new double[0] : sums[1];
    for (int i = 0; i < squares.length; i++) {
      squares[i] = Math.sqrt(squares[i] / n[0]);
    }
    return new Standard(sums[0] == null ? new double[0] : sums[0], squares, n[0]);
  }

  private static void add(Rows rows, long row, double[] x, long n, double[] mean, double[] squares)
      throws ModelFormatException {
    for (int i = 0; i < x.length; i++) {
      double d = x[i] - mean[i];
      mean[i] += d / n;
      squares[i] += d * (x[i] - mean[i]);
      if (!Double.isFinite(squares[i])) {
        throw new ModelFormatException(
            rows.place(row) + ", feature " + i, "" + x[i], "finite numbers to standardise");
      }
    }
  }

  long rows() {
    return rows;
  }

  int features() {
    return mean.length;
  }

  /// Features that are the same number in every sample.
  int constant() {
    int n = 0;
    for (double d : deviation) {
      n += d == 0 ? 1 : 0;
    }
    return n;
  }

  /// To mean 0 and standard deviation 1; constant features to 0.
  void apply(double[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] = deviation[i] == 0 ? 0 : (x[i] - mean[i]) / deviation[i];
    }
  }
}
