package org.fanin.graph;

import static org.fanin.graph.PatternFinder.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Graph.Pattern;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Decomposed LayerNorm, RMSNorm and L2 normalisation. All end in x·(1/s) or x/s, where s is made
/// from the squares of x.
///
/// The result of the pattern is the normalised x̂; scale and shift are the nodes after it.
final class NormPatterns {
  private final Links links;

  NormPatterns(Links links) {
    this.links = links;
  }

  /// The spread s, and the value whose squares it sums.
  private record Spread(int of, Op.Reduce.Kind kind, List<Integer> axes, List<Node> nodes) {}

  Optional<Pattern> endingAt(Node n) {
    boolean mul = n.op().isArithmetic(Op.Arithmetic.Kind.MUL);
    for (int side = mul ? 0 : 1; side < 2 && n.inputs().size() == 2; side++) {
      int x = n.inputs().get(1 - side);
      Spread s = spread(n.inputs().get(side), mul);
      if (s != null && links.isActivation(x)) {
        Optional<Pattern> p = match(n, x, s);
        if (p.isPresent()) {
          return p;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Pattern> match(Node n, int x, Spread s) {
    List<Node> nodes = new ArrayList<>(s.nodes());
    nodes.add(n);
    int result = n.outputs().getFirst();
    int of = same(s.of(), nodes);
    int data = same(x, nodes);
    if (s.kind() == Op.Reduce.Kind.MEAN) {
      int root = centred(x, s.axes(), nodes);
      if (root >= 0 && (of == data || centred(s.of(), s.axes(), nodes) == root)) {
        return Optional.of(pattern(Pattern.Kind.LAYER_NORM, root, result, nodes));
      }
    }
    if (of != data) {
      return Optional.empty();
    }
    var kind = s.kind() == Op.Reduce.Kind.MEAN ? Pattern.Kind.RMS_NORM : Pattern.Kind.L2_NORM;
    return Optional.of(pattern(kind, data, result, nodes));
  }

  /// x − mean(x) over the axes: x. Else −1.
  private int centred(int value, List<Integer> axes, List<Node> nodes) {
    Node sub = links.maker(same(value, nodes));
    if (sub == null || !sub.op().isArithmetic(Op.Arithmetic.Kind.SUB)) {
      return -1;
    }
    Node mean = links.maker(sub.input(1));
    boolean ok =
        mean != null
            && mean.op() instanceof Op.Reduce r
            && r.kind() == Op.Reduce.Kind.MEAN
            && r.axes().equals(axes);
    if (!ok) {
      return -1;
    }
    nodes.add(sub);
    nodes.add(mean);
    int root = same(sub.input(0), nodes);
    return same(mean.input(0), nodes) == root ? root : -1;
  }

  /// Walks back from the divisor: reciprocal, root, epsilon, guard, broadcast; then a reduction of
  /// squares.
  ///
  /// @param inverse the operand multiplies, so one of the steps must invert
  private Spread spread(int value, boolean inverse) {
    List<Node> nodes = new ArrayList<>();
    boolean inverted = false;
    boolean rooted = false;
    int v = value;
    for (int step = 0; step < 8; step++) {
      Node n = links.maker(v);
      if (n == null) {
        return null;
      }
      nodes.add(n);
      switch (n.op()) {
        case Op.Pointwise(Fn fn) when fn.equals(Fns.reciprocal()) -> inverted = true;
        case Op.Pointwise(Fn fn) when fn.equals(Fns.rsqrt()) -> {
          inverted = true;
          rooted = true;
        }
        case Op.Pointwise(Fn fn) when fn.equals(Fns.sqrt()) -> rooted = true;
        case Op.Pointwise(Fn fn) when isGuard(fn) -> {}
        case Op.Reshape _, Op.Expand _ -> {}
        case Op.Reduce r -> {
          return inverted == inverse ? squares(r, n, rooted, nodes) : null;
        }
        case Op _ -> {
          return null;
        }
      }
      v = n.input(0);
    }
    return null;
  }

  /// x + ε, or max(x, ε).
  private static boolean isGuard(Fn fn) {
    return fn.form() instanceof Fn.Form.Affine(double slope, double offset)
            && slope == 1
            && offset >= 0
            && offset < 1
        || fn.equals(Fns.relu())
        || fn.name().startsWith("clip") && fn.at(10) == 10
        || fn.name().startsWith("max") && fn.at(10) == 10;
  }

  private Spread squares(Op.Reduce r, Node n, boolean rooted, List<Node> nodes) {
    int in = n.input(0);
    return switch (r.kind()) {
      case L2 -> rooted ? null : new Spread(in, r.kind(), r.axes(), nodes);
      case SUM_SQUARE -> rooted ? new Spread(in, r.kind(), r.axes(), nodes) : null;
      case MEAN, SUM -> {
        int of = rooted ? squared(in, nodes) : -1;
        yield of < 0 ? null : new Spread(of, r.kind(), r.axes(), nodes);
      }
      case MAX, MIN, PROD, L1, LOG_SUM, LOG_SUM_EXP -> null;
    };
  }

  private int squared(int value, List<Node> nodes) {
    Node n = links.maker(value);
    if (n == null) {
      return -1;
    }
    boolean square =
        n.op() instanceof Op.Pointwise(Fn fn) && fn.equals(Fns.square())
            || n.op().isArithmetic(Op.Arithmetic.Kind.MUL)
                && n.inputs().size() == 2
                && n.input(0) == n.input(1);
    if (!square) {
      return -1;
    }
    nodes.add(n);
    return n.input(0);
  }

  /// Looks through casts; adds them to the pattern.
  private int same(int value, List<Node> nodes) {
    int v = value;
    for (int step = 0; step < 4; step++) {
      Node n = links.maker(v);
      if (n == null
          || !(n.op() instanceof Op.Reshape)
          || !links.value(v).shape().equals(links.value(n.input(0)).shape())) {
        return v;
      }
      nodes.add(n);
      v = n.input(0);
    }
    return v;
  }

  /// A per-channel factor right after a batch normalisation.
  Optional<Pattern> batchNormScale(Node n) {
    for (int side = 0; side < 2 && n.inputs().size() == 2; side++) {
      Node bn = links.maker(n.inputs().get(side));
      int factor = n.inputs().get(1 - side);
      if (bn != null
          && bn.op() instanceof Op.BatchNorm
          && links.isParameter(factor)
          && links.value(factor).shape().filter(s -> s.count() > 1).isPresent()) {
        return Optional.of(
            pattern(
                Pattern.Kind.BATCH_NORM_SCALE,
                bn.input(0),
                n.outputs().getFirst(),
                List.of(bn, n)));
      }
    }
    return Optional.empty();
  }
}
