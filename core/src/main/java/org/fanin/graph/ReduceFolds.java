package org.fanin.graph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Constant folding of operators that combine elements.
final class ReduceFolds {
  private ReduceFolds() {}

  /// Flat output index of every input element; reduced axes have stride 0.
  private static int[] targets(Shape in, List<Integer> axes) {
    long[] kept = Nd.strides(Shapes.reduced(in, axes, true));
    return Nd.walk(in, 0, kept);
  }

  static Nd reduce(Op.Reduce op, Nd x, Shape to) {
    Nd r = Nd.of(x.type, to);
    int[] at = targets(x.shape, op.axes());
    boolean[] seen = new boolean[r.count()];
    for (int i = 0; i < at.length; i++) {
      int t = at[i];
      if (!r.real()) {
        r.ints[t] = whole(op.kind(), seen[t], r.ints[t], x.ints[i]);
      } else {
        r.reals[t] = real(op.kind(), seen[t], r.reals[t], x.reals[i]);
      }
      seen[t] = true;
    }
    double n = at.length / Math.max(1.0, r.count());
    for (int i = 0; i < r.count(); i++) {
      r.set(i, finish(op.kind(), r.at(i), n));
    }
    return r;
  }

  private static double real(Op.Reduce.Kind kind, boolean seen, double a, double x) {
    return switch (kind) {
      case MEAN, SUM, LOG_SUM -> a + x;
      case MAX -> seen ? Math.max(a, x) : x;
      case MIN -> seen ? Math.min(a, x) : x;
      case PROD -> seen ? a * x : x;
      case L1 -> a + Math.abs(x);
      case L2, SUM_SQUARE -> a + x * x;
      case LOG_SUM_EXP -> a + Math.exp(x);
    };
  }

  private static long whole(Op.Reduce.Kind kind, boolean seen, long a, long x) {
    return switch (kind) {
      case MEAN, SUM, LOG_SUM -> a + x;
      case MAX -> seen ? Math.max(a, x) : x;
      case MIN -> seen ? Math.min(a, x) : x;
      case PROD -> seen ? a * x : x;
      case L1 -> a + Math.abs(x);
      case L2, SUM_SQUARE, LOG_SUM_EXP -> a + x * x;
    };
  }

  private static double finish(Op.Reduce.Kind kind, double a, double n) {
    return switch (kind) {
      case MEAN -> a / n;
      case SUM, MAX, MIN, PROD, L1, SUM_SQUARE -> a;
      case L2 -> Math.sqrt(a);
      case LOG_SUM, LOG_SUM_EXP -> Math.log(a);
    };
  }

  static Nd cumSum(Site s, Nd x, int axis) throws ModelFormatException {
    boolean exclusive = s.flag("exclusive", false);
    boolean reverse = s.flag("reverse", false);
    long inner = Shapes.product(x.shape, axis + 1, x.shape.rank());
    long extent = x.shape.dim(axis);
    Nd r = Nd.of(x.type, x.shape);
    if (r.count() == 0) {
      return r;
    }
    for (long line = 0; line < r.count() / extent; line++) {
      long base = line / inner * inner * extent + line % inner;
      double sum = 0;
      for (long k = 0; k < extent; k++) {
        int i = (int) (base + (reverse ? extent - 1 - k : k) * inner);
        double before = sum;
        sum += x.at(i);
        r.set(i, exclusive ? before : sum);
      }
    }
    return r;
  }

  static Nd argument(Site s, Nd x, boolean largest, Shape to) throws ModelFormatException {
    int axis = s.axis(s.integer("axis", 0), x.shape.rank());
    int[] at = targets(x.shape, List.of(axis));
    long inner = Shapes.product(x.shape, axis + 1, x.shape.rank());
    Nd r = Nd.of(DType.I64, to);
    boolean latest = s.flag("select_last_index", false);
    double[] best = new double[r.count()];
    boolean[] seen = new boolean[r.count()];
    for (int i = 0; i < at.length; i++) {
      int t = at[i];
      double v = x.at(i);
      boolean better = largest ? v > best[t] : v < best[t];
      if (!seen[t] || better || latest && v == best[t]) {
        seen[t] = true;
        best[t] = v;
        r.set(t, i / inner % x.shape.dim(axis));
      }
    }
    return r;
  }

  static Nd oneHot(Site s, List<Tensor> in, Shape to, DType type) throws ModelFormatException {
    Nd index = Nd.of(in.get(0), DType.I64);
    Nd values = Nd.of(in.get(2), type);
    int axis = s.axis(s.integer("axis", -1), to.rank());
    if (values.count() != 2) {
      throw s.fault(values.count() + " values", "off and on");
    }
    long inner = Shapes.product(to, axis + 1, to.rank());
    long depth = to.dim(axis);
    Nd r = Nd.of(type, to);
    for (int i = 0; i < r.count(); i++) {
      long at = index.longAt((int) (i / inner / depth * inner + i % inner));
      r.copy(i, values, (at < 0 ? at + depth : at) == i / inner % depth ? 1 : 0);
    }
    return r;
  }

  /// A product of two constant tables (rotary frequencies × positions).
  static Nd contract(Op.Contract op, List<Tensor> in, Shape to, DType type) {
    if (in.size() > 2 || !type.floating()) {
      return null;
    }
    Nd a = Nd.of(in.get(0), type);
    Nd b = Nd.of(in.get(1), type);
    Map<Integer, Long> extents = new HashMap<>();
    extents(op.a(), a.shape, extents);
    extents(op.b(), b.shape, extents);
    List<Integer> all = new java.util.ArrayList<>(op.out());
    extents.keySet().stream().filter(l -> !op.out().contains(l)).sorted().forEach(all::add);
    Shape space = Shape.of(all.stream().mapToLong(extents::get).toArray());
    int[] ia = Nd.walk(space, 0, strides(all, op.a(), a.shape));
    int[] ib = Nd.walk(space, 0, strides(all, op.b(), b.shape));
    Nd r = Nd.of(type, to);
    int inner = Math.max(1, (int) (space.count() / Math.max(1, r.count())));
    for (int i = 0; i < ia.length; i++) {
      r.reals[i / inner] += op.alpha() * a.reals[ia[i]] * b.reals[ib[i]];
    }
    return r;
  }

  private static void extents(List<Integer> labels, Shape s, Map<Integer, Long> extents) {
    for (int i = 0; i < labels.size(); i++) {
      extents.merge(labels.get(i), s.dim(i), Math::max);
    }
  }

  private static long[] strides(List<Integer> all, List<Integer> own, Shape s) {
    long[] stride = Nd.strides(s);
    return all.stream().mapToLong(l -> own.contains(l) ? stride[own.indexOf(l)] : 0).toArray();
  }
}
