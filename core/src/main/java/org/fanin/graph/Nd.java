package org.fanin.graph;

import java.util.Arrays;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// A small array to compute constants with: longs for integers and booleans, doubles for floats.
final class Nd {
  final DType type;
  final Shape shape;

  /// One of the two is null.
  final long[] ints;

  final double[] reals;

  private Nd(DType type, Shape shape, long[] ints, double[] reals) {
    this.type = type;
    this.shape = shape;
    this.ints = ints;
    this.reals = reals;
  }

  /// Zeros. The caller has bounded the size.
  static Nd of(DType type, Shape shape) {
    int n = Math.toIntExact(shape.count());
    return type.floating()
        ? new Nd(type, shape, null, new double[n])
        : new Nd(type, shape, new long[n], null);
  }

  /// Reads a tensor as elements of `type` (a cast where it differs).
  static Nd of(Tensor t, DType type) {
    Nd r = of(type, t.shape());
    boolean whole = !t.dtype().floating() && !type.floating();
    for (int i = 0; i < r.count(); i++) {
      if (whole) {
        r.set(i, t.longAt(i));
      } else {
        r.set(i, t.at(i));
      }
    }
    return r;
  }

  static Tensor filled(Tensor one, Shape shape, int n) {
    if (one.dtype().floating()) {
      double[] v = new double[n];
      Arrays.fill(v, one.at(0));
      return Consts.reals(one.dtype(), shape, v);
    }
    long[] v = new long[n];
    Arrays.fill(v, one.longAt(0));
    return Consts.longs(one.dtype(), shape, v);
  }

  int count() {
    return ints == null ? reals.length : ints.length;
  }

  boolean real() {
    return reals != null;
  }

  double at(int i) {
    return reals == null ? ints[i] : reals[i];
  }

  long longAt(int i) {
    return ints == null ? (long) reals[i] : ints[i];
  }

  void set(int i, double v) {
    if (reals != null) {
      reals[i] = v;
    } else {
      ints[i] = type == DType.BOOL ? (v != 0 ? 1 : 0) : narrowed((long) v);
    }
  }

  void set(int i, long v) {
    if (reals != null) {
      reals[i] = v;
    } else {
      ints[i] = type == DType.BOOL ? (v != 0 ? 1 : 0) : narrowed(v);
    }
  }

  /// Wraps to the type's width, as the casts of the format do.
  private long narrowed(long v) {
    return switch (type) {
      case I8 -> (byte) v;
      case U8 -> v & 0xff;
      case I16 -> (short) v;
      case U16 -> v & 0xffff;
      case I32 -> (int) v;
      case U32 -> v & 0xffffffffL;
      default -> v;
    };
  }

  void copy(int i, Nd from, int j) {
    if (from.ints != null) {
      set(i, from.ints[j]);
    } else {
      set(i, from.reals[j]);
    }
  }

  /// Elements picked by flat index; −1 keeps zero.
  Nd take(int[] index, Shape to) {
    Nd r = of(type, to);
    for (int i = 0; i < index.length; i++) {
      if (index[i] >= 0) {
        r.copy(i, this, index[i]);
      }
    }
    return r;
  }

  Tensor tensor() {
    return ints == null ? Consts.reals(type, shape, reals) : Consts.longs(type, shape, ints);
  }

  // ---- flat indices ----

  /// Row-major strides; 0 along axes of extent 1, so that they broadcast.
  static long[] strides(Shape s) {
    long[] r = new long[s.rank()];
    long n = 1;
    for (int i = r.length - 1; i >= 0; i--) {
      r[i] = s.dim(i) == 1 ? 0 : n;
      n *= s.dim(i);
    }
    return r;
  }

  /// For every element of `to`: base + Σ coordinate·stride.
  static int[] walk(Shape to, long base, long[] stride) {
    int n = Math.toIntExact(to.count());
    int[] r = new int[n];
    int rank = to.rank();
    long[] at = new long[rank];
    long p = base;
    for (int i = 0; i < n; i++) {
      r[i] = (int) p;
      for (int a = rank - 1; a >= 0; a--) {
        p += stride[a];
        if (++at[a] < to.dim(a)) {
          break;
        }
        p -= at[a] * stride[a];
        at[a] = 0;
      }
    }
    return r;
  }

  /// Flat index into `from` of every element of `to`, numpy broadcasting.
  static int[] broadcast(Shape from, Shape to) {
    long[] s = new long[to.rank()];
    long[] own = strides(from);
    System.arraycopy(own, 0, s, s.length - own.length, own.length);
    return walk(to, 0, s);
  }
}
