package org.fanin.spectrum;

import java.util.List;

/// Singular values σ of J = ∂outputs/∂inputs: how much a small change of the input, or of the
/// cotangent on its way back, grows along each direction. With k = min(rows, columns) of them per
/// matrix.
///
/// @param unit what one matrix belongs to
/// @param method how it was found
/// @param rows of one matrix: elements of the outputs
/// @param columns of one matrix: elements of the inputs
/// @param from names of the tensors that J differentiates by: inputs, or embeddings' outputs
/// @param passes through the network, forward and backward, that it took
/// @param matrices extremes of each matrix
/// @param lnMeanSquare ln of the mean of σ² over all directions and matrices, Tr(J·Jᵀ)/k; −∞ for J
///   = 0
/// @param relativeVariance variance of σ² over its mean squared, within a matrix, mean over the
///   matrices: 0 when all directions grow alike (dynamical isometry; Pennington et al. 2017); NaN
///   for J = 0
/// @param density of log10 σ
/// @param resolution σ below which `density` is right only as a whole: π·largest/steps, twice the
///   distance of neighbouring nodes of a Gauss quadrature of σ² (Chebyshev's) at its lower end; 0
///   for what is exact
public record JacobianSpectrum(
    Unit unit,
    Method method,
    int rows,
    int columns,
    List<String> from,
    int passes,
    List<Extremes> matrices,
    Estimate lnMeanSquare,
    Estimate relativeVariance,
    LogDensity density,
    double resolution) {
  public JacobianSpectrum {
    from = List.copyOf(from);
    matrices = List.copyOf(matrices);
  }

  public enum Unit {
    /// Each sample has its own.
    SAMPLE,
    /// Samples act on one another (batch statistics): one matrix for the whole batch.
    BATCH_COUPLED,
    /// Inputs or outputs have no batch axis: one matrix for all.
    WHOLE
  }

  public enum Method {
    /// Every element of J was computed.
    EXACT,
    /// Lanczos quadrature from random directions.
    LANCZOS
  }

  /// The ends of one matrix' spectrum. Singular values below [#ROUNDING]·largest·√(rows·columns)
  /// cannot be told from 0 and count as 0.
  ///
  /// @param largest largest singular value
  /// @param largestError a singular value lies within this of `largest`
  /// @param smallest of the singular values that are not 0; NaN for J = 0
  /// @param bound whether `smallest` is only an upper bound
  /// @param zeros how many of the k are 0; NaN when unknown, which `bound` implies
  public record Extremes(
      double largest, double largestError, double smallest, boolean bound, double zeros) {
    /// Relative accuracy of the products with J.
    public static final double ROUNDING = 0x1p-52;

    /// Largest over smallest; ∞ when some are 0, NaN when all are. With `bound`, at least this.
    public double condition() {
      if (largest == 0) {
        return Double.NaN;
      }
      return zeros > 0 ? Double.POSITIVE_INFINITY : largest / smallest;
    }

    /// Largest over smallest of those that are not 0; NaN for J = 0.
    public double conditionOfRest() {
      return largest / smallest;
    }

    static double floor(double largest, int rows, int columns) {
      return ROUNDING * largest * Math.sqrt((double) rows * columns);
    }
  }

  /// Singular values per matrix.
  public int directions() {
    return Math.min(rows, columns);
  }

  /// Whether J is exactly 0 everywhere, as behind a layer that starts at 0.
  public boolean zero() {
    return matrices.stream().allMatch(m -> m.largest() == 0);
  }

  /// The matrix with the largest condition; the first of several.
  public Extremes worst() {
    Extremes worst = matrices.getFirst();
    for (Extremes m : matrices) {
      if (m.condition() > worst.condition() || Double.isNaN(worst.condition())) {
        worst = m;
      }
    }
    return worst;
  }

  /// Largest singular value of all matrices.
  public double largest() {
    return matrices.stream().mapToDouble(Extremes::largest).max().orElse(0);
  }
}
