package org.fanin.probe;

import org.fanin.tensor.Tensor;

/// Watches a measurement. Called on the measuring thread.
public interface ProbeListener {
  /// @param done steps finished, of `total`; a step is one node forward or backward
  default void progress(int done, int total) {}

  /// Whether [#forward] and [#gradient] want this value's elements.
  default boolean wants(int value) {
    return false;
  }

  /// The elements of a value, as soon as they are known. The tensor dies when the call returns.
  default void forward(int value, Tensor elements) {}

  /// The gradient of a value, complete. The tensor dies when the call returns.
  default void gradient(int value, Tensor elements) {}

  static ProbeListener none() {
    return new ProbeListener() {};
  }
}
