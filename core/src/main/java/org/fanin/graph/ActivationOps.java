package org.fanin.graph;

import java.util.List;
import org.fanin.graph.Lowered.Out;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;

/// Functions of one variable, element by element. Attribute defaults are those of the ONNX operator
/// pages.
final class ActivationOps {
  private ActivationOps() {}

  private interface Make {
    Fn of(Site s) throws ModelFormatException;
  }

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Relu" -> of(_ -> Fns.relu());
      case "LeakyRelu" -> of(s -> Fns.leakyRelu(s.real("alpha", 0.01)));
      case "ThresholdedRelu" -> of(s -> Fns.thresholdedRelu(s.real("alpha", 1)));
      case "Elu" -> of(s -> Fns.elu(s.real("alpha", 1)));
      case "Celu" -> of(s -> Fns.celu(s.real("alpha", 1)));
      case "Selu" ->
          of(
              s ->
                  Fns.selu(
                      s.real("alpha", 1.6732631921768188), s.real("gamma", 1.0507010221481323)));
      case "Gelu" ->
          of(s -> s.text("approximate", "none").equals("tanh") ? Fns.geluTanh() : Fns.gelu());
      case "Sigmoid" -> of(_ -> Fns.sigmoid());
      case "HardSigmoid" -> of(s -> Fns.hardSigmoid(s.real("alpha", 0.2), s.real("beta", 0.5)));
      case "HardSwish" -> of(_ -> Fns.hardSwish());
      case "Mish" -> of(_ -> Fns.mish());
      case "Softplus" -> of(_ -> Fns.softplus());
      case "Softsign" -> of(_ -> Fns.softsign());
      case "Tanh" -> of(_ -> Fns.tanh());
      case "Erf" -> of(_ -> Fns.erf());
      case "Exp" -> of(_ -> Fns.exp());
      case "Log" -> of(_ -> Fns.log());
      case "Sqrt" -> of(_ -> Fns.sqrt());
      case "Reciprocal" -> of(_ -> Fns.reciprocal());
      case "Neg" -> of(_ -> Fns.neg());
      case "Abs" -> of(_ -> Fns.abs());
      case "Sin" -> of(_ -> Fns.sin());
      case "Cos" -> of(_ -> Fns.cos());
      case "Sign" -> of(_ -> Fns.sign());
      case "Floor" -> of(_ -> Fns.floor());
      case "Ceil" -> of(_ -> Fns.ceil());
      case "Round" -> of(_ -> Fns.round());
      case "Clip" -> of(ActivationOps::clip);
      case "Swish" -> of(s -> Fns.swish(s.real("alpha", 1)));
      case "Shrink" -> of(s -> Fns.shrink(s.real("lambd", 0.5), s.real("bias", 0)));
      case "Tan" -> of(_ -> Fns.tan());
      case "Sinh" -> of(_ -> Fns.sinh());
      case "Cosh" -> of(_ -> Fns.cosh());
      case "Atan" -> of(_ -> Fns.atan());
      case "Asinh" -> of(_ -> Fns.asinh());
      case "PRelu" -> ActivationOps::prelu;
      case "Cast" -> s -> cast(s, s.integer("to", 1));
      case "CastLike" -> s -> cast(s, s.dtype(1), List.of(s.id(0)));
      default -> null;
    };
  }

  private static Rule of(Make fn) {
    return s -> s.to(new Op.Pointwise(fn.of(s)), s.shape(0)).withInputs(List.of(s.id(0)));
  }

  private static Fn clip(Site s) throws ModelFormatException {
    double lo = s.has(1) ? s.scalar(1, "lower bound") : s.real("min", Double.NEGATIVE_INFINITY);
    double hi = s.has(2) ? s.scalar(2, "upper bound") : s.real("max", Double.POSITIVE_INFINITY);
    // Exporters write ±FLT_MAX for "no bound".
    lo = lo <= -Float.MAX_VALUE ? Double.NEGATIVE_INFINITY : lo;
    hi = hi >= Float.MAX_VALUE ? Double.POSITIVE_INFINITY : hi;
    if (!(lo <= hi)) {
      throw s.fault("bounds " + lo + " to " + hi, "a lower bound below the upper");
    }
    return lo == 0 && hi == Double.POSITIVE_INFINITY ? Fns.relu() : Fns.clip(lo, hi);
  }

  private static Lowered prelu(Site s) throws ModelFormatException {
    var x = s.shape(0);
    var slope = s.shape(1);
    int in = s.id(1);
    if (s.opset < 7 && slope.rank() == 1 && slope.count() > 1 && x.rank() > 1) {
      long[] d = new long[x.rank() - 1];
      java.util.Arrays.fill(d, 1);
      d[0] = slope.count();
      slope = s.shapeOf(d);
      in = s.before("align", new Op.Reshape(), List.of(in), s.dtype(1), slope);
    }
    if (!s.broadcast(x, slope).equals(x)) {
      throw s.fault("slope of shape " + slope, "one that broadcasts to " + x);
    }
    return s.to(new Op.PRelu(), x).withInputs(List.of(s.id(0), in));
  }

  /// @param to a TensorProto.DataType number
  private static Lowered cast(Site s, long to) throws ModelFormatException {
    return cast(s, type(to), s.inputs);
  }

  private static Lowered cast(Site s, DType type, List<Integer> inputs)
      throws ModelFormatException {
    boolean from = s.dtype(0).floating();
    if (type == DType.OTHER) {
      return s.foreign("the element type it casts to has no rule");
    }
    if (from && type.floating()) {
      return s.to(new Op.Reshape(), type, s.shape(0)).withInputs(inputs);
    }
    if (!from && type.floating() && s.constant(0).isEmpty()) {
      return s.foreign(
          "numbers made from integer data have no known law", Out.of(type, s.shape(0)));
    }
    return s.to(new Op.Discrete("Cast"), type, s.shape(0)).withInputs(inputs);
  }

  /// TensorProto.DataType of onnx.proto3.
  static DType type(long code) {
    return switch (Math.clamp(code, 0, 99)) {
      case 1 -> DType.F32;
      case 2 -> DType.U8;
      case 3 -> DType.I8;
      case 4 -> DType.U16;
      case 5 -> DType.I16;
      case 6 -> DType.I32;
      case 7 -> DType.I64;
      case 9 -> DType.BOOL;
      case 10 -> DType.F16;
      case 11 -> DType.F64;
      case 12 -> DType.U32;
      case 13 -> DType.U64;
      case 16 -> DType.BF16;
      case 17 -> DType.F8E4M3;
      case 19 -> DType.F8E5M2;
      default -> DType.OTHER;
    };
  }
}
