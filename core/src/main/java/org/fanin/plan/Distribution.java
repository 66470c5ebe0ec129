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

  /// A law that cannot be described by one scale alone: it needs the tensor's axes, or has a mean.
  sealed interface Structured extends Distribution {}

  /// N(mean, σ²).
  record Around(double mean) implements Structured {}

  /// Orthogonal at the centre tap, 0 at the others.
  record DeltaOrthogonal() implements Structured {}

  /// Gain on the diagonal of the centre tap.
  record Identity() implements Structured {}

  /// ZerO's partial identity and Hadamard matrices.
  record Hadamard() implements Structured {}

  /// @param nonZero inputs of each output unit that have a weight
  record Sparse(long nonZero) implements Structured {}

  /// Zero, but `value` for the forget gate of an LSTM.
  record ForgetBias(double value) implements Structured {}

  /// softplus⁻¹ of a log-uniform time step.
  record StepBias(double low, double high) implements Structured {
    public StepBias {
      if (!(low > 0 && high >= low && high < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("time steps " + low + " to " + high);
      }
    }
  }

  /// ln 1, ln 2, … along the last axis.
  record LogRange() implements Structured {}

  /// What a cut leaves of the nominal variance: 1 except for an uncorrected truncated normal (.7737
  /// at ±2).
  default double kept() {
    return switch (this) {
      case Truncated(double cut, boolean corrected) when !corrected ->
          TruncatedNormal.variance(cut);
      case Truncated _, Normal _, Uniform _, Constant _, Orthogonal _, Structured _ -> 1;
    };
  }
}
