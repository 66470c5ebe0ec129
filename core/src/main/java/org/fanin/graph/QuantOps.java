package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Quantised tensors. Constants are made floats again; arithmetic becomes its steps in floats, or
/// in integers without their zero points.
final class QuantOps {
  private QuantOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "DequantizeLinear" -> QuantOps::dequantize;
      case "QuantizeLinear" -> QuantOps::quantize;
      case "DynamicQuantizeLinear" -> QuantOps::dynamic;
      case "MatMulInteger" -> QuantOps::matMulInteger;
      case "ConvInteger" -> QuantOps::convInteger;
      case "QLinearMatMul" -> QuantOps::qLinearMatMul;
      case "QLinearConv" -> QuantOps::qLinearConv;
      default -> null;
    };
  }

  // ---- scales ----

  /// How the scales of an input lie.
  ///
  /// @param axis along which they differ
  /// @param block elements of the axis that share one; 0 for one scale each
  private record Scales(int axis, long block) {
    static final Scales ONE = new Scales(0, 0);

    List<Long> settings() {
      return List.of((long) axis, block);
    }
  }

  private static Scales scales(Site s, Shape x, int scale, int zero, long axis)
      throws ModelFormatException {
    Shape each = s.shape(scale);
    if (s.has(zero) && s.shape(zero).count() != each.count()) {
      throw s.fault("zero points of shape " + s.shape(zero), "one for each scale of " + each);
    }
    if (each.count() == 1) {
      return Scales.ONE;
    }
    int a = s.axis(axis, x.rank());
    if (each.rank() == 1 && each.dim(0) == x.dim(a)) {
      return new Scales(a, 0);
    }
    boolean blocks =
        each.rank() == x.rank()
            && each.dim(a) > 0
            && Shapes.with(each, a, x.dim(a)).equals(x)
            && x.dim(a) > 0;
    if (!blocks) {
      throw s.fault("scales of shape " + each + " for " + x, "one, or one along axis " + a);
    }
    long block = s.integer("block_size", 0);
    block = block == 0 ? (x.dim(a) + each.dim(a) - 1) / each.dim(a) : block;
    if (block < 1 || (x.dim(a) + block - 1) / block != each.dim(a)) {
      throw s.fault("block_size " + block, "the extent " + x.dim(a) + " over " + each.dim(a));
    }
    return new Scales(a, Math.min(block, x.dim(a)));
  }

  private static Lowered quantize(Site s) throws ModelFormatException {
    DType t =
        s.has(2)
            ? s.dtype(2)
            : s.hasAttr("output_dtype")
                ? ActivationOps.type(s.integer("output_dtype", 2))
                : DType.U8;
    Shape x = s.shape(0);
    return s.to(quantizing(scales(s, x, 1, 2, s.integer("axis", 1))), t, x);
  }

  private static Op quantizing(Scales scales) {
    return new Op.Discrete("QuantizeLinear", Optional.empty(), scales.settings());
  }

  private static Lowered dequantize(Site s) throws ModelFormatException {
    Shape shape = s.shape(0);
    Scales scales = scales(s, shape, 1, 2, s.integer("axis", 1));
    Tensor x = s.constant(0).orElse(null);
    Tensor scale = s.constant(1).orElse(null);
    Tensor zero = s.constant(2).orElse(null);
    if (x == null || scale == null || s.has(2) && zero == null) {
      Optional<Lowered> rows =
          scales.block() == 0 ? Lookups.dequantised(s, scales.axis()) : Optional.empty();
      return rows.isPresent()
          ? rows.get()
          : s.to(new Op.Dequantize(scales.axis(), scales.block()), s.dtype(1), shape);
    }
    if (scales.block() != 0) {
      return s.foreign("no rule for blockwise scales", Out.of(s.dtype(1), shape));
    }
    if (!s.assembly.afford(x.count())) {
      return s.to(
          new Op.Folded("DequantizeLinear"),
          new Out(s.dtype(1), Optional.of(shape), Optional.empty()));
    }
    return s.to(
        new Op.Folded("DequantizeLinear"),
        Out.of(reals(x, scale, zero, scales.axis(), s.dtype(1))));
  }

  /// (x − zero)·scale.
  ///
  /// @param axis along which scales differ, if there are several
  static Tensor reals(Tensor x, Tensor scale, Tensor zero, int axis, DType type) {
    Shape shape = x.shape();
    long each = scale.count();
    long inner = each == 1 ? Math.max(1, x.count()) : Shapes.product(shape, axis + 1, shape.rank());
    Nd r = Nd.of(type, shape);
    for (int i = 0; i < r.count(); i++) {
      long c = i / inner % each;
      r.set(i, (x.at(i) - (zero == null ? 0 : zero.at(c))) * scale.at(c));
    }
    return r.tensor();
  }

  private static Lowered dynamic(Site s) throws ModelFormatException {
    return s.to(
        new Op.DynamicQuantize(),
        Out.of(DType.U8, s.shape(0)),
        Out.of(s.dtype(0), Shape.of()),
        Out.of(DType.U8, Shape.of()));
  }

  // ---- integers ----

  private static Lowered matMulInteger(Site s) throws ModelFormatException {
    Shape a = s.shape(0);
    Shape b = s.shape(1);
    Lowered l = LinearOps.matMul(s, a, b, false, false, 1);
    // Zero points of the left side count rows, of the right side columns.
    int left = centred(s, 0, 2, a.rank() - 2);
    int right = centred(s, 1, 3, b.rank() - 1);
    return integers(s, l, left, right);
  }

  private static Lowered convInteger(Site s) throws ModelFormatException {
    Lowered l = ConvOps.conv(s, s.shape(0), s.shape(1));
    return integers(s, l, centred(s, 0, 2, 1), centred(s, 1, 3, 0));
  }

  private static Lowered integers(Site s, Lowered l, int left, int right) {
    Op op = new Op.Discrete(s.raw.op(), Optional.of(l.op()), List.of());
    return s.to(op, DType.I32, l.outs().getFirst().shape().orElseThrow())
        .withInputs(List.of(left, right));
  }

  /// The input less its zero point, which may differ along an axis.
  private static int centred(Site s, int input, int zero, int axis) throws ModelFormatException {
    if (!s.has(zero)) {
      return s.id(input);
    }
    Shape x = s.shape(input);
    long n = s.shape(zero).count();
    int z = s.id(zero);
    if (n != 1) {
      if (s.shape(zero).rank() != 1 || axis < 0 || x.dim(axis) != n) {
        throw s.fault("zero points of shape " + s.shape(zero) + " for " + x, "one, or one a row");
      }
      long[] column = new long[x.rank() - axis];
      Arrays.fill(column, 1);
      column[0] = n;
      Op shape = new Op.Discrete("Reshape", Optional.of(new Op.Reshape()), List.of());
      String step = "zeros" + input;
      z = s.before(step, shape, List.of(z), DType.I32, s.shapeOf(column));
    }
    Op minus = new Op.Arithmetic(Op.Arithmetic.Kind.SUB);
    Op less = new Op.Discrete("Sub", Optional.of(minus), List.of());
    return s.before("centred" + input, less, List.of(s.id(input), z), DType.I32, x);
  }

  // ---- by way of floats ----

  /// Inputs a, its scale and zero point, b, its scale and zero point, scale and zero point of y.
  private static Lowered qLinearMatMul(Site s) throws ModelFormatException {
    Shape a = s.shape(0);
    Shape b = s.shape(3);
    Lowered l = LinearOps.matMul(s, a, b, false, false, 1);
    List<Integer> ins = List.of(real(s, 0, a.rank() - 2), real(s, 3, b.rank() - 1));
    return quantised(s, l, ins);
  }

  /// As [#qLinearMatMul], and a bias in integers whose scale is the product of the other two.
  private static Lowered qLinearConv(Site s) throws ModelFormatException {
    Shape w = s.shape(3);
    Lowered l = ConvOps.conv(s, s.shape(0), w);
    List<Integer> ins = new ArrayList<>(List.of(real(s, 0, 1), real(s, 3, 0)));
    if (s.has(8)) {
      Shape bias = s.shapeOf(w.dim(0));
      if (!s.shape(8).equals(bias) || s.shape(1).count() != 1) {
        throw s.fault("bias of shape " + s.shape(8), bias + " and one scale of x");
      }
      Op times = new Op.Arithmetic(Op.Arithmetic.Kind.MUL);
      Shape each = s.broadcast(s.shape(1), s.shape(4));
      DType t = s.dtype(1);
      int scale = s.before("scales of bias", times, List.of(s.id(1), s.id(4)), t, each);
      ins.add(s.before("bias", new Op.Dequantize(0, 0), List.of(s.id(8), scale), t, bias));
    }
    return quantised(s, l, ins);
  }

  private static int real(Site s, int input, int axis) throws ModelFormatException {
    Shape x = s.shape(input);
    Scales scales = scales(s, x, input + 1, input + 2, axis);
    Op op = new Op.Dequantize(scales.axis(), scales.block());
    List<Integer> ins = List.of(s.id(input), s.id(input + 1), s.id(input + 2));
    return s.before("real" + input, op, ins, s.dtype(input + 1), x);
  }

  private static Lowered quantised(Site s, Lowered l, List<Integer> ins)
      throws ModelFormatException {
    Shape out = l.outs().getFirst().shape().orElseThrow();
    int y = s.before("real", l.op(), ins, s.dtype(1), out);
    Op op = quantizing(scales(s, out, 6, 7, Math.max(0, out.rank() - 2)));
    DType t = s.has(7) ? s.dtype(7) : DType.U8;
    return s.to(op, t, out).withInputs(List.of(y, s.id(6), s.id(7)));
  }
}
