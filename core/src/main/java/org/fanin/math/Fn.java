package org.fanin.math;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// A scalar function with its derivative and the points where either is not smooth: what every
/// elementwise rule needs. Immutable; equal when name and parameters are equal (the name spells the
/// parameters, so it is the identity).
///
/// @param name canonical spelling, e.g. `relu`, `leaky-relu(0.2)`, `mul(0.5)`
/// @param value φ
/// @param derivative φ′, with PyTorch's convention at kinks (relu′(0) = 0; 0 at the bounds of a
///   clip)
/// @param kinks arguments where φ or φ′ jumps, ascending
/// @param scales arguments around which φ bends, ascending, where quadrature should look closely:
///   on a scale of 1 (0 for tanh), or of the gap to the nearest other entry when that is smaller
///   (−.01, 0, .01 for tanh(100x))
/// @param form exact class, used for closed forms
public record Fn(
    String name,
    DoubleUnaryOperator value,
    DoubleUnaryOperator derivative,
    List<Double> kinks,
    List<Double> scales,
    Form form) {
  public Fn {
    kinks = List.copyOf(kinks);
    scales = List.copyOf(scales);
  }

  public double at(double x) {
    return value.applyAsDouble(x);
  }

  public double slopeAt(double x) {
    return derivative.applyAsDouble(x);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Fn f && f.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }

  /// Classes with exact moments.
  public sealed interface Form {
    /// slope `below` for x < 0, `above` for x ≥ 0, through the origin (relu, leaky, abs, identity,
    /// scaling, negation).
    record AbRelu(double below, double above) implements Form {}

    /// slope·x + offset.
    record Affine(double slope, double offset) implements Form {}

    /// amplitude·sin(rate·x + phase); the moments are closed and no quadrature could follow a fast
    /// one.
    record Sine(double amplitude, double rate, double phase) implements Form {}

    /// amplitude·e^{rate·x}.
    record Exponential(double amplitude, double rate) implements Form {}

    /// Anything else: quadrature.
    record General() implements Form {}
  }
}
