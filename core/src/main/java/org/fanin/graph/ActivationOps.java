package org.fanin.graph;

import java.util.List;
import java.util.Map;
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

  static void register(Map<String, Rule> rules) {
    put(rules, "Relu", _ -> Fns.relu());
    put(rules, "LeakyRelu", s -> Fns.leakyRelu(s.real("alpha", 0.01)));
    put(rules, "ThresholdedRelu", s -> Fns.thresholdedRelu(s.real("alpha", 1)));
    put(rules, "Elu", s -> Fns.elu(s.real("alpha", 1)));
    put(rules, "Celu", s -> Fns.celu(s.real("alpha", 1)));
    put(
        rules,
        "Selu",
        s -> Fns.selu(s.real("alpha", 1.6732631921768188), s.real("gamma", 1.0507010221481323)));
    put(
        rules,
        "Gelu",
        s -> s.text("approximate", "none").equals("tanh") ? Fns.geluTanh() : Fns.gelu());
    put(rules, "Sigmoid", _ -> Fns.sigmoid());
    put(rules, "HardSigmoid", s -> Fns.hardSigmoid(s.real("alpha", 0.2), s.real("beta", 0.5)));
    put(rules, "HardSwish", _ -> Fns.hardSwish());
    put(rules, "Mish", _ -> Fns.mish());
    put(rules, "Softplus", _ -> Fns.softplus());
    put(rules, "Softsign", _ -> Fns.softsign());
    put(rules, "Tanh", _ -> Fns.tanh());
    put(rules, "Erf", _ -> Fns.erf());
    put(rules, "Exp", _ -> Fns.exp());
    put(rules, "Log", _ -> Fns.log());
    put(rules, "Sqrt", _ -> Fns.sqrt());
    put(rules, "Reciprocal", _ -> Fns.reciprocal());
    put(rules, "Neg", _ -> Fns.neg());
    put(rules, "Abs", _ -> Fns.abs());
    put(rules, "Sin", _ -> Fns.sin());
    put(rules, "Cos", _ -> Fns.cos());
    put(rules, "Sign", _ -> Fns.sign());
    put(rules, "Floor", _ -> Fns.floor());
    put(rules, "Ceil", _ -> Fns.ceil());
    put(rules, "Round", _ -> Fns.round());
    put(rules, "Clip", ActivationOps::clip);
    put(rules, "Swish", s -> Fns.swish(s.real("alpha", 1)));
    put(rules, "Shrink", s -> Fns.shrink(s.real("lambd", 0.5), s.real("bias", 0)));
    put(rules, "Tan", _ -> Fns.tan());
    put(rules, "Sinh", _ -> Fns.sinh());
    put(rules, "Cosh", _ -> Fns.cosh());
    put(rules, "Atan", _ -> Fns.atan());
    put(rules, "Asinh", _ -> Fns.asinh());
    rules.put("PRelu", ActivationOps::prelu);
    rules.put("Cast", s -> cast(s, s.integer("to", 1)));
    rules.put("CastLike", s -> cast(s, s.dtype(1), List.of(s.id(0))));
  }

  private static void put(Map<String, Rule> rules, String op, Make fn) {
    rules.put(op, s -> s.to(new Op.Pointwise(fn.of(s)), s.shape(0)).withInputs(List.of(s.id(0))));
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
      return s.foreign("numbers made from integer data have no known law");
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
