package org.fanin.probe;

import java.util.Map;
import org.fanin.tensor.Tensor;

/// Rescales parameters while a network runs forward, layer after layer: what it changes is what
/// every later node sees. Called on the running thread.
public interface Adjuster {
  /// Whether [#adjust] wants this value.
  boolean wants(int value);

  /// A value was computed, or a parameter or an input loaded for the first node that reads it; once
  /// per run.
  ///
  /// @param elements of float type; they die when the call returns
  /// @return factors by value id. Each of these values that is held is multiplied before the run
  ///   goes on; so a layer's weight, its views and its output keep fitting one another when the
  ///   output is proportional to the weight. Values that are not held (any more, or yet) stay as
  ///   they are. Empty: nothing changes
  Map<Integer, Double> adjust(int value, Tensor elements);
}
