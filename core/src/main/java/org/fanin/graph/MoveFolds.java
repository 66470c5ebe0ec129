package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Constant folding of operators that move elements: each is a list of flat indices into its input.
final class MoveFolds {
  private MoveFolds() {}

  /// Row-major strides, also along axes of extent 1.
  private static long[] full(Shape s) {
    long[] r = new long[s.rank()];
    long n = 1;
    for (int i = r.length - 1; i >= 0; i--) {
      r[i] = n;
      n *= s.dim(i);
    }
    return r;
  }

  static Nd slice(Nd x, Op.Slice op, Shape to) {
    long[] stride = full(x.shape);
    long base = 0;
    for (int a = 0; a < stride.length; a++) {
      base += op.starts().get(a) * stride[a];
      stride[a] *= to.dim(a) == 1 ? 0 : op.steps().get(a);
    }
    return x.take(Nd.walk(to, base, stride), to);
  }

  static List<Nd> split(Nd x, Op.Split op, List<Shape> shapes) {
    List<Nd> r = new ArrayList<>();
    long[] stride = full(x.shape);
    long base = 0;
    for (Shape to : shapes) {
      r.add(x.take(Nd.walk(to, base, stride), to));
      base += to.dim(op.axis()) * stride[op.axis()];
    }
    return r;
  }

  static Nd concat(List<Tensor> in, int axis, Shape to, DType type) {
    Nd r = Nd.of(type, to);
    long[] stride = full(to);
    long base = 0;
    for (Tensor t : in) {
      Nd x = Nd.of(t, type);
      int[] at = Nd.walk(t.shape(), base, stride);
      for (int i = 0; i < at.length; i++) {
        r.copy(at[i], x, i);
      }
      base += t.shape().dim(axis) * stride[axis];
    }
    return r;
  }

  static Nd tile(Nd x, Shape to) {
    long[] own = full(x.shape);
    int[] r = new int[Math.toIntExact(to.count())];
    for (int i = 0; i < r.length; i++) {
      long rest = i;
      long p = 0;
      for (int a = to.rank() - 1; a >= 0; a--) {
        p += rest % to.dim(a) % x.shape.dim(a) * own[a];
        rest /= to.dim(a);
      }
      r[i] = (int) p;
    }
    return x.take(r, to);
  }

  static Nd pad(Nd x, Op.Pad op, Shape to) {
    if (op.mode() != Op.Pad.Mode.CONSTANT) {
      return null;
    }
    long[] own = full(x.shape);
    Nd r = Nd.of(x.type, to);
    for (int i = 0; i < r.count(); i++) {
      long rest = i;
      long p = 0;
      boolean inside = true;
      for (int a = to.rank() - 1; a >= 0; a--) {
        long at = rest % to.dim(a) - op.begin().get(a);
        inside &= at >= 0 && at < x.shape.dim(a);
        p += at * own[a];
        rest /= to.dim(a);
      }
      if (inside) {
        r.copy(i, x, (int) p);
      } else {
        r.set(i, op.value());
      }
    }
    return r;
  }

  static Nd trilu(Nd x, Op.Trilu op) {
    long rows = x.shape.dim(-2);
    long cols = x.shape.dim(-1);
    Nd r = Nd.of(x.type, x.shape);
    for (int i = 0; i < r.count(); i++) {
      long ahead = i % cols - i / cols % rows;
      if (op.upper() ? ahead >= op.diagonal() : ahead <= op.diagonal()) {
        r.copy(i, x, i);
      }
    }
    return r;
  }

  // ---- by index ----

  private static long index(Site s, long i, long extent) throws ModelFormatException {
    long p = i < 0 ? i + extent : i;
    if (p < 0 || p >= extent) {
      throw s.fault("index " + i, "one into an extent of " + extent);
    }
    return p;
  }

  static Nd gather(Site s, Nd data, Nd indices, int axis, Shape to) throws ModelFormatException {
    long extent = data.shape.dim(axis);
    long inner = Shapes.product(data.shape, axis + 1, data.shape.rank());
    int[] r = new int[Math.toIntExact(to.count())];
    long picks = indices.count();
    for (int i = 0; i < r.length; i++) {
      long in = i % inner;
      long pick = i / inner % picks;
      long outer = i / inner / picks;
      r[i] = (int) ((outer * extent + index(s, indices.longAt((int) pick), extent)) * inner + in);
    }
    return data.take(r, to);
  }

  static Nd items(Site s, Op.GatherItems op, Nd data, Nd indices, Shape to)
      throws ModelFormatException {
    if (op.kind().equals("GatherND")) {
      return s.integer("batch_dims", 0) != 0
          ? null
          : data.take(tuples(s, data.shape, indices, to.count()), to);
    }
    return data.take(alongAxis(s, data.shape, indices), to);
  }

  /// Flat data index of every element that GatherElements or ScatterElements names.
  private static int[] alongAxis(Site s, Shape data, Nd indices) throws ModelFormatException {
    if (indices.shape.rank() != data.rank()) {
      throw s.fault("indices of shape " + indices.shape, "the rank of " + data);
    }
    int axis = s.axis(s.integer("axis", 0), data.rank());
    long[] own = full(data);
    int[] r = new int[indices.count()];
    for (int i = 0; i < r.length; i++) {
      long rest = i;
      long p = 0;
      for (int a = data.rank() - 1; a >= 0; a--) {
        long at = rest % indices.shape.dim(a);
        at = a == axis ? indices.longAt(i) : at;
        p += index(s, at, data.dim(a)) * own[a];
        rest /= indices.shape.dim(a);
      }
      r[i] = (int) p;
    }
    return r;
  }

  /// Flat data index of every element that the index tuples of GatherND or ScatterND name.
  private static int[] tuples(Site s, Shape data, Nd indices, long count)
      throws ModelFormatException {
    int depth = Math.toIntExact(indices.shape.dim(-1));
    if (depth > data.rank()) {
      throw s.fault("index tuples of " + depth, "at most " + data.rank());
    }
    long inner = Shapes.product(data, depth, data.rank());
    int[] r = new int[Math.toIntExact(count)];
    for (int i = 0; i < r.length; i++) {
      long p = 0;
      int tuple = (int) (i / inner) * depth;
      for (int a = 0; a < depth; a++) {
        p = p * data.dim(a) + index(s, indices.longAt(tuple + a), data.dim(a));
      }
      r[i] = (int) (p * inner + i % inner);
    }
    return r;
  }

  static Nd scatter(Site s, Op.Scatter op, List<Tensor> in, DType type)
      throws ModelFormatException {
    Nd data = Nd.of(in.get(0), type);
    Nd indices = Nd.of(in.get(1), DType.I64);
    Nd updates = Nd.of(in.get(2), type);
    int[] at;
    switch (op.kind()) {
      case "ScatterND" -> at = tuples(s, data.shape, indices, updates.count());
      case "ScatterElements" -> at = alongAxis(s, data.shape, indices);
      default -> {
        return null;
      }
    }
    if (at.length > updates.count()) {
      throw s.fault("updates of shape " + updates.shape, Arrays.toString(indices.shape.toArray()));
    }
    for (int i = 0; i < at.length; i++) {
      if (op.add()) {
        data.set(at[i], data.at(at[i]) + updates.at(i));
      } else {
        data.copy(at[i], updates, i);
      }
    }
    return data;
  }
}
