package org.fanin.graph;

import java.util.List;
import java.util.Optional;
import org.fanin.tensor.Tensor;

/// A float tensor of the file that data meets: a trainable one, or a [Buffer].
///
/// @param value id of the initialiser's [Value]
/// @param role [Role#TABLE] for every buffer whose values are kept
/// @param uses nodes that read it (directly or through views), in order; more than one means tied
///   or merged by the exporter
/// @param fan empty for parameters that multiply element by element (norm scales, biases, gates)
///   and for buffers
/// @param residualBranchEnd true when its layer is the last linear map of a residual branch
/// @param buffer why it is no trainable parameter; empty for one
/// @param arrival how it comes from the file to where it meets data
public record Parameter(
    int value,
    String name,
    Role role,
    Tensor data,
    Optional<Fan> fan,
    List<Integer> uses,
    boolean residualBranchEnd,
    Optional<Buffer> buffer,
    Arrival arrival) {
  public Parameter {
    uses = List.copyOf(uses);
  }

  /// A trainable parameter that is stored as it is used.
  public Parameter(
      int value,
      String name,
      Role role,
      Tensor data,
      Optional<Fan> fan,
      List<Integer> uses,
      boolean residualBranchEnd) {
    this(value, name, role, data, fan, uses, residualBranchEnd, Optional.empty(), Arrival.direct());
  }

  /// Whether training changes it.
  public boolean isTrained() {
    return buffer.isEmpty();
  }
}
