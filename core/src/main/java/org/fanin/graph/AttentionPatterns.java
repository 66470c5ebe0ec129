package org.fanin.graph;

import static org.fanin.graph.PatternFinder.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Graph.Pattern;
import org.fanin.math.Fn;
import org.fanin.math.Fns;

/// Attention and rotary embeddings written as products.
final class AttentionPatterns {
  private static final int LONGEST = 12;
  private final Links links;

  AttentionPatterns(Links links) {
    this.links = links;
  }

  // ---- attention ----

  /// Contract → scale, mask → softmax → dropout → Contract. Root: the logits; result: the weighted
  /// values.
  Optional<Pattern> around(Node softmax, Op.Softmax op) {
    List<Node> nodes = new ArrayList<>(List.of(softmax));
    if (!scores(softmax.input(0), nodes)) {
      return Optional.empty();
    }
    int p = softmax.outputs().getFirst();
    for (int step = 0; step < LONGEST; step++) {
      Node next = onlyReader(p);
      if (next == null) {
        return Optional.empty();
      }
      nodes.add(next);
      switch (next.op()) {
        case Op.Contract _ -> {
          return isProduct(next)
              ? Optional.of(
                  pattern(
                      Pattern.Kind.ATTENTION, softmax.input(0), next.outputs().getFirst(), nodes))
              : Optional.empty();
        }
        case Op.Dropout _,
            Op.Reshape _,
            Op.Where _,
            Op.Transpose _,
            Op.Pointwise _,
            Op.Arithmetic _ ->
            p = next.outputs().getFirst();
        case Op _ -> {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /// A node that only asks whether a value is NaN does not count.
  private Node onlyReader(int value) {
    List<Node> all = links.readers(value);
    if (all.size() > 16) {
      return null;
    }
    List<Node> r = all.stream().filter(n -> !(n.op() instanceof Op.Discrete)).toList();
    return r.size() == 1 ? r.getFirst() : null;
  }

  /// Both factors depend on data.
  private boolean isProduct(Node n) {
    return links.isActivation(n.input(0)) && links.isActivation(n.input(1));
  }

  private boolean scores(int logits, List<Node> nodes) {
    int v = logits;
    for (int step = 0; step < LONGEST; step++) {
      Node n = links.maker(v);
      if (n == null) {
        return false;
      }
      nodes.add(n);
      switch (n.op()) {
        case Op.Contract _ -> {
          return isProduct(n);
        }
        case Op.Pointwise _, Op.Reshape _, Op.Transpose _, Op.Dropout _ -> v = n.input(0);
        case Op.Where _ -> v = links.isActivation(n.input(1)) ? n.input(1) : n.input(2);
        case Op.Arithmetic _ -> {
          int a = n.input(0);
          v = links.isActivation(a) && sameShape(a, n) ? a : n.input(1);
        }
        case Op _ -> {
          return false;
        }
      }
    }
    return false;
  }

  private boolean sameShape(int value, Node n) {
    return links.value(value).shape().equals(links.value(n.outputs().getFirst()).shape());
  }

  // ---- rotary embeddings ----

  /// x·cos + rotated(x)·sin, rotated(x) = concat(−x₂, x₁).
  Optional<Pattern> rope(Node add) {
    for (int side = 0; side < 2 && add.inputs().size() == 2; side++) {
      Node plain = links.maker(add.inputs().get(side));
      Node turned = links.maker(add.inputs().get(1 - side));
      if (!isMul(plain) || !isMul(turned)) {
        continue;
      }
      for (int x : plain.inputs()) {
        for (int r : turned.inputs()) {
          List<Node> nodes = new ArrayList<>(List.of(add, plain, turned));
          if (links.isActivation(x) && rotates(r, x, nodes)) {
            return Optional.of(pattern(Pattern.Kind.ROPE, x, add.outputs().getFirst(), nodes));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isMul(Node n) {
    return n != null && n.op().isArithmetic(Op.Arithmetic.Kind.MUL) && n.inputs().size() == 2;
  }

  private boolean rotates(int value, int x, List<Node> nodes) {
    Node concat = unviewed(value, nodes);
    if (concat == null || !(concat.op() instanceof Op.Concat) || concat.inputs().size() != 2) {
      return false;
    }
    nodes.add(concat);
    Node neg = unviewed(concat.input(0), nodes);
    boolean minus = neg != null && neg.op() instanceof Op.Pointwise(Fn fn) && fn.equals(Fns.neg());
    if (!minus) {
      return false;
    }
    nodes.add(neg);
    return partOf(neg.input(0), nodes) == x && partOf(concat.input(1), nodes) == x;
  }

  private Node unviewed(int value, List<Node> nodes) {
    Node n = links.maker(value);
    for (int step = 0; step < 4 && n != null && isView(n.op()); step++) {
      nodes.add(n);
      n = links.maker(n.input(0));
    }
    return n;
  }

  private static boolean isView(Op op) {
    return op instanceof Op.Reshape || op instanceof Op.Transpose;
  }

  /// @return the value that this one is a slice of, or -1
  private int partOf(int value, List<Node> nodes) {
    Node n = unviewed(value, nodes);
    boolean part =
        n != null
            && (n.op() instanceof Op.Slice
                || n.op() instanceof Op.Split
                || n.op() instanceof Op.Gather);
    if (!part) {
      return -1;
    }
    nodes.add(n);
    int v = n.input(0);
    Node before = links.maker(v);
    // Pairs are made by a reshape to [..., D/2, 2].
    if (before != null && before.op() instanceof Op.Reshape && !links.readers(v).isEmpty()) {
      long readers = links.readers(v).size();
      if (readers >= 2 && n.op() instanceof Op.Gather) {
        nodes.add(before);
        return before.input(0);
      }
    }
    return v;
  }

  /// concat(x₁·cos − x₂·sin, x₁·sin + x₂·cos), the pairs interleaved or in halves.
  Optional<Pattern> interleavedRope(Node concat) {
    if (concat.inputs().size() != 2) {
      return Optional.empty();
    }
    List<Node> nodes = new ArrayList<>(List.of(concat));
    int root = -1;
    for (int i = 0; i < 2; i++) {
      Node n = unviewed(concat.inputs().get(i), nodes);
      var kind = i == 0 ? Op.Arithmetic.Kind.SUB : Op.Arithmetic.Kind.ADD;
      if (n == null || !n.op().isArithmetic(kind) || n.inputs().size() != 2) {
        return Optional.empty();
      }
      nodes.add(n);
      for (int in : n.inputs()) {
        Node mul = links.maker(in);
        int x =
            isMul(mul) ? Math.max(partOf(mul.input(0), nodes), partOf(mul.input(1), nodes)) : -1;
        if (x < 0 || root >= 0 && x != root) {
          return Optional.empty();
        }
        nodes.add(mul);
        root = x;
      }
    }
    return Optional.of(pattern(Pattern.Kind.ROPE, root, concat.outputs().getFirst(), nodes));
  }
}
