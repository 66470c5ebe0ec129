package org.fanin.spectrum;

import java.util.List;

/// The neural tangent kernel (Jacot, Gabriel & Hongler 2018) of a few samples, mean over outputs:
/// Θ_ij = (1/m)·Σ_o ⟨∂f_o(x_i)/∂θ, ∂f_o(x_j)/∂θ⟩, over all parameters as they stand in the file (no
/// NTK parameterisation). A step of gradient descent with a small learning rate η moves output o of
/// sample i by −η·Σ_j Θ_ij·∂loss/∂f_o(x_j), where outputs share one kernel.
///
/// @param samples extent of Θ
/// @param outputs m, elements of the outputs per sample
/// @param exact whether all outputs' gradients were computed; else random mixtures of them
/// @param passes through the network, backward
/// @param lnMeanDiagonal ln of the mean of Θ_ii; −∞ for Θ = 0. Its trace over outputs and samples
///   is outputs·samples times that
/// @param matrix Θ over the mean of its diagonal; zeros for Θ = 0
/// @param eigenvalues of `matrix`, largest first
/// @param lnCondition ln of largest over smallest eigenvalue; ∞ where the smallest is rounding, NaN
///   for Θ = 0
/// @param shares of the trace, by parameter in the graph's order
public record TangentKernel(
    int samples,
    int outputs,
    boolean exact,
    int passes,
    Estimate lnMeanDiagonal,
    List<List<Double>> matrix,
    List<Double> eigenvalues,
    Estimate lnCondition,
    List<Share> shares) {
  public TangentKernel {
    matrix = matrix.stream().map(List::copyOf).toList();
    eigenvalues = List.copyOf(eigenvalues);
    shares = List.copyOf(shares);
  }

  /// @param share of the trace that this parameter's gradients make up
  /// @param error standard error over random mixtures of outputs
  public record Share(String parameter, double share, double error) {}

  /// Whether no parameter moves any output.
  public boolean zero() {
    return lnMeanDiagonal.value() == Double.NEGATIVE_INFINITY;
  }
}
