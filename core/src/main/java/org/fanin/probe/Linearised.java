package org.fanin.probe;

/// J = ∂outputs/∂(inputs or parameters) at one point. Vectors are flat and row-major; where there
/// are several inputs, parameters or outputs they follow each other in the graph's order. Not for
/// several threads at once.
public interface Linearised extends AutoCloseable {
  /// Elements of all float inputs together.
  long inputs();

  /// Elements of all outputs together.
  long outputs();

  /// Elements of all parameters together.
  long parameters();

  /// The outputs themselves.
  double[] value();

  /// Jᵀ·cotangent with respect to the inputs.
  double[] pullBack(double[] cotangent);

  /// Jᵀ·cotangent with respect to the parameters.
  double[] pullBackToParameters(double[] cotangent);

  /// J·tangent for a tangent at the inputs.
  double[] pushForward(double[] tangent);

  @Override
  void close();
}
