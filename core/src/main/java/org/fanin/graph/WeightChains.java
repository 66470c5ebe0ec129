package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.fanin.graph.Value.Kind;

/// Operands that are made from stored weights by nodes that only move elements or multiply them by
/// constants: there the variance of the weights is that of the operand, up to a factor.
public final class WeightChains {
  /// Values looked at on the way back from one operand.
  private static final int REACH = 512;

  private final Links links;
  private final Parametric parametric;
  private final BitSet inner = new BitSet();

  public WeightChains(Graph graph) {
    this.links = new Links(graph.nodes(), graph.values(), graph.outputs());
    this.parametric = new Parametric(links);
    for (Node n : graph.nodes()) {
      if (meetsData(n)) {
        for (int in : n.inputs()) {
          at(in).ifPresent(c -> c.nodes().forEach(m -> inner.set(m.index())));
        }
      }
    }
  }

  /// @param views values of parameters that the chain starts from
  /// @param nodes between them and the operand, in order
  public record Chain(List<Integer> views, List<Node> nodes) {
    public Chain {
      views = List.copyOf(views);
      nodes = List.copyOf(nodes);
    }
  }

  /// Whether a node lies in a chain.
  public boolean isInner(Node n) {
    return inner.get(n.index());
  }

  /// The chain that makes an operand of a node that reads data; empty for data, for parameters
  /// themselves and for what else is computed from them.
  public Optional<Chain> at(int operand) {
    if (operand < 0 || !parametric.is(operand) || isStored(operand)) {
      return Optional.empty();
    }
    List<Integer> views = new ArrayList<>();
    TreeMap<Integer, Node> nodes = new TreeMap<>();
    ArrayDeque<Integer> open = new ArrayDeque<>(List.of(operand));
    for (int step = 0; !open.isEmpty(); step++) {
      int v = open.pop();
      if (links.isParameter(v)) {
        views.add(v);
        continue;
      }
      Node n = links.maker(v);
      if (step == REACH || n == null || !moves(n)) {
        return Optional.empty();
      }
      if (nodes.put(n.index(), n) == null) {
        n.inputs().stream().limit(REACH).filter(this::isWeight).forEach(open::push);
      }
    }
    return views.isEmpty()
        ? Optional.empty()
        : Optional.of(new Chain(views, List.copyOf(nodes.values())));
  }

  private boolean meetsData(Node n) {
    return n.outputs().stream().anyMatch(o -> o >= 0 && !parametric.is(o));
  }

  private boolean isStored(int value) {
    return links.value(value).kind() != Kind.ACTIVATION;
  }

  private boolean isWeight(int value) {
    return value >= 0
        && links.value(value).kind() != Kind.CONSTANT
        && links.value(value).dtype().floating();
  }

  private boolean moves(Node n) {
    return switch (n.op()) {
      case Op.Slice _, Op.Split _, Op.Concat _, Op.Reshape _, Op.Transpose _, Op.Gather _ -> true;
      case Op.Pointwise _, Op.Arithmetic _ -> {
        boolean multiplies = false;
        for (int slot = 0; slot < Math.min(2, n.inputs().size()); slot++) {
          multiplies |= ConstantFactors.of(n, slot, links) > 0;
        }
        yield multiplies;
      }
      case Op _ -> false;
    };
  }
}
