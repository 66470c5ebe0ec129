package org.fanin.graph;

import java.util.Arrays;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Runs an operator on constants, so that a shape, a mask or a table computed in the graph is known
/// before running. Sizes are bounded by the caller.
final class Folding {
  private Folding() {}

  /// @param in constants the operator reads; null where an optional input is left out
  /// @return its outputs, or null when the operator is not one that is folded
  static List<Nd> run(Op op, Site s, List<Tensor> in, List<Shape> shapes, List<DType> types)
      throws ModelFormatException {
    Shape to = shapes.getFirst();
    DType type = types.getFirst();
    Nd r =
        switch (op) {
          case Op.Pointwise p -> unary(in.getFirst(), type, p);
          case Op.Arithmetic a -> arithmetic(a.kind(), in, to, type);
          case Op.Reshape _ -> Nd.of(reshaped(in.getFirst(), to), type);
          case Op.Transpose t -> Nd.of(in.getFirst().transpose(array(t.perm())), type);
          case Op.Expand _ -> spread(in.getFirst(), to, type);
          case Op.Slice c -> MoveFolds.slice(nd(in.getFirst()), c, to);
          case Op.Concat c -> MoveFolds.concat(in, c.axis(), to, type);
          case Op.Gather g -> MoveFolds.gather(s, nd(in.getFirst()), nd(in.get(1)), g.axis(), to);
          case Op.GatherItems g -> MoveFolds.items(s, g, nd(in.getFirst()), nd(in.get(1)), to);
          case Op.Scatter c -> MoveFolds.scatter(s, c, in, type);
          case Op.Tile _ -> MoveFolds.tile(nd(in.getFirst()), to);
          case Op.Where _ -> where(in, to, type);
          case Op.Trilu t -> MoveFolds.trilu(nd(in.getFirst()), t);
          case Op.CumSum c -> ReduceFolds.cumSum(s, nd(in.getFirst()), c.axis());
          case Op.Reduce c -> ReduceFolds.reduce(c, nd(in.getFirst()), to);
          case Op.Pad p -> MoveFolds.pad(nd(in.getFirst()), p, to);
          case Op.Discrete d -> discrete(d.name(), in, s, to, type);
          case Op.Contract c -> ReduceFolds.contract(c, in, to, type);
          case Op.PRelu _,
              Op.Conv _,
              Op.ConvTranspose _,
              Op.Pool _,
              Op.BatchNorm _,
              Op.Norm _,
              Op.Lrn _,
              Op.Softmax _,
              Op.Dropout _,
              Op.Resize _,
              Op.PixelShuffle _,
              Op.TopK _,
              Op.Recurrent _,
              Op.Attention _,
              Op.RotaryEmbedding _,
              Op.Random _,
              Op.Folded _,
              Op.ControlFlow _,
              Op.Unpredicted _,
              Op.Split _ ->
              null;
        };
    return r != null
        ? List.of(r)
        : op instanceof Op.Split c ? MoveFolds.split(nd(in.getFirst()), c, shapes) : null;
  }

  private static Nd nd(Tensor t) {
    return Nd.of(t, t.dtype());
  }

  static Tensor reshaped(Tensor t, Shape to) {
    return t.shape().equals(to) ? t : t.contiguous() ? t.reshape(to) : nd(t).tensor().reshape(to);
  }

  static int[] array(List<Integer> v) {
    int[] r = new int[v.size()];
    for (int i = 0; i < r.length; i++) {
      r[i] = v.get(i);
    }
    return r;
  }

  private static Nd spread(Tensor t, Shape to, DType type) {
    return Nd.of(t, type).take(Nd.broadcast(t.shape(), to), to);
  }

  private static Nd unary(Tensor t, DType type, Op.Pointwise p) {
    Nd r = Nd.of(type, t.shape());
    for (int i = 0; i < r.count(); i++) {
      r.set(i, r.real() ? p.fn().at(t.at(i)) : Math.rint(p.fn().at(t.at(i))));
    }
    return r;
  }

  private static Nd arithmetic(Op.Arithmetic.Kind kind, List<Tensor> in, Shape to, DType type) {
    Nd r = spread(in.getFirst(), to, type);
    for (int n = 1; n < in.size(); n++) {
      Tensor t = in.get(n);
      int[] at = Nd.broadcast(t.shape(), to);
      for (int i = 0; i < r.count(); i++) {
        if (r.real()) {
          r.reals[i] = apply(kind, r.reals[i], t.at(at[i]));
        } else {
          r.set(i, apply(kind, r.ints[i], t.longAt(at[i])));
        }
      }
    }
    if (kind == Op.Arithmetic.Kind.MEAN) {
      for (int i = 0; i < r.count(); i++) {
        r.set(i, r.at(i) / in.size());
      }
    }
    return r;
  }

  static double apply(Op.Arithmetic.Kind kind, double a, double b) {
    return switch (kind) {
      case ADD, MEAN -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case POW -> Math.pow(a, b);
      case MIN -> Math.min(a, b);
      case MAX -> Math.max(a, b);
    };
  }

  private static long apply(Op.Arithmetic.Kind kind, long a, long b) {
    return switch (kind) {
      case ADD, MEAN -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> b == 0 ? 0 : a / b;
      case POW -> (long) Math.pow(a, b);
      case MIN -> Math.min(a, b);
      case MAX -> Math.max(a, b);
    };
  }

  private static Nd where(List<Tensor> in, Shape to, DType type) {
    int[] c = Nd.broadcast(in.get(0).shape(), to);
    Nd a = spread(in.get(1), to, type);
    Nd b = spread(in.get(2), to, type);
    for (int i = 0; i < b.count(); i++) {
      if (in.get(0).at(c[i]) != 0) {
        b.copy(i, a, i);
      }
    }
    return b;
  }

  // ---- integers and booleans ----

  private static Nd discrete(String name, List<Tensor> in, Site s, Shape to, DType type)
      throws ModelFormatException {
    Tensor a = in.getFirst();
    return switch (name) {
      case "Cast" -> Nd.of(a, type);
      case "Not" -> each(a, to, type, x -> x == 0 ? 1 : 0);
      case "IsNaN" -> each(a, to, type, x -> Double.isNaN(x) ? 1 : 0);
      case "IsInf" -> infinite(s, a, to, type);
      case "Equal" -> pair(in, to, type, (x, y) -> x == y ? 1 : 0);
      case "Greater" -> pair(in, to, type, (x, y) -> x > y ? 1 : 0);
      case "GreaterOrEqual" -> pair(in, to, type, (x, y) -> x >= y ? 1 : 0);
      case "Less" -> pair(in, to, type, (x, y) -> x < y ? 1 : 0);
      case "LessOrEqual" -> pair(in, to, type, (x, y) -> x <= y ? 1 : 0);
      case "And" -> pair(in, to, type, (x, y) -> x != 0 && y != 0 ? 1 : 0);
      case "Or" -> pair(in, to, type, (x, y) -> x != 0 || y != 0 ? 1 : 0);
      case "Xor" -> pair(in, to, type, (x, y) -> (x != 0) != (y != 0) ? 1 : 0);
      case "Mod" ->
          s.flag("fmod", false)
              ? pair(in, to, type, (x, y) -> x % y)
              : pair(in, to, type, (x, y) -> y == 0 ? 0 : x - y * Math.floor(x / y));
      case "BitwiseAnd" -> pair(in, to, type, (x, y) -> (long) x & (long) y);
      case "BitShift" -> pair(in, to, type, shift(s, type));
      case "BitwiseOr" -> pair(in, to, type, (x, y) -> (long) x | (long) y);
      case "ArgMax", "ArgMin" -> ReduceFolds.argument(s, nd(a), name.equals("ArgMax"), to);
      case "OneHot" -> ReduceFolds.oneHot(s, in, to, type);
      default -> null;
    };
  }

  /// A shift by all bits or more leaves none, which is not what Java makes of it.
  private static Binary shift(Site s, DType type) throws ModelFormatException {
    long bits = type.bytes() >= 8 ? -1 : (1L << 8 * type.bytes()) - 1;
    return s.text("direction", "").equals("LEFT")
        ? (x, y) -> y > 63 ? 0 : (long) x << (long) y & bits
        : (x, y) -> y > 63 ? 0 : (long) x >>> (long) y;
  }

  private static Nd infinite(Site s, Tensor t, Shape to, DType type) throws ModelFormatException {
    boolean up = s.flag("detect_positive", true);
    boolean down = s.flag("detect_negative", true);
    return each(t, to, type, x -> Double.isInfinite(x) && (x > 0 ? up : down) ? 1 : 0);
  }

  private interface Binary {
    double of(double x, double y);
  }

  private static Nd pair(List<Tensor> in, Shape to, DType type, Binary f) {
    int[] a = Nd.broadcast(in.get(0).shape(), to);
    int[] b = Nd.broadcast(in.get(1).shape(), to);
    Nd r = Nd.of(type, to);
    for (int i = 0; i < r.count(); i++) {
      r.set(i, f.of(in.get(0).at(a[i]), in.get(1).at(b[i])));
    }
    return r;
  }

  private static Nd each(Tensor t, Shape to, DType type, java.util.function.DoubleUnaryOperator f) {
    Nd r = Nd.of(type, to);
    for (int i = 0; i < r.count(); i++) {
      r.set(i, f.applyAsDouble(t.at(i)));
    }
    return r;
  }

  /// Work a fold costs, in elements; what the budget is charged.
  static long cost(Op op, List<Tensor> in, List<Shape> shapes) {
    long n = 0;
    for (Tensor t : in) {
      n += t == null ? 0 : t.count();
    }
    for (Shape s : shapes) {
      n += s.count();
    }
    return op instanceof Op.Contract
        ? Math.multiplyExact(n, 1 + Arrays.stream(in.getFirst().shape().toArray()).max().orElse(1))
        : n;
  }
}
