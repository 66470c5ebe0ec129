package org.fanin.graph;

import static org.fanin.graph.PatternFinder.pattern;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Graph.Pattern;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Activations written as products: x·g(x). They are recognised by what they compute, not by how
/// they are spelt: both factors are evaluated at a few points and the product is compared with each
/// known function, up to a constant factor that a next node may supply.
final class CurvePatterns {
  private static final double[] PROBES = {-4.1, -2.3, -1.2, -0.4, 0.3, 0.9, 2.1, 3.7};

  /// Exporters write constants in float32.
  private static final double TOLERANCE = 2e-5;

  /// No known activation takes more nodes.
  private static final int LARGEST = 14;

  private static final Map<Pattern.Kind, Fn> KNOWN =
      Map.of(
          Pattern.Kind.GELU_ERF, Fns.gelu(),
          Pattern.Kind.GELU_TANH, Fns.geluTanh(),
          Pattern.Kind.SILU, Fns.silu(),
          Pattern.Kind.MISH, Fns.mish(),
          Pattern.Kind.HARD_SWISH, Fns.hardSwish());

  private final Links links;

  /// Products that are an activation of one tensor, so no gates.
  private final Set<Integer> ownProducts = new HashSet<>();

  CurvePatterns(Links links) {
    this.links = links;
  }

  Optional<Pattern> endingAt(Node n) {
    if (n.inputs().size() != 2) {
      return Optional.empty();
    }
    for (int side = 0; side < 2; side++) {
      int root = unscaled(n.inputs().get(side));
      if (!links.isActivation(root)) {
        continue;
      }
      List<Node> nodes = new ArrayList<>();
      double[] y = evaluate(n, root, nodes);
      if (y != null) {
        ownProducts.add(n.index());
        return known(n, root, y, nodes);
      }
    }
    return Optional.empty();
  }

  /// Looks through a constant factor.
  private int unscaled(int value) {
    Node n = links.maker(value);
    return n != null && n.op() instanceof Op.Pointwise(Fn fn) && isFactor(fn) ? n.input(0) : value;
  }

  private static boolean isFactor(Fn fn) {
    return fn.at(0) == 0 && Math.abs(fn.at(1) * 3 - fn.at(3)) < 1e-12 && fn.at(-1) == -fn.at(1);
  }

  private Optional<Pattern> known(Node n, int root, double[] y, List<Node> nodes) {
    for (Map.Entry<Pattern.Kind, Fn> e : KNOWN.entrySet()) {
      double factor = ratio(y, e.getValue());
      if (Double.isNaN(factor)) {
        continue;
      }
      if (Math.abs(factor - 1) < TOLERANCE) {
        return Optional.of(pattern(e.getKey(), root, n.outputs().getFirst(), nodes));
      }
      for (Node next : links.readers(n.outputs().getFirst())) {
        if (next.op() instanceof Op.Pointwise(Fn fn)
            && isFactor(fn)
            && Math.abs(fn.at(1) * factor - 1) < TOLERANCE) {
          nodes.add(next);
          return Optional.of(pattern(e.getKey(), root, next.outputs().getFirst(), nodes));
        }
      }
    }
    return Optional.empty();
  }

  /// y = ratio·fn at every probe, else NaN.
  private static double ratio(double[] y, Fn fn) {
    int last = PROBES.length - 1;
    double r = y[last] / fn.at(PROBES[last]);
    for (int i = 0; i < y.length; i++) {
      if (!(Math.abs(y[i] - r * fn.at(PROBES[i])) <= TOLERANCE * Math.abs(r))) {
        return Double.NaN;
      }
    }
    return r == 0 ? Double.NaN : r;
  }

  // ---- evaluation ----

  /// The output of `end` at the probes, as a function of `root` alone; null when it is not one of a
  /// few nodes.
  private double[] evaluate(Node end, int root, List<Node> used) {
    List<Node> order = between(end, root);
    if (order == null) {
      return null;
    }
    Map<Integer, double[]> at = new HashMap<>();
    at.put(root, PROBES);
    for (Node n : order) {
      double[] y = apply(n, at);
      if (y == null) {
        return null;
      }
      at.put(n.outputs().getFirst(), y);
    }
    used.addAll(order);
    return at.get(end.outputs().getFirst());
  }

  /// Nodes that lead from `root` to `end`, in order; null when something else flows in.
  private List<Node> between(Node end, int root) {
    var open = new java.util.ArrayDeque<Node>(List.of(end));
    var seen = new java.util.TreeMap<Integer, Node>();
    seen.put(end.index(), end);
    while (!open.isEmpty()) {
      Node n = open.pop();
      for (int in : n.inputs()) {
        if (in == root || scalar(in) != null) {
          continue;
        }
        Node m = links.maker(in);
        boolean elementwise =
            m != null
                && m.inputs().size() <= 2
                && (m.op() instanceof Op.Pointwise || m.op() instanceof Op.Arithmetic);
        if (!elementwise || seen.size() > LARGEST) {
          return null;
        }
        if (seen.put(m.index(), m) == null) {
          open.push(m);
        }
      }
    }
    return List.copyOf(seen.values());
  }

  private Double scalar(int value) {
    Value v = value < 0 ? null : links.value(value);
    return v != null && v.kind() == Value.Kind.CONSTANT
        ? v.constant().filter(t -> t.count() == 1).map(t -> t.at(0)).orElse(null)
        : null;
  }

  private double[] apply(Node n, Map<Integer, double[]> at) {
    double[] y = new double[PROBES.length];
    for (int i = 0; i < y.length; i++) {
      Double r =
          switch (n.op()) {
            case Op.Pointwise(Fn fn) -> fn.at(at.get(n.input(0))[i]);
            case Op.Arithmetic(Op.Arithmetic.Kind kind) -> fold(kind, n.inputs(), at, i);
            case Op _ -> null;
          };
      if (r == null || r.isNaN()) {
        return null;
      }
      y[i] = r;
    }
    return y;
  }

  private Double fold(
      Op.Arithmetic.Kind kind, List<Integer> inputs, Map<Integer, double[]> at, int i) {
    double r = 0;
    for (int k = 0; k < inputs.size(); k++) {
      double[] values = at.get(inputs.get(k));
      Double x = values != null ? Double.valueOf(values[i]) : scalar(inputs.get(k));
      if (x == null) {
        return null;
      }
      r = k == 0 ? x : Folding.apply(kind, r, x);
    }
    return kind == Op.Arithmetic.Kind.MEAN ? r / inputs.size() : r;
  }

  // ---- gated units ----

  /// act(a)·b of two tensors of the same shape: GLU, SwiGLU, GEGLU.
  void gatedUnits(List<Pattern> found) {
    Map<Integer, Pattern> activations = new HashMap<>();
    for (Pattern p : found) {
      if (KNOWN.containsKey(p.kind())) {
        activations.put(p.result(), p);
      }
    }
    for (Node n : links.nodes) {
      if (n.op().isArithmetic(Op.Arithmetic.Kind.MUL)
          && n.inputs().size() == 2
          && !ownProducts.contains(n.index())) {
        gated(n, activations).ifPresent(found::add);
      }
    }
  }

  private Optional<Pattern> gated(Node n, Map<Integer, Pattern> activations) {
    for (int side = 0; side < 2; side++) {
      int gate = n.inputs().get(side);
      int other = n.inputs().get(1 - side);
      if (!links.isActivation(gate)
          || !links.isActivation(other)
          || !links.value(gate).shape().equals(links.value(other).shape())) {
        continue;
      }
      Pattern p = activations.get(gate);
      Node m = links.maker(gate);
      if (p != null) {
        List<Node> nodes = new ArrayList<>(p.nodes().stream().map(links.nodes::get).toList());
        nodes.add(n);
        return Optional.of(
            pattern(Pattern.Kind.GATED_UNIT, p.root(), n.outputs().getFirst(), nodes));
      }
      if (m != null && m.op() instanceof Op.Pointwise(Fn fn) && isGate(fn)) {
        return Optional.of(
            pattern(Pattern.Kind.GATED_UNIT, m.input(0), n.outputs().getFirst(), List.of(m, n)));
      }
    }
    return Optional.empty();
  }

  private static boolean isGate(Fn fn) {
    return KNOWN.containsValue(fn) || fn.equals(Fns.sigmoid()) || fn.equals(Fns.relu());
  }
}
