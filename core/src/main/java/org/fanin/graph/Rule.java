package org.fanin.graph;

import org.fanin.model.ModelFormatException;

/// Translates the nodes of one ONNX operator: attributes resolved, output shapes inferred.
@FunctionalInterface
interface Rule {
  /// @throws ModelFormatException when attributes and shapes contradict each other
  /// @throws Unknowable when something needed is only known while running
  Lowered lower(Site site) throws ModelFormatException;

  /// Makes the node Foreign, with this reason. An answer, not a failure: carries no stack trace.
  final class Unknowable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknowable(String because) {
      super(because, null, false, false);
    }
  }
}
