package org.fanin.solve;

import org.fanin.tensor.Tensor;

/// Mean and deviation of all elements of a tensor, and their second moment.
record Spread(double std, double m2) {
  private static final int CHUNK = 2048;

  /// A deviation below this share of the root mean square is what rounding leaves of a constant.
  private static final double ROUNDING = 1e-12;

  /// Two passes, each in the order of the elements, so that the result depends on them alone.
  static Spread of(Tensor x) {
    double[] part = new double[CHUNK];
    double n = Math.max(1, x.count());
    double mean = sum(x, part, 0, false) / n;
    double std = Math.sqrt(sum(x, part, mean, true) / n);
    double m2 = std * std + mean * mean;
    return new Spread(std <= ROUNDING * Math.sqrt(m2) ? 0 : std, m2);
  }

  private static double sum(Tensor x, double[] part, double from, boolean squares) {
    double all = 0;
    for (long at = 0; at < x.count(); at += CHUNK) {
      int n = (int) Math.min(CHUNK, x.count() - at);
      x.read(at, part, n);
      double s = 0;
      for (int i = 0; i < n; i++) {
        double d = part[i] - from;
        s += squares ? d * d : d;
      }
      all += s;
    }
    return all;
  }

  /// Whether a layer can be scaled by it.
  boolean usable() {
    return std > 0 && std < Double.POSITIVE_INFINITY;
  }
}
