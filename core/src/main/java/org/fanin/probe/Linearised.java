package org.fanin.probe;

import java.util.List;
import org.fanin.tensor.Shape;

/// J = ∂outputs/∂(inputs or parameters) at one point. Vectors are flat and row-major; where there
/// are several inputs, parameters or outputs they follow each other in the order of [#from],
/// [#weights] and [#to]. Not for several threads at once.
public interface Linearised extends AutoCloseable {
  /// A tensor that vectors are made of.
  record Part(String name, Shape shape) {
    public static long count(List<Part> parts) {
      return parts.stream().mapToLong(p -> p.shape().count()).sum();
    }
  }

  /// Where tangents enter: the float inputs, and what discrete inputs look up in tables (outputs of
  /// embeddings), as token ids themselves have no derivative.
  List<Part> from();

  /// The outputs.
  List<Part> to();

  /// The parameters, in the order of [org.fanin.graph.Graph#parameters].
  List<Part> weights();

  /// Elements of [#from] together.
  default long inputs() {
    return Part.count(from());
  }

  /// Elements of all outputs together.
  default long outputs() {
    return Part.count(to());
  }

  /// Elements of all parameters together.
  default long parameters() {
    return Part.count(weights());
  }

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
