package org.fanin.judge;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeSet;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.judge.Verdict.Level;
import org.fanin.math.Fns;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.tensor.Shape;

/// Maps of several classes whose outputs pass a sigmoid each, as detectors have them: nearly every
/// position shows nothing, so that the loss at the start is that of the empty ones unless the bias
/// says so beforehand. A note: whether it is a detector, the graph does not say.
record PriorRule() implements Rule {
  /// Maps of so few channels are pictures, masks or gates.
  private static final int COLOURS = 4;

  private static final int POSITIONS = 64;

  /// Nodes looked at, so that no graph makes this long.
  private static final int MOST = 4096;

  /// Behind a sigmoid, σ(−2) = .12 is a prior already.
  private static final double HAS_PRIOR = -2;

  private static final double PRIOR = .01;

  @Override
  public List<Verdict> apply(Case c) {
    List<Node> without = new ArrayList<>();
    for (Node n : heads(c)) {
      OptionalDouble bias = bias(c, n);
      if (bias.isEmpty() || bias.getAsDouble() > HAS_PRIOR) {
        without.add(n);
      }
    }
    if (without.isEmpty()) {
      return List.of();
    }
    Node first = without.getFirst();
    Shape map = shape(c, first);
    String more = without.size() == 1 ? "" : " (and of " + (without.size() - 1) + " more layers)";
    String because =
        String.format(
            Locale.ROOT,
            "%d outputs of %s at each of %d positions%s pass a sigmoid and begin near .5: if this is"
                + " a detector, nearly all of them should say no, and the first loss is theirs, ln 2"
                + " each",
            map.dim(1),
            c.layer(first.index()),
            positions(map),
            more);
    double wanted = Math.log(PRIOR / (1 - PRIOR));
    return List.of(
        new Verdict(
            "head-prior",
            Level.NOTE,
            c.layer(first.index()),
            bias(c, first).orElse(0),
            wanted,
            because,
            "start its bias at −ln((1 − π)/π), "
                + Numbers.of(wanted)
                + " for a share of π = "
                + Numbers.of(PRIOR)
                + " that is there",
            "Lin et al. 2017, section 3.3"));
  }

  /// The convolutions that sigmoids of outputs belong to, in the order of the graph.
  private static List<Node> heads(Case c) {
    TreeSet<Integer> found = new TreeSet<>();
    Deque<Integer> open = new ArrayDeque<>(c.graph.outputs());
    boolean[] seen = new boolean[c.graph.values().size()];
    List<Integer> squashed = new ArrayList<>();
    for (int looked = 0; !open.isEmpty() && looked < MOST; looked++) {
      Node n = maker(c, open.removeFirst(), seen);
      if (n != null && n.op() instanceof Op.Pointwise p && p.fn().equals(Fns.sigmoid())) {
        squashed.add(n.input(0));
      } else if (n != null && moves(n.op())) {
        open.addAll(n.inputs());
      }
    }
    open.addAll(squashed);
    for (int looked = 0; !open.isEmpty() && looked < MOST; looked++) {
      Node n = maker(c, open.removeFirst(), seen);
      if (n != null && n.op() instanceof Op.Conv && isMap(shape(c, n))) {
        found.add(n.index());
      } else if (n != null && moves(n.op())) {
        open.addAll(n.inputs());
      }
    }
    return found.stream().map(c::node).toList();
  }

  /// What decodes boxes, and puts the levels of a pyramid together.
  private static boolean moves(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Transpose
        || op instanceof Op.Concat
        || op instanceof Op.Slice
        || op instanceof Op.Split
        || op instanceof Op.Gather
        || op instanceof Op.Arithmetic;
  }

  private static Node maker(Case c, int value, boolean[] seen) {
    if (value < 0 || seen[value] || c.graph.value(value).kind() != Value.Kind.ACTIVATION) {
      return null;
    }
    seen[value] = true;
    int producer = c.graph.value(value).producer();
    return producer < 0 ? null : c.node(producer);
  }

  private static boolean isMap(Shape s) {
    return s != null && s.rank() > 2 && s.dim(1) > COLOURS && positions(s) >= POSITIONS;
  }

  private static Shape shape(Case c, Node n) {
    return c.graph.value(n.outputs().getFirst()).shape().orElse(null);
  }

  private static long positions(Shape s) {
    long n = 1;
    for (int i = 2; i < s.rank(); i++) {
      n *= s.dim(i);
    }
    return n;
  }

  /// Mean of the layer's bias; empty where it has none.
  private static OptionalDouble bias(Case c, Node n) {
    Parameter bias = n.inputs().size() > 2 ? c.names.parameterAt(n.input(2)) : null;
    return bias == null
        ? OptionalDouble.empty()
        : c.forecast.parameters().stream()
            .filter(p -> c.graph.parameters().get(p.parameter()).equals(bias))
            .mapToDouble(ParameterForecast::mean)
            .findFirst();
  }
}
