package org.fanin.graph;

import java.util.List;
import java.util.function.IntPredicate;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Which operators give an exact 0, and which let a gradient through, given which of their inputs
/// are not 0. "Not 0" means some element is not, in general position: sums do not cancel by chance.
/// Slopes at 0 are PyTorch's: 0 for ReLU and |x|, 1 for tanh.
final class Factors {
  private static final List<Fn> STEPS = List.of(Fns.sign(), Fns.round(), Fns.floor(), Fns.ceil());

  private Factors() {}

  /// What is assumed of operators without a rule.
  enum Assume {
    NONZERO,
    ZERO
  }

  /// Whether a node's outputs are not 0.
  ///
  /// @param live by position of the input; false for inputs left out
  static boolean live(Node n, IntPredicate live, Assume foreign) {
    return switch (n.op()) {
      case Op.Pointwise(Fn fn) -> live.test(0) || fn.at(0) != 0;
      case Op.Arithmetic(Op.Arithmetic.Kind kind) -> arithmetic(kind, n, live);
      case Op.Contract c -> product(live) && c.alpha() != 0 || live.test(2) && c.beta() != 0;
      case Op.Conv _, Op.ConvTranspose _ -> product(live) || live.test(2);
      case Op.BatchNorm _, Op.Norm _ -> live.test(0) && scaled(n, live) || live.test(2);
      case Op.Reduce(Op.Reduce.Kind kind, List<Integer> _, boolean _) ->
          live.test(0) || kind == Op.Reduce.Kind.LOG_SUM || kind == Op.Reduce.Kind.LOG_SUM_EXP;
      case Op.Pad p -> live.test(0) || p.value() != 0;
      case Op.Where _ -> live.test(1) || live.test(2);
      case Op.Scatter _ -> live.test(0) || live.test(2);
      case Op.Concat _ -> any(n, live);
      case Op.Recurrent _ -> recurrent(live, foreign);
      case Op.Attention _ -> live.test(2);
      case Op.Softmax _, Op.Discrete _ -> true;
      case Op.Random r -> r.mean() != 0 || r.variance() != 0;
      case Op.PRelu _,
          Op.Pool _,
          Op.Lrn _,
          Op.Dropout _,
          Op.Reshape _,
          Op.Transpose _,
          Op.Expand _,
          Op.Slice _,
          Op.Split _,
          Op.Gather _,
          Op.GatherItems _,
          Op.Tile _,
          Op.Resize _,
          Op.PixelShuffle _,
          Op.Trilu _,
          Op.CumSum _,
          Op.TopK _,
          Op.RotaryEmbedding _ ->
          live.test(0);
      case Op.Folded _ -> false;
      case Op.ControlFlow _, Op.Unpredicted _ -> foreign == Assume.NONZERO;
    };
  }

  private static boolean product(IntPredicate live) {
    return live.test(0) && live.test(1);
  }

  private static boolean scaled(Node n, IntPredicate live) {
    return n.input(1) < 0 || live.test(1);
  }

  private static boolean any(Node n, IntPredicate live) {
    for (int i = 0; i < n.inputs().size(); i++) {
      if (live.test(i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean arithmetic(Op.Arithmetic.Kind kind, Node n, IntPredicate live) {
    return switch (kind) {
      case ADD, SUB, MEAN, MIN, MAX -> any(n, live);
      case MUL -> product(live);
      case DIV -> live.test(0);
      case POW -> live.test(0) || !live.test(1);
    };
  }

  /// Biases alone move a state where the gate that multiplies them is open, which no single tensor
  /// decides.
  private static boolean recurrent(IntPredicate live, Assume foreign) {
    boolean state = live.test(5) || live.test(6);
    return product(live) || (state || live.test(3)) && foreign == Assume.NONZERO;
  }

  /// Whether a gradient at an output reaches input `i`.
  static boolean passes(Node n, int i, IntPredicate live, Assume foreign) {
    return switch (n.op()) {
      case Op.Pointwise(Fn fn) ->
          i == 0 && !STEPS.contains(fn) && (live.test(0) || fn.slopeAt(0) != 0);
      case Op.Arithmetic(Op.Arithmetic.Kind kind) -> arithmeticPasses(kind, i, live);
      case Op.PRelu _ -> live.test(0) || i == 0 && live.test(1);
      case Op.Contract c -> i == 2 ? c.beta() != 0 : c.alpha() != 0 && live.test(1 - i);
      case Op.Conv _, Op.ConvTranspose _ -> i == 2 || live.test(1 - i);
      case Op.BatchNorm _, Op.Norm _ ->
          i == 0 && scaled(n, live) || i == 1 && live.test(0) || i == 2;
      case Op.Reduce(Op.Reduce.Kind kind, List<Integer> _, boolean _) ->
          i == 0 && (passesAtZero(kind) || live.test(0));
      case Op.Recurrent _ -> recurrentPasses(n, i, live, foreign);
      case Op.Attention _ ->
          i == 2 || live.test(2) && (i == 0 ? live.test(1) : i == 1 ? live.test(0) : i == 3);
      case Op.Concat _ -> true;
      case Op.Where _ -> i > 0;
      case Op.Scatter _ -> i != 1;
      case Op.Pool _,
          Op.Lrn _,
          Op.Softmax _,
          Op.Dropout _,
          Op.Reshape _,
          Op.Transpose _,
          Op.Expand _,
          Op.Slice _,
          Op.Split _,
          Op.Pad _,
          Op.Gather _,
          Op.GatherItems _,
          Op.Tile _,
          Op.Resize _,
          Op.PixelShuffle _,
          Op.Trilu _,
          Op.CumSum _,
          Op.TopK _,
          Op.RotaryEmbedding _ ->
          i == 0;
      case Op.Random _, Op.Discrete _, Op.Folded _ -> false;
      case Op.ControlFlow _, Op.Unpredicted _ -> foreign == Assume.NONZERO;
    };
  }

  private static boolean arithmeticPasses(Op.Arithmetic.Kind kind, int i, IntPredicate live) {
    return switch (kind) {
      // Where operands of MIN and MAX are equal each gets a share.
      case ADD, SUB, MEAN, MIN, MAX -> true;
      case MUL -> live.test(1 - i);
      case DIV -> i == 0 || live.test(0);
      case POW -> live.test(0);
    };
  }

  private static boolean passesAtZero(Op.Reduce.Kind kind) {
    return switch (kind) {
      case MEAN, SUM, MAX, MIN, LOG_SUM, LOG_SUM_EXP -> true;
      case PROD, L1, L2, SUM_SQUARE -> false;
    };
  }

  private static boolean recurrentPasses(Node n, int i, IntPredicate live, Assume foreign) {
    return switch (i) {
      case 0 -> live.test(1);
      case 1 -> live.test(0);
      case 2 -> recurrent(live, foreign);
      case 3 -> true;
      case 5 -> live.test(2) || foreign == Assume.NONZERO;
      case 6 -> true;
      default -> false;
    };
  }

  /// Whether what passes depends on which inputs are 0. Operators with any number of inputs do not.
  static boolean isGated(Op op) {
    return switch (op) {
      case Op.Pointwise _,
          Op.PRelu _,
          Op.Contract _,
          Op.Conv _,
          Op.ConvTranspose _,
          Op.BatchNorm _,
          Op.Norm _,
          Op.Reduce _,
          Op.Recurrent _,
          Op.Attention _ ->
          true;
      case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
          switch (kind) {
            case MUL, DIV, POW -> true;
            case ADD, SUB, MEAN, MIN, MAX -> false;
          };
      case Op _ -> false;
    };
  }
}
