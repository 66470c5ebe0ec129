package org.fanin.plan;

import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// What one tensor gets, and why.
///
/// @param draw its elements, completely specified
/// @param stochastic whether types narrower than f32 are rounded stochastically instead of to
///   nearest even
/// @param scheme spelling a person knows, e.g. `he-normal(gain=1.2)`
/// @param variance variance of one element (mean over elements where they differ)
/// @param because one sentence
/// @param source paper and equation, or the library that does it
public record TensorPlan(
    TensorSpec spec,
    Draw draw,
    boolean stochastic,
    String scheme,
    double variance,
    String because,
    String source) {
  public String name() {
    return spec.name();
  }

  public Shape shape() {
    return spec.shape();
  }

  public DType dtype() {
    return spec.dtype();
  }
}
