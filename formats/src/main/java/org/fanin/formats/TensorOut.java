package org.fanin.formats;

import java.util.Objects;
import java.util.function.Supplier;
import org.fanin.fill.TensorFill;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// A tensor to be written.
///
/// @param dtype of the elements in the file; not [DType#OTHER]
/// @param fill opened when the tensor's first byte is due and closed after its last; called again
///   if only a part was written before, so every fill of it has to give the same bytes
public record TensorOut(String name, DType dtype, Shape shape, Supplier<TensorFill> fill) {
  public TensorOut {
    Objects.requireNonNull(fill);
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a tensor to be written has no name");
    }
    if (dtype.bytes() == 0) {
      throw new IllegalArgumentException("tensor " + name + ": no elements of type " + dtype);
    }
    if (shape.count() > Long.MAX_VALUE / 16) {
      throw new IllegalArgumentException("tensor " + name + " of " + shape + " fits no file");
    }
  }

  /// Bytes it takes in a file.
  public long bytes() {
    return shape.count() * dtype.bytes();
  }

  /// @throws IllegalStateException if the fill is not of this tensor
  TensorFill open() {
    TensorFill f = fill.get();
    if (f.count() != shape.count() || f.elementBytes() != dtype.bytes()) {
      String found = f.count() + " elements of " + f.elementBytes() + " bytes";
      f.close();
      throw new IllegalStateException(
          "tensor " + name + " of " + shape + " " + dtype + " got a fill of " + found);
    }
    return f;
  }
}
