package org.fanin.audit;

/// Running sums of a span. Tallies of spans are added in the order of the file, so that the result
/// does not depend on who computed them.
final class Tally {
  long count;
  long zeros;
  long nan;
  long infinite;
  double sum;
  double sum2;
  double sum4;
  double min = Double.POSITIVE_INFINITY;
  double max = Double.NEGATIVE_INFINITY;

  void add(Tally t) {
    count += t.count;
    zeros += t.zeros;
    nan += t.nan;
    infinite += t.infinite;
    sum += t.sum;
    sum2 += t.sum2;
    sum4 += t.sum4;
    min = Math.min(min, t.min);
    max = Math.max(max, t.max);
  }

  /// `n` elements of value `x`.
  void add(double x, long n) {
    count += n;
    if (Double.isNaN(x)) {
      nan += n;
    } else if (Double.isInfinite(x)) {
      infinite += n;
    } else {
      zeros += x == 0 ? n : 0;
      double x2 = x * x;
      sum += n * x;
      sum2 += n * x2;
      sum4 += n * (x2 * x2);
      min = Math.min(min, x);
      max = Math.max(max, x);
    }
  }

  Moments moments() {
    double n = Math.max(1, count - nan - infinite);
    return new Moments(count, sum / n, sum2 / n, sum4 / n, min, max, zeros, nan, infinite);
  }
}
