package org.fanin.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// A tensor in a file, not read yet.
public interface StoredTensor {
  String name();

  DType dtype();

  Shape shape();

  /// File and place in it, for messages.
  String where();

  /// Elements `first` to `first + count − 1` in row-major order, as a tensor of shape [count] that
  /// lives as long as the arena. Holds no more memory than these elements.
  ///
  /// @throws IOException if the file cannot be read
  /// @throws ModelFormatException if what is there is damaged
  Tensor read(long first, long count, Arena arena) throws IOException, ModelFormatException;
}
