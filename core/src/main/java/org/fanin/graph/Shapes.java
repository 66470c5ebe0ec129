package org.fanin.graph;

import java.util.ArrayList;
import java.util.List;
import org.fanin.tensor.Shape;

/// Arithmetic on extents.
final class Shapes {
  private Shapes() {}

  /// Numpy broadcasting; null when the shapes do not fit.
  static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    long[] d = new long[rank];
    for (int i = 1; i <= rank; i++) {
      long x = i <= a.rank() ? a.dim(-i) : 1;
      long y = i <= b.rank() ? b.dim(-i) : 1;
      if (x != y && x != 1 && y != 1) {
        return null;
      }
      d[rank - i] = x == 1 ? y : x;
    }
    try {
      return Shape.of(d);
    } catch (IllegalArgumentException _) {
      return null;
    }
  }

  static long[] permuted(Shape s, List<Integer> perm) {
    long[] d = new long[perm.size()];
    for (int i = 0; i < d.length; i++) {
      d[i] = s.dim(perm.get(i));
    }
    return d;
  }

  static Shape with(Shape s, int axis, long extent) {
    long[] d = s.toArray();
    d[axis] = extent;
    return Shape.of(d);
  }

  /// @return ranks `from` … `to`−1
  static List<Integer> range(int from, int to) {
    List<Integer> all = new ArrayList<>(Math.max(0, to - from));
    for (int i = from; i < to; i++) {
      all.add(i);
    }
    return List.copyOf(all);
  }

  /// @return shape after reducing `axes`
  static Shape reduced(Shape s, List<Integer> axes, boolean keepDims) {
    long[] d = s.toArray();
    for (int a : axes) {
      d[a] = keepDims ? 1 : -1;
    }
    return Shape.of(java.util.Arrays.stream(d).filter(x -> x >= 0).toArray());
  }

  /// Product of the extents `from` … `to`−1.
  static long product(Shape s, int from, int to) {
    long p = 1;
    for (int i = from; i < to; i++) {
      p *= s.dim(i);
    }
    return p;
  }
}
