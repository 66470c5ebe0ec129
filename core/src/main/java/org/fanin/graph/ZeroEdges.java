package org.fanin.graph;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.fanin.tensor.Tensor;

/// Who reads each value, views of a parameter counting as the parameter itself.
final class ZeroEdges {
  /// Elements of a constant that are looked at: a table of more zeros is taken as not 0.
  private static final long MOST = 1L << 24;

  private final Graph graph;
  private final int[] parameterOf;

  /// Readers of value v are `readers[start[v]]` to `readers[start[v + 1] - 1]`.
  private final int[] start;

  private final int[] readers;
  private final BitSet sources = new BitSet();

  ZeroEdges(Graph graph) {
    this.graph = graph;
    int values = graph.values().size();
    parameterOf = new int[values];
    Arrays.fill(parameterOf, -1);
    for (int p = 0; p < graph.parameters().size(); p++) {
      parameterOf[graph.parameters().get(p).value()] = p;
    }
    start = new int[values + 1];
    for (Node n : graph.nodes()) {
      reads(n).forEach(v -> start[v + 1]++);
    }
    for (int v = 0; v < values; v++) {
      start[v + 1] += start[v];
    }
    readers = new int[start[values]];
    int[] next = start.clone();
    for (Node n : graph.nodes()) {
      reads(n).forEach(v -> readers[next[v]++] = n.index());
    }
    findSources();
  }

  private IntStream reads(Node n) {
    return n.op() instanceof Op.Folded
        ? IntStream.empty()
        : n.inputs().stream().filter(v -> v >= 0).mapToInt(this::id).distinct();
  }

  private void findSources() {
    for (Value v : graph.values()) {
      boolean source =
          switch (v.kind()) {
            case INPUT -> true;
            case CONSTANT, PARAMETER -> v.constant().map(ZeroEdges::hasNonZero).orElse(true);
            case ACTIVATION -> v.constant().map(ZeroEdges::hasNonZero).orElse(false);
          };
      sources.set(v.id(), source && parameterOf[id(v.id())] < 0);
    }
  }

  private static boolean hasNonZero(Tensor t) {
    long n = Math.min(t.count(), MOST);
    for (long i = 0; i < n; i++) {
      if (t.at(i) != 0) {
        return true;
      }
    }
    return n < t.count();
  }

  /// The value itself, or the parameter that it shows.
  int id(int value) {
    Value v = graph.value(value);
    return parameterOf[value] < 0
            && v.kind() == Value.Kind.PARAMETER
            && parameterOf[v.origin()] >= 0
        ? v.origin()
        : value;
  }

  /// Index of the parameter; negative for other values.
  int parameter(int value) {
    return parameterOf[value];
  }

  /// Nodes that read a value or a view of it.
  IntStream readers(int value) {
    return IntStream.range(start[value], start[value + 1]).map(i -> readers[i]);
  }

  /// Values that no node computes, parameters apart, and that are not 0.
  BitSet sources() {
    return sources;
  }
}
