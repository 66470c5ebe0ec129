package org.fanin.formats;

import java.lang.foreign.Arena;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// A tensor that is in the file and listed, but that Fanin cannot read as numbers.
///
/// @param because what it is, as in `elements of type C64`
record UnreadableTensor(String name, Shape shape, String where, String because)
    implements StoredTensor {
  @Override
  public DType dtype() {
    return DType.OTHER;
  }

  @Override
  public Tensor read(long first, long count, Arena arena) throws ModelFormatException {
    throw new ModelFormatException(where, because, "a dense tensor of numbers");
  }
}
