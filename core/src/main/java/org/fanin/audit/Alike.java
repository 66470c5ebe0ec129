package org.fanin.audit;

import java.util.Arrays;

/// Counts layers by their factor, each with its tolerance: a layer of factor g and tolerance t is
/// like one of factor f if |g − f| < t·f, that is for f between g/(1 + t) and g/(1 − t). Adding
/// costs nothing, sorting n·ln n once, a question ln n.
final class Alike {
  private double[] from = new double[16];
  private double[] to = new double[16];
  private int count;

  void add(double factor, double tolerance) {
    if (Double.isNaN(tolerance)) {
      return;
    }
    if (count == from.length) {
      from = Arrays.copyOf(from, 2 * count);
      to = Arrays.copyOf(to, 2 * count);
    }
    from[count] = factor / (1 + tolerance);
    to[count++] = tolerance < 1 ? factor / (1 - tolerance) : Double.POSITIVE_INFINITY;
  }

  /// Once all are added.
  void sort() {
    Arrays.sort(from, 0, count);
    Arrays.sort(to, 0, count);
  }

  /// Layers that are like one of factor `f`: begun before it, less ended before it.
  int at(double f) {
    return f == 0 ? 0 : below(from, f, false) - below(to, f, true);
  }

  /// How many are less than `f`, or at most `f`.
  private int below(double[] sorted, double f, boolean or) {
    int low = 0;
    int high = count;
    while (low < high) {
      int mid = (low + high) >>> 1;
      boolean before = or ? sorted[mid] <= f : sorted[mid] < f;
      low = before ? mid + 1 : low;
      high = before ? high : mid;
    }
    return low;
  }
}
