package org.fanin.formats;

import java.util.Arrays;
import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// The `dims` field of tensors while it is read: packed or not, of bounded rank.
final class Extents {
  private long[] dims = new long[4];
  private int rank;

  void add(Wire w) throws ModelFormatException {
    if (w.type() != Wire.BYTES) {
      add(w, w.readLong());
      return;
    }
    Wire packed = w.message();
    while (!packed.atEnd()) {
      add(packed, packed.varint());
    }
  }

  private void add(Wire w, long dim) throws ModelFormatException {
    if (rank == OnnxTensors.MAX_RANK) {
      throw w.bad("a tensor of more than " + rank + " axes", "at most " + rank);
    }
    if (rank == dims.length) {
      dims = Arrays.copyOf(dims, 2 * rank);
    }
    dims[rank++] = dim;
  }

  Shape shape(OnnxContext context, Supplier<String> where) throws ModelFormatException {
    try {
      return Shape.of(Arrays.copyOf(dims, rank));
    } catch (IllegalArgumentException e) {
      throw context.bad(where, e.getMessage(), "extents of 0 or more with a product below 2^63");
    }
  }
}
