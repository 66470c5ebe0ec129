package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.fanin.math.Fn;
import org.fanin.tensor.Shape;

/// Tells matrices apart by what follows them: heads, fused query-key-value projections, stacked
/// experts.
final class LayerRoles {
  /// Nodes followed from a layer's output; views, bias, scale, norms and rotations of one
  /// projection fit in.
  private static final int REACH = 48;

  /// However many nodes read one value.
  private static final int EDGES = 512;

  private final Links links;

  LayerRoles(Links links) {
    this.links = links;
  }

  Role matrix(Node n, int slot, Value origin, int operand) {
    boolean stack = origin.shape().isPresent() && origin.shape().get().rank() > 2;
    if (stack && Fans.blocks(n, slot, links) > 1) {
      return Role.STACKED;
    }
    // What is concatenated with others to a fused matrix is one of its parts.
    if (fusedParts(n) > 1 && !isPart(origin, operand)) {
      return Role.FUSED_QKV;
    }
    return isHead(n) ? Role.HEAD : Role.WEIGHT;
  }

  private boolean isPart(Value origin, int operand) {
    Shape whole = links.value(operand).shape().orElse(null);
    return whole != null
        && origin.shape().isPresent()
        && origin.shape().get().count() < whole.count();
  }

  // ---- heads ----

  /// Its output is the network's, but for bias, views, softmax and a last squashing.
  boolean isHead(Node n) {
    int v = n.outputs().getFirst();
    boolean squashed = false;
    for (int step = 0; step < 12; step++) {
      List<Node> readers = links.readers(v);
      if (links.isOutput(v)) {
        return readers.isEmpty();
      }
      if (readers.size() != 1) {
        return false;
      }
      Node next = readers.getFirst();
      boolean passes =
          switch (next.op()) {
            case Op.Reshape _, Op.Transpose _, Op.Softmax _, Op.Slice _ -> true;
            case Op.Arithmetic _ -> fixedOther(next, v);
            case Op.Pointwise(Fn fn) -> isAffine(fn) || !squashed && isBounded(fn);
            case Op _ -> false;
          };
      if (!passes) {
        return false;
      }
      squashed |= next.op() instanceof Op.Pointwise(Fn fn) && !isAffine(fn);
      v = next.outputs().getFirst();
    }
    return false;
  }

  /// Sigmoid, tanh and their kin end a network; a rectifier is just another layer.
  private static boolean isBounded(Fn fn) {
    return Math.abs(fn.at(1e3)) <= 10 && Math.abs(fn.at(-1e3)) <= 10;
  }

  private static boolean isAffine(Fn fn) {
    return fn.form() instanceof Fn.Form.Affine
        || fn.form() instanceof Fn.Form.AbRelu(double below, double above) && below == above;
  }

  private boolean fixedOther(Node n, int value) {
    for (int i : n.inputs()) {
      if (i != value && links.isActivation(i) && !isScalar(i)) {
        return false;
      }
    }
    return n.inputs().size() == 2;
  }

  private boolean isScalar(int value) {
    return links.value(value).shape().filter(s -> s.count() == 1).isPresent();
  }

  /// Scores that a softmax or the output reads: what a temperature scales.
  boolean isLogit(int value) {
    int v = value;
    for (int step = 0; step < 6; step++) {
      if (links.isOutput(v)) {
        return true;
      }
      List<Node> readers = links.readers(v);
      if (readers.isEmpty()) {
        return false;
      }
      Node next = readers.getFirst();
      switch (next.op()) {
        case Op.Softmax _ -> {
          return true;
        }
        case Op.Reshape _, Op.Transpose _, Op.Where _, Op.Arithmetic _ ->
            v = next.outputs().getFirst();
        case Op _ -> {
          return false;
        }
      }
    }
    return false;
  }

  /// Is this the output of a linear layer, perhaps in another shape?
  boolean followsLinear(int value) {
    Node n = links.maker(value);
    for (int step = 0; step < 4 && n != null; step++) {
      switch (n.op()) {
        case Op.Contract _, Op.Conv _, Op.ConvTranspose _ -> {
          return true;
        }
        case Op.Reshape _, Op.Transpose _, Op.Pointwise _ -> n = links.maker(n.input(0));
        case Op _ -> {
          return false;
        }
      }
    }
    return false;
  }

  // ---- fused projections ----

  /// @return 3 (or 2) when the output is cut into that many equal parts that meet in a product,
  ///   else 1
  int fusedParts(Node n) {
    int v = n.outputs().getFirst();
    for (int step = 0; step < 10; step++) {
      List<Node> readers = new ArrayList<>();
      for (Node r : links.readers(v)) {
        if (!(r.op() instanceof Op.Discrete)) {
          readers.add(r);
        }
      }
      int parts = cut(v, readers);
      if (parts > 1) {
        return meet(readers) ? parts : 1;
      }
      if (readers.size() != 1) {
        return 1;
      }
      Node next = readers.getFirst();
      boolean passes =
          switch (next.op()) {
            case Op.Reshape _, Op.Transpose _ -> true;
            case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
                kind == Op.Arithmetic.Kind.ADD
                    && (links.isParameter(next.input(0)) || links.isParameter(next.input(1)));
            case Op _ -> false;
          };
      if (!passes) {
        return 1;
      }
      v = next.outputs().getFirst();
    }
    return 1;
  }

  /// Into how many equal parts do these readers cut the value?
  private int cut(int value, List<Node> readers) {
    Shape whole = links.value(value).shape().orElse(null);
    if (whole == null || readers.isEmpty()) {
      return 1;
    }
    if (readers.size() == 1 && readers.getFirst().op() instanceof Op.Split(_, List<Long> sizes)) {
      boolean equal = sizes.stream().distinct().count() == 1;
      return equal && (sizes.size() == 3 || sizes.size() == 2) ? sizes.size() : 1;
    }
    int parts = readers.size();
    if (parts != 2 && parts != 3) {
      return 1;
    }
    for (Node r : readers) {
      long part = links.value(r.outputs().getFirst()).shape().map(Shape::count).orElse(0L);
      boolean cuts = r.op() instanceof Op.Slice || r.op() instanceof Op.Gather;
      if (!cuts || part * parts != whole.count()) {
        return 1;
      }
    }
    return parts;
  }

  /// Do the parts meet again in a product of activations (scores, or scores with values)?
  private boolean meet(List<Node> cutters) {
    Set<Integer> from = new HashSet<>();
    ArrayDeque<Integer> open = new ArrayDeque<>();
    for (Node c : cutters) {
      c.outputs().stream().filter(o -> o >= 0).forEach(open::add);
    }
    int edges = 0;
    for (int step = 0; step < REACH && !open.isEmpty(); step++) {
      for (Node n : links.readers(open.poll())) {
        if (++edges > EDGES) {
          return false;
        }
        if (n.op() instanceof Op.Attention) {
          return true;
        }
        if (n.op() instanceof Op.Contract) {
          if (links.isActivation(n.input(0)) && links.isActivation(n.input(1))) {
            return true;
          }
          continue;
        }
        for (int out : n.outputs()) {
          if (out >= 0 && from.add(out)) {
            open.add(out);
          }
        }
      }
    }
    return false;
  }
}
