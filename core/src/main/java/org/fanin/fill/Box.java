package org.fanin.fill;

import org.fanin.tensor.Shape;

/// A box of a tensor: along each axis a range of indices. Gives the runs of neighbouring flat
/// indices it consists of.
final class Box {
  /// A run: elements `flat` … `flat + count − 1` of the tensor are elements `local` … of the box.
  interface Run {
    void at(long flat, long local, int count);
  }

  private final long[] dims;
  private final long[] origin;
  private final long[] extent;

  /// Runs are shortest along this axis: all later ones are taken whole. −1: the box is the tensor.
  private final int axis;

  /// Elements from one run to the next.
  private final long stride;

  private final long runStart;
  private final long runLength;

  private Box(long[] dims, long[] origin, long[] extent) {
    this.dims = dims;
    this.origin = origin;
    this.extent = extent;
    int k = dims.length - 1;
    long inner = 1;
    while (k >= 0 && extent[k] == dims[k]) {
      inner *= dims[k--];
    }
    axis = k;
    stride = k < 0 ? inner : inner * dims[k];
    runStart = k < 0 ? 0 : inner * origin[k];
    runLength = k < 0 ? inner : inner * extent[k];
  }

  static Box whole(Shape shape) {
    return new Box(shape.toArray(), new long[shape.rank()], shape.toArray());
  }

  /// Of this box, the part from index `from` on along an axis, counted from the box's origin.
  Box cut(int along, long from, long count) {
    long[] o = origin.clone();
    long[] e = extent.clone();
    o[along] += from;
    e[along] = count;
    return new Box(dims, o, e);
  }

  Shape shape() {
    return Shape.of(extent);
  }

  boolean isWhole() {
    return axis < 0;
  }

  long runLength() {
    return runLength;
  }

  /// Index along an axis, from the box's origin, of an element of the tensor.
  long index(long flat, int along) {
    long rest = flat;
    for (int k = dims.length - 1; k > along; k--) {
      rest /= dims[k];
    }
    return rest % dims[along] - origin[along];
  }

  /// The runs inside elements `first` … `first + count − 1` of the tensor, in order.
  void visit(long first, int count, Run run) {
    if (count == 0 || runLength == 0) {
      return;
    }
    long end = first + count;
    for (long row = first / stride; row * stride < end; row++) {
      long localRow = localRow(row);
      long start = row * stride + runStart;
      long from = Math.max(start, first);
      long to = Math.min(start + runLength, end);
      if (localRow >= 0 && from < to) {
        run.at(from, localRow * runLength + from - start, (int) (to - from));
      }
    }
  }

  /// Number of a run inside the box; −1 when the axes before put it outside.
  private long localRow(long row) {
    long rest = row;
    long local = 0;
    long weight = 1;
    for (int k = axis - 1; k >= 0; k--) {
      long index = rest % dims[k] - origin[k];
      if (index < 0 || index >= extent[k]) {
        return -1;
      }
      local += index * weight;
      weight *= extent[k];
      rest /= dims[k];
    }
    return local;
  }
}
