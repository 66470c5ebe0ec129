package org.fanin.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The extents of a tensor, outermost first. Immutable. A scalar has rank 0.
public final class Shape {
  private static final Shape SCALAR = new Shape(new long[0]);
  private final long[] dims;
  private final long count;

  private Shape(long[] dims) {
    this.dims = dims;
    long n = 1;
    for (long d : dims) {
      n *= d;
    }
    count = n;
  }

  /// @param dims extents, each at least 0
  /// @throws IllegalArgumentException if an extent is negative or the element count overflows a
  ///   long
  public static Shape of(long... dims) {
    if (dims.length == 0) {
      return SCALAR;
    }
    long count = 1;
    for (long d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(dims));
      }
      try {
        count = Math.multiplyExact(count, Math.max(d, 1));
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("shape overflows: " + Arrays.toString(dims), e);
      }
    }
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /// Extent of one axis; a negative axis counts from the end.
  public long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /// Number of elements.
  public long count() {
    return count;
  }

  public long[] toArray() {
    return dims.clone();
  }

  public List<Long> toList() {
    List<Long> all = new ArrayList<>(dims.length);
    for (long d : dims) {
      all.add(d);
    }
    return List.copyOf(all);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /// As in `[16, 3, 32, 32]`.
  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
