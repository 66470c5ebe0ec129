package org.fanin.graph;

import java.util.Optional;
import org.fanin.math.Fn;
import org.fanin.tensor.Tensor;

/// Constants that multiply a weight before it is used.
final class ConstantFactors {
  /// Elements of a constant that is looked into.
  private static final long MOST = 1 << 16;

  private ConstantFactors() {}

  /// Root mean square of what a node multiplies one of its inputs by; NaN where it does not
  /// multiply by a constant.
  static double of(Node n, int slot, Links links) {
    return switch (n.op()) {
      case Op.Pointwise(Fn f) -> slope(f);
      case Op.Arithmetic(Op.Arithmetic.Kind kind) when n.inputs().size() == 2 ->
          switch (kind) {
            case MUL -> mean(n, 1 - slot, links, false);
            case DIV -> slot == 0 ? mean(n, 1, links, true) : Double.NaN;
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

  private static double mean(Node n, int other, Links links, boolean divides) {
    Value v = n.input(other) < 0 ? null : links.value(n.input(other));
    Optional<Tensor> t =
        v == null || v.kind() != Value.Kind.CONSTANT ? Optional.empty() : v.constant();
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
