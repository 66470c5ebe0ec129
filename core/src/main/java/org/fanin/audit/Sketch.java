package org.fanin.audit;

import java.util.function.DoubleUnaryOperator;

/// The distribution of |w| in fixed bins: exact values for types of at most 16 bits, 128 bins an
/// octave for wider ones.
final class Sketch {
  private final double[] edges;
  private final long[] upTo;
  private final double collision;
  private final double smallest;

  private Sketch(double[] edges, long[] upTo, double collision, double smallest) {
    this.smallest = smallest;
    this.edges = edges;
    this.upTo = upTo;
    this.collision = collision;
  }

  static Sketch of(Codec codec, Bins histogram) {
    double squares = 0;
    for (long c : histogram.counts()) {
      squares += (double) c * c;
    }
    Bins folded = histogram.folded(codec.half());
    int[] bins = folded.numbers();
    int used = 0;
    for (int bin : bins) {
      used += Double.isFinite(codec.edge(bin)) ? 1 : 0;
    }
    double[] edges = new double[used];
    long[] upTo = new long[used];
    long total = 0;
    int at = 0;
    for (int i = 0; i < bins.length; i++) {
      if (Double.isFinite(codec.edge(bins[i]))) {
        total += folded.counts()[i];
        edges[at] = codec.edge(bins[i]);
        upTo[at++] = total;
      }
    }
    // A bin of a wider type holds 2^16 values and more; torch's uniform has 2^24.
    double within = codec.bytes > 2 ? 0x1p-14 : 1;
    double p = total == 0 ? 1 : squares / total / total * within;
    // Bin 0 holds the zeros.
    int first = used > 0 && bins[0] == 0 ? 1 : 0;
    double smallest = first < used ? edges[first] : Double.POSITIVE_INFINITY;
    return new Sketch(edges, upTo, Math.max(p, 0x1p-24), smallest);
  }

  long count() {
    return upTo.length == 0 ? 0 : upTo[upTo.length - 1];
  }

  /// Upper end of the lowest occupied bin that does not hold zeros; ∞ when there is none.
  double smallest() {
    return smallest;
  }

  /// Elements in the lowest bin: zeros, and of wider types numbers below about 1e-40.
  long lowest() {
    return edges.length > 0 && edges[0] < smallest ? upTo[0] : 0;
  }

  /// Upper end of the bin that holds the median of |w| over the elements that are not 0; ∞ when
  /// there are none.
  double medianBesideZero() {
    int first = edges.length > 0 && edges[0] < smallest ? 1 : 0;
    long zeros = first == 0 ? 0 : upTo[0];
    for (int i = first; i < edges.length; i++) {
      if (2 * (upTo[i] - zeros) >= count() - zeros) {
        return edges[i];
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  /// Probability that two elements are equal.
  double collision() {
    return collision;
  }

  /// Kolmogorov–Smirnov distance to a law of |w|, at the edges of the bins.
  ///
  /// @param cdf P(|w| ≤ x)
  double distance(DoubleUnaryOperator cdf) {
    double n = count();
    double far = 0;
    for (int i = 0; i < edges.length; i++) {
      far = Math.max(far, Math.abs(upTo[i] / n - cdf.applyAsDouble(edges[i])));
    }
    return far;
  }
}
