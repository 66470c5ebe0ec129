package org.fanin.graph;

import java.util.Optional;
import java.util.function.IntFunction;
import org.fanin.math.Fn;
import org.fanin.tensor.Tensor;

/// Constants that multiply a value.
final class ConstantFactors {
  /// Elements of a constant that is looked into.
  private static final long MOST = 1 << 16;

  private ConstantFactors() {}

  /// Root mean square of what a node multiplies one of its inputs by; NaN where it does not
  /// multiply by a constant.
  static double of(Node n, int slot, Links links) {
    return of(
        n,
        slot,
        v ->
            links.value(v).kind() == Value.Kind.CONSTANT
                ? links.value(v).constant()
                : Optional.empty());
  }

  /// @param constants what is known of the values of the other input
  static double of(Node n, int slot, IntFunction<Optional<Tensor>> constants) {
    return switch (n.op()) {
      case Op.Pointwise(Fn f) -> slope(f);
      case Op.Arithmetic(Op.Arithmetic.Kind kind) when n.inputs().size() == 2 ->
          switch (kind) {
            case MUL -> mean(n, 1 - slot, constants, false);
            case DIV -> slot == 0 ? mean(n, 1, constants, true) : Double.NaN;
            case ADD, SUB, POW, MIN, MAX, MEAN -> Double.NaN;
          };
      case Op _ -> Double.NaN;
    };
  }

  private static double slope(Fn f) {
    return switch (f.form()) {
      case Fn.Form.Affine(double slope, double offset) when offset == 0 -> Math.abs(slope);
      case Fn.Form.AbRelu(double below, double above) when below == above -> Math.abs(above);
      case Fn.Form _ -> Double.NaN;
    };
  }

  private static double mean(
      Node n, int other, IntFunction<Optional<Tensor>> constants, boolean divides) {
    Optional<Tensor> t = n.input(other) < 0 ? Optional.empty() : constants.apply(n.input(other));
    if (t.isEmpty() || t.get().count() < 1 || t.get().count() > MOST) {
      return Double.NaN;
    }
    double sum = 0;
    for (double c : t.get().toDoubles()) {
      double x = divides ? 1 / c : c;
      sum += x * x;
    }
    return Math.sqrt(sum / t.get().count());
  }
}
