package org.fanin.probe;

/// @param index in [org.fanin.graph.Graph#parameters]
/// @param reading of the parameter's value; its gradient is summed over the batch and over all uses
public record ParameterReading(int index, String name, Reading reading) {
  /// √(gm2/m2): a step of plain gradient descent with rate η on the summed loss changes the
  /// parameter by η times this, relatively. NaN without gradient, ∞ for a parameter of zeros.
  public double updateToWeight() {
    return Math.exp(0.5 * (reading.lnGm2() - reading.lnM2()));
  }
}
