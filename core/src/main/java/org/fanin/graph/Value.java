package org.fanin.graph;

import java.util.Optional;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// One tensor of a graph. Values are numbered from 0 in [Graph#values] order: parameters and inputs
/// first, then node outputs in topological order.
///
/// @param name the file's tensor name
/// @param kind where it comes from
/// @param shape empty when it cannot be known before running (then consumers are Foreign)
/// @param constant the values, when they are known before running (initialisers, folded nodes)
/// @param origin for a value that is a view of an initialiser (through Identity, Cast, Transpose,
///   Reshape …): that initialiser's value id; else its own id
/// @param producer node index, or -1
public record Value(
    int id,
    String name,
    Kind kind,
    DType dtype,
    Optional<Shape> shape,
    Optional<Tensor> constant,
    int origin,
    int producer) {
  public enum Kind {
    /// Fed by the user.
    INPUT,
    /// Float initialiser or Constant output, or a view of one.
    PARAMETER,
    /// Known before running and not a parameter: shapes, masks, folded arithmetic.
    CONSTANT,
    /// Computed from inputs (or unknown before running).
    ACTIVATION
  }
}
