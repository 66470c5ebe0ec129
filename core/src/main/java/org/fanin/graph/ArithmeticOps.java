package org.fanin.graph;

import static org.fanin.graph.Op.Arithmetic.Kind.ADD;
import static org.fanin.graph.Op.Arithmetic.Kind.DIV;
import static org.fanin.graph.Op.Arithmetic.Kind.MAX;
import static org.fanin.graph.Op.Arithmetic.Kind.MEAN;
import static org.fanin.graph.Op.Arithmetic.Kind.MIN;
import static org.fanin.graph.Op.Arithmetic.Kind.MUL;
import static org.fanin.graph.Op.Arithmetic.Kind.POW;
import static org.fanin.graph.Op.Arithmetic.Kind.SUB;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.graph.Op.Arithmetic;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Add, Mul and their kin; comparisons and logic.
final class ArithmeticOps {
  private ArithmeticOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Add" -> s -> binary(s, ADD);
      case "Sub" -> s -> binary(s, SUB);
      case "Mul" -> s -> binary(s, MUL);
      case "Div" -> s -> binary(s, DIV);
      case "Pow" -> s -> binary(s, POW);
      case "Sum" -> s -> variadic(s, ADD);
      case "Mean" -> s -> variadic(s, MEAN);
      case "Max" -> s -> variadic(s, MAX);
      case "Min" -> s -> variadic(s, MIN);
      case "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor" ->
          ArithmeticOps::compare;
      case "Not", "IsNaN", "IsInf" -> s -> s.to(new Op.Discrete(op), DType.BOOL, s.shape(0));
      case "Mod", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor" -> ArithmeticOps::integers;
      case "BitwiseNot" -> s -> s.to(new Op.Discrete("BitwiseNot"), s.shape(0));
      default -> null;
    };
  }

  private static Lowered compare(Site s) throws ModelFormatException {
    return s.to(new Op.Discrete(s.raw.op()), DType.BOOL, s.broadcast(s.shape(0), s.shape(1)));
  }

  private static Lowered integers(Site s) throws ModelFormatException {
    Shape out = s.broadcast(s.shape(0), s.shape(1));
    String op = s.raw.op();
    boolean known = s.constant(0).isPresent() && s.constant(1).isPresent();
    boolean real = s.dtype(0).floating();
    if (real && !op.equals("Mod")) {
      throw s.fault("elements of type " + s.dtype(0), "integers");
    }
    boolean truncates = s.flag("fmod", false);
    if (real && !known) {
      return s.to(new Op.Remainder(truncates), out);
    }
    long setting = op.equals("BitShift") ? toLeft(s) : truncates ? 1 : 0;
    return s.to(new Op.Discrete(op, Optional.empty(), List.of(setting)), out);
  }

  private static long toLeft(Site s) throws ModelFormatException {
    return switch (s.text("direction", "")) {
      case "LEFT" -> 1;
      case "RIGHT" -> 0;
      case String other -> throw s.fault("direction '" + other + "'", "LEFT or RIGHT");
    };
  }

  private static Lowered binary(Site s, Arithmetic.Kind kind) throws ModelFormatException {
    if (s.opset < 7 && s.flag("broadcast", false)) {
      return s.to(new Arithmetic(kind), s.shape(0)).withInputs(List.of(s.id(0), aligned(s)));
    }
    if (s.inputs.size() != 2) {
      throw s.fault(s.inputs.size() + " inputs", "2");
    }
    return variadic(s, kind);
  }

  /// Before opset 7 the second operand was laid along an axis of the first.
  private static int aligned(Site s) throws ModelFormatException {
    Shape a = s.shape(0);
    Shape b = s.shape(1);
    int axis = s.axis(s.integer("axis", (long) a.rank() - b.rank()), Math.max(1, a.rank()));
    if (axis + b.rank() > a.rank()) {
      throw s.fault("shapes " + a + " and " + b + " at axis " + axis, "shapes that broadcast");
    }
    long[] d = Arrays.copyOf(b.toArray(), a.rank() - axis);
    Arrays.fill(d, b.rank(), d.length, 1);
    Shape to = s.shapeOf(d);
    s.broadcast(a, to);
    return s.before("align", new Op.Reshape(), List.of(s.id(1)), s.dtype(1), to);
  }

  private static Lowered variadic(Site s, Arithmetic.Kind kind) throws ModelFormatException {
    Shape out = s.shape(0);
    for (int i = 1; i < s.inputs.size(); i++) {
      out = s.broadcast(out, s.shape(i));
    }
    if (s.inputs.size() == 1) {
      return s.to(new Op.Reshape(), out);
    }
    if (s.inputs.size() == 2 && s.dtype(0).floating()) {
      for (int side = 0; side < 2; side++) {
        OptionalDouble c = scalar(s, 1 - side);
        Fn fn =
            c.isEmpty() || !s.shape(side).equals(out) || isConstant(s, side)
                ? null
                : side == 0 ? withRight(kind, c.getAsDouble()) : withLeft(kind, c.getAsDouble());
        if (fn != null) {
          return s.to(new Op.Pointwise(fn), out).withInputs(List.of(s.id(side)));
        }
      }
    }
    return s.to(new Arithmetic(kind), out);
  }

  /// The value of an operand that is one number, known and not trained, or infinity everywhere.
  private static OptionalDouble scalar(Site s, int i) throws ModelFormatException {
    Value v = s.value(i);
    if (v.constant().isEmpty()) {
      return OptionalDouble.empty();
    }
    Tensor t = v.constant().get();
    if (v.kind() != Value.Kind.CONSTANT) {
      return Masks.infinity(t);
    }
    return t.count() == 1 && !Double.isNaN(t.at(0))
        ? OptionalDouble.of(t.at(0))
        : Masks.infinity(t);
  }

  private static boolean isConstant(Site s, int i) throws ModelFormatException {
    return s.value(i).kind() == Value.Kind.CONSTANT && s.constant(i).isPresent();
  }

  /// x ∘ c; null where no function of x says it.
  static Fn withRight(Arithmetic.Kind kind, double c) {
    if (Double.isInfinite(c)) {
      return kind == MAX && c < 0 || kind == MIN && c > 0 ? Fns.identity() : null;
    }
    return switch (kind) {
      case ADD -> Fns.addConst(c);
      case SUB -> Fns.addConst(-c);
      case MUL -> Fns.mulConst(c);
      case DIV -> Fns.divConst(c);
      case POW -> Fns.pow(c);
      case MIN -> Fns.clip(Double.NEGATIVE_INFINITY, c);
      case MAX -> c == 0 ? Fns.relu() : Fns.clip(c, Double.POSITIVE_INFINITY);
      case MEAN -> null;
    };
  }

  /// c ∘ x; null where no function of x says it.
  static Fn withLeft(Arithmetic.Kind kind, double c) {
    boolean commutes = kind != SUB && kind != DIV && kind != POW;
    if (commutes || Double.isInfinite(c)) {
      return commutes ? withRight(kind, c) : null;
    }
    return switch (kind) {
      case ADD, MUL, MIN, MAX, MEAN -> withRight(kind, c);
      case SUB -> Fns.subFrom(c);
      case DIV -> Fns.divInto(c);
      case POW -> Fns.powBase(c);
    };
  }
}
