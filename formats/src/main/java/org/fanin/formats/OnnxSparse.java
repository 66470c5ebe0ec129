package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Decodes SparseTensorProto by writing it out as a dense tensor, within the allowance of
/// [OnnxContext#dense].
final class OnnxSparse {
  private final OnnxContext context;
  private final OnnxTensors tensors;

  OnnxSparse(OnnxContext context, OnnxTensors tensors) {
    this.context = context;
    this.tensors = tensors;
  }

  OnnxConstant decode(Wire sparse, Supplier<String> holder)
      throws ModelFormatException, IOException {
    OnnxConstant values = null;
    OnnxConstant indices = null;
    Extents dims = new Extents();
    while (sparse.next()) {
      switch (sparse.field()) {
        case 1 -> values = tensors.decode(sparse.message(), holder);
        case 2 -> indices = tensors.decode(sparse.message(), holder);
        case 3 -> dims.add(sparse);
        default -> sparse.skip();
      }
    }
    if (values instanceof OnnxConstant.Opaque) {
      return values;
    }
    if (!(values instanceof OnnxConstant.Numbers v)
        || !(indices instanceof OnnxConstant.Numbers i)) {
      throw context.bad(holder, "a sparse tensor without values or indices", "both");
    }
    Supplier<String> where = OnnxTensors.place(v.name(), holder);
    Shape shape = dims.shape(context, where);
    MemorySegment out = dense(where, v, i.tensor(), shape);
    return new OnnxConstant.Numbers(v.name(), Tensor.of(v.tensor().dtype(), shape, out), out);
  }

  private MemorySegment dense(
      Supplier<String> where, OnnxConstant.Numbers sparse, Tensor indices, Shape shape)
      throws ModelFormatException {
    Tensor values = sparse.tensor();
    int width = values.dtype().bytes();
    long count = shape.count();
    long bytes = count > Long.MAX_VALUE / width ? Long.MAX_VALUE : count * width;
    MemorySegment out = MemorySegment.ofArray(context.dense(where.get(), bytes));
    boolean linear = indices.shape().rank() == 1;
    int rank = shape.rank();
    if (indices.count() != (linear ? 1 : rank) * values.count()) {
      throw context.bad(
          where,
          "indices of shape " + indices.shape() + " for " + values.count() + " values",
          "one per value, or one row of " + rank + " per value");
    }
    for (long k = 0; k < values.count(); k++) {
      long at = linear ? indices.longAt(k) : flat(where, indices, k, shape);
      if (at < 0 || at >= count) {
        throw context.bad(where, "sparse index " + at, "0 to " + (count - 1));
      }
      MemorySegment.copy(sparse.bytes(), k * width, out, at * width, width);
    }
    return out;
  }

  private long flat(Supplier<String> where, Tensor indices, long row, Shape shape)
      throws ModelFormatException {
    long at = 0;
    for (int a = 0; a < shape.rank(); a++) {
      long i = indices.longAt(row * shape.rank() + a);
      if (i < 0 || i >= shape.dim(a)) {
        throw context.bad(where, "sparse index " + i + " on axis " + a, "below " + shape.dim(a));
      }
      at = at * shape.dim(a) + i;
    }
    return at;
  }
}
