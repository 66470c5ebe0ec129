package org.fanin.graph;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Sources of values: constants, shapes (concrete, hence constant), ranges, random numbers.
final class ConstantOps {
  private ConstantOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Constant" -> ConstantOps::constant;
      case "ConstantOfShape" -> ConstantOps::filled;
      case "Shape" -> ConstantOps::shape;
      case "Size" -> s -> s.to(new Op.Folded("Size"), longs(s.shape(0).count()));
      case "Range" -> ConstantOps::range;
      case "EyeLike" -> ConstantOps::eye;
      case "NonZero" -> ConstantOps::nonZero;
      case "OneHot" -> ConstantOps::oneHot;
      case "RandomNormal" -> s -> normal(s, s.shapeOf(required(s, "shape")));
      case "RandomNormalLike" -> s -> normal(s, s.shape(0));
      case "RandomUniform" -> s -> uniform(s, s.shapeOf(required(s, "shape")));
      case "RandomUniformLike" -> s -> uniform(s, s.shape(0));
      case "Bernoulli" ->
          s -> s.foreign("the probability of its ones is data", Out.of(s.dtype(0), s.shape(0)));
      case "Multinomial" -> s -> s.to(new Op.Discrete("Multinomial"), samples(s));
      default -> null;
    };
  }

  private static Out longs(long... v) {
    return Out.of(Tensor.ofLongs(Shape.of(), v));
  }

  private static Out list(List<? extends Number> v, boolean real) {
    Shape shape = Shape.of(v.size());
    return Out.of(
        real
            ? Consts.reals(DType.F32, shape, v.stream().mapToDouble(Number::doubleValue).toArray())
            : Tensor.ofLongs(shape, v.stream().mapToLong(Number::longValue).toArray()));
  }

  private static Lowered constant(Site s) throws ModelFormatException {
    Op op = new Op.Folded("Constant");
    var a = s.raw.attributes();
    if (a.get("value") instanceof Attr.Value(Tensor t)) {
      return s.to(op, Out.of(t));
    }
    if (a.get("value_float") instanceof Attr.Real(double v)) {
      return s.to(op, Out.of(Consts.reals(DType.F32, Shape.of(), new double[] {v})));
    }
    if (a.get("value_int") instanceof Attr.Int(long v)) {
      return s.to(op, longs(v));
    }
    if (a.get("value_floats") instanceof Attr.Reals(List<Double> v)) {
      return s.to(op, list(v, true));
    }
    if (a.get("value_ints") instanceof Attr.Ints(List<Long> v)) {
      return s.to(op, list(v, false));
    }
    if (a.get("sparse_value") instanceof Attr.Value(Tensor t)) {
      return s.to(op, Out.of(t));
    }
    return s.foreign("a constant that is not a tensor of numbers: " + a.keySet());
  }

  private static Lowered filled(Site s) throws ModelFormatException {
    Shape shape = s.shapeOf(s.longs(0, "shape"));
    Tensor value =
        s.raw.attributes().get("value") instanceof Attr.Value(Tensor t)
            ? t
            : Consts.reals(DType.F32, Shape.of(1), new double[] {0});
    if (value.count() != 1) {
      throw s.fault("fill value of shape " + value.shape(), "one number");
    }
    if (!s.assembly.afford(shape.count())) {
      return value.dtype().floating()
          ? s.to(new Op.Random(value.at(0), 0), value.dtype(), shape)
          : s.to(new Op.Discrete("ConstantOfShape"), value.dtype(), shape);
    }
    int n = (int) shape.count();
    return s.to(new Op.Folded("ConstantOfShape"), Out.of(Nd.filled(value, shape, n)));
  }

  private static Lowered shape(Site s) throws ModelFormatException {
    long[] d = s.shape(0).toArray();
    int from = bound(s.integer("start", 0), d.length);
    int to = bound(s.integer("end", d.length), d.length);
    long[] cut = Arrays.copyOfRange(d, from, Math.max(from, to));
    return s.to(new Op.Folded("Shape"), Out.of(Tensor.ofLongs(Shape.of(cut.length), cut)));
  }

  private static int bound(long i, int n) {
    return Math.clamp(i < 0 ? i + n : i, 0, n);
  }

  private static Lowered range(Site s) throws ModelFormatException {
    double start = s.scalar(0, "start");
    double limit = s.scalar(1, "limit");
    double delta = s.scalar(2, "delta");
    double n = Math.max(0, Math.ceil((limit - start) / delta));
    if (delta == 0 || Double.isNaN(n) || n > 1L << 52) {
      throw s.fault("range " + start + " to " + limit + " by " + delta, "a finite range");
    }
    DType type = s.dtype(0);
    Shape shape = s.shapeOf((long) n);
    if (!s.assembly.afford((long) n)) {
      return type.floating()
          ? s.foreign("a range too long to hold")
          : s.to(new Op.Discrete("Range"), type, shape);
    }
    Nd r = Nd.of(type, shape);
    for (int i = 0; i < (int) n; i++) {
      r.set(i, start + i * delta);
    }
    return s.to(new Op.Folded("Range"), Out.of(r.tensor()));
  }

  private static Lowered eye(Site s) throws ModelFormatException {
    Shape shape = s.shape(0);
    DType type = s.hasAttr("dtype") ? ActivationOps.type(s.integer("dtype", 1)) : s.dtype(0);
    if (shape.rank() != 2 || !s.assembly.afford(shape.count())) {
      return s.foreign("no rule for an identity matrix of shape " + shape);
    }
    long k = s.integer("k", 0);
    Nd r = Nd.of(type, shape);
    for (long i = 0; i < shape.dim(0); i++) {
      long j = i + k;
      if (j >= 0 && j < shape.dim(1)) {
        r.set((int) (i * shape.dim(1) + j), 1);
      }
    }
    return s.to(new Op.Folded("EyeLike"), Out.of(r.tensor()));
  }

  private static Lowered nonZero(Site s) throws ModelFormatException {
    Op op = new Op.Discrete("NonZero");
    Tensor t = s.assembly.foldable(s.value(0)) ? s.constant(0).orElse(null) : null;
    if (t == null || !s.assembly.afford(Math.multiplyExact(t.count(), (long) t.shape().rank()))) {
      return s.to(op, Out.unknown(DType.I64));
    }
    int n = (int) t.count();
    int[] hits = new int[n];
    int found = 0;
    for (int i = 0; i < n; i++) {
      if (t.at(i) != 0) {
        hits[found++] = i;
      }
    }
    int rank = t.shape().rank();
    long[] v = new long[rank * found];
    for (int h = 0; h < found; h++) {
      long rest = hits[h];
      for (int a = rank - 1; a >= 0; a--) {
        v[a * found + h] = rest % t.shape().dim(a);
        rest /= t.shape().dim(a);
      }
    }
    return s.to(new Op.Folded("NonZero"), Out.of(Tensor.ofLongs(Shape.of(rank, found), v)));
  }

  private static Lowered oneHot(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long depth = s.longs(1, "depth")[0];
    int axis = s.axis(s.integer("axis", -1), in.rank() + 1);
    if (depth < 1) {
      throw s.fault("depth " + depth, "at least 1");
    }
    long[] d = new long[in.rank() + 1];
    for (int i = 0, from = 0; i < d.length; i++) {
      d[i] = i == axis ? depth : in.dim(from++);
    }
    Op op = new Op.Discrete("OneHot", Optional.empty(), List.of((long) axis));
    return s.to(op, s.dtype(2), s.shapeOf(d));
  }

  // ---- random ----

  private static long[] required(Site s, String attribute) throws ModelFormatException {
    long[] v = s.longs(attribute);
    if (v == null) {
      throw s.fault("no " + attribute, "an attribute '" + attribute + "'");
    }
    return v;
  }

  private static DType randomType(Site s) throws ModelFormatException {
    DType t = ActivationOps.type(s.integer("dtype", 1));
    return t.floating() ? t : DType.F32;
  }

  private static Lowered normal(Site s, Shape shape) throws ModelFormatException {
    double scale = s.real("scale", 1);
    return s.to(new Op.Random(s.real("mean", 0), scale * scale), randomType(s), shape)
        .withInputs(List.of());
  }

  private static Lowered uniform(Site s, Shape shape) throws ModelFormatException {
    double lo = s.real("low", 0);
    double hi = s.real("high", 1);
    return s.to(new Op.Random((lo + hi) / 2, (hi - lo) * (hi - lo) / 12), randomType(s), shape)
        .withInputs(List.of());
  }

  private static Out samples(Site s) throws ModelFormatException {
    return Out.of(DType.I32, s.shapeOf(s.shape(0).dim(0), s.integer("sample_size", 1)));
  }
}
