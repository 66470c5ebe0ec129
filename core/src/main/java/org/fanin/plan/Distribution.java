package org.fanin.plan;

import org.fanin.math.TruncatedNormal;

/// The law of one weight, up to its scale.
public sealed interface Distribution {
  record Normal() implements Distribution {}

  record Uniform() implements Distribution {}

  /// A normal cut at ±cut·σ.
  ///
  /// @param corrected whether σ was divided by the cut law's deviation, so that the variance is the
  ///   one asked for
  record Truncated(double cut, boolean corrected) implements Distribution {
    public Truncated {
      if (!(cut > 0)) {
        throw new IllegalArgumentException("a cut > 0 is wanted, found " + cut);
      }
    }
  }

  record Constant(double value) implements Distribution {}

  /// Haar-random rows or columns: the elements are not independent.
  record Orthogonal() implements Distribution {}

  /// What a cut leaves of the nominal variance: 1 except for an uncorrected truncated normal (.7737
  /// at ±2).
  default double kept() {
    return switch (this) {
      case Truncated(double cut, boolean corrected) when !corrected ->
          TruncatedNormal.variance(cut);
      case Truncated _, Normal _, Uniform _, Constant _, Orthogonal _ -> 1;
    };
  }
}
