package org.fanin.graph;

import java.util.OptionalDouble;
import org.fanin.tensor.Tensor;

/// Tensors of a file that say which elements count, and may be computed with ahead: 0 where an
/// element stays and −∞, −1e9, the least float … where a softmax shall not see it; or infinity
/// alone, the neutral element of Max and Min.
final class Masks {
  /// No weight is drawn as large as this, and exp(−1e4) is 0 in every format.
  private static final double REMOVED = -1e4;

  /// What Swin adds between windows.
  private static final double WINDOW = -100;

  /// Nobody stores a larger one.
  private static final long LARGEST = 1 << 24;

  private Masks() {}

  /// Every element is 0, at most −1e4, or +∞, and one is not 0; or 0 and one number of at most −100
  /// (Swin). Looks no further than the first element of another kind: at one element of a weight,
  /// at all of zeros.
  static boolean isAdditive(Tensor t) {
    double low = 0;
    boolean zeros = false;
    for (long i = 0; i < Math.min(t.count(), LARGEST); i++) {
      double v = t.at(i);
      boolean same = v == low && v <= WINDOW;
      if (v != 0 && !(v <= REMOVED) && v != Double.POSITIVE_INFINITY && !same) {
        if (low != 0 || !(v <= WINDOW)) {
          return false;
        }
      }
      zeros |= v == 0;
      low = v != 0 ? v : low;
    }
    return low != 0 && t.count() <= LARGEST && (zeros || low <= REMOVED || low > 0);
  }

  /// The infinity that all elements are; empty when they are not.
  static OptionalDouble infinity(Tensor t) {
    for (long i = 0; i < t.count(); i++) {
      if (!Double.isInfinite(t.at(i)) || t.at(i) != t.at(0)) {
        return OptionalDouble.empty();
      }
    }
    return t.count() == 0 ? OptionalDouble.empty() : OptionalDouble.of(t.at(0));
  }
}
