package org.fanin.graph;

import java.util.List;
import java.util.Optional;
import org.fanin.tensor.Tensor;

/// A trainable tensor of the file.
///
/// @param value id of the initialiser's [Value]
/// @param uses nodes that read it (directly or through views), in order; more than one means tied
///   or merged by the exporter
/// @param fan empty for parameters that multiply element by element (norm scales, biases, gates)
/// @param residualBranchEnd true when its layer is the last linear map of a residual branch
public record Parameter(
    int value,
    String name,
    Role role,
    Tensor data,
    Optional<Fan> fan,
    List<Integer> uses,
    boolean residualBranchEnd) {
  public Parameter {
    uses = List.copyOf(uses);
  }
}
