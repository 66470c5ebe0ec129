package org.fanin.judge;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;

/// The part of a graph between its deepest output and the input that output is deepest from, and
/// the values in it that every path runs through. Linear in nodes.
final class MainPath {
  private final Graph graph;
  private final Names names;

  /// Nodes on some path from the main input to the main output.
  final BitSet nodes = new BitSet();

  /// Values that all such paths share, by producer node.
  final BitSet cutNodes = new BitSet();

  /// Nodes on the path with most layers.
  final BitSet longest = new BitSet();

  /// Value id of the main input; -1 when the output depends on none.
  final int input;

  MainPath(Graph graph, Names names) {
    this.graph = graph;
    this.names = names;
    int[] depth = depths();
    int out = deepestOutput(depth);
    if (out < 0) {
      input = -1;
      return;
    }
    input = traceLongest(out, depth);
    markNodes(out);
    markCuts(out);
  }

  /// Layers between any data input and each value; -1 where the value depends on no input.
  private int[] depths() {
    int[] depth = new int[graph.values().size()];
    Arrays.fill(depth, -1);
    for (int in : graph.inputs()) {
      depth[in] = 0;
    }
    for (Node n : graph.nodes()) {
      if (!carries(n)) {
        continue;
      }
      int d = -1;
      for (int in : n.inputs()) {
        d = in < 0 ? d : Math.max(d, depth[in]);
      }
      for (int o : n.outputs()) {
        if (o >= 0) {
          depth[o] = d < 0 ? -1 : d + (isLayer(n) ? 1 : 0);
        }
      }
    }
    return depth;
  }

  private int deepestOutput(int[] depth) {
    int best = -1;
    for (int o : ends()) {
      if (depth[o] >= 0 && graph.value(o).producer() >= 0 && (best < 0 || depth[o] > depth[best])) {
        best = o;
      }
    }
    return best;
  }

  /// The outputs; of one that is made of integers, what those were made of.
  private List<Integer> ends() {
    List<Integer> ends = new ArrayList<>();
    BitSet seen = new BitSet();
    Deque<Integer> open = new ArrayDeque<>(graph.outputs());
    while (!open.isEmpty()) {
      int value = open.remove();
      if (value < 0 || seen.get(value)) {
        continue;
      }
      seen.set(value);
      int producer = graph.value(value).producer();
      if (producer >= 0 && graph.nodes().get(producer).op() instanceof Op.Discrete) {
        open.addAll(graph.nodes().get(producer).inputs());
      } else {
        ends.add(value);
      }
    }
    return ends;
  }

  private int traceLongest(int out, int[] depth) {
    int v = out;
    while (graph.value(v).producer() >= 0) {
      Node n = graph.nodes().get(graph.value(v).producer());
      longest.set(n.index());
      int best = -1;
      for (int in : n.inputs()) {
        if (in >= 0 && depth[in] >= 0 && (best < 0 || depth[in] > depth[best])) {
          best = in;
        }
      }
      v = best;
    }
    return v;
  }

  private void markNodes(int out) {
    boolean[] fromInput = new boolean[graph.values().size()];
    fromInput[input] = true;
    for (Node n : graph.nodes()) {
      boolean reached = carries(n) && n.inputs().stream().anyMatch(i -> i >= 0 && fromInput[i]);
      if (reached) {
        n.outputs().stream().filter(o -> o >= 0).forEach(o -> fromInput[o] = true);
      }
    }
    boolean[] toOutput = new boolean[graph.values().size()];
    toOutput[out] = true;
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node n = graph.nodes().get(i);
      boolean wanted = n.outputs().stream().anyMatch(o -> o >= 0 && toOutput[o] && fromInput[o]);
      if (wanted) {
        nodes.set(i);
        n.inputs().stream().filter(in -> in >= 0).forEach(in -> toOutput[in] = true);
      }
    }
  }

  /// A value is a cut when, after its node, no earlier value of the path is read any more.
  private void markCuts(int out) {
    int[] lastRead = new int[graph.values().size()];
    Arrays.fill(lastRead, -1);
    nodes.stream()
        .forEach(
            i ->
                graph.nodes().get(i).inputs().stream()
                    .filter(in -> in >= 0)
                    .forEach(in -> lastRead[in] = i));
    lastRead[out] = Integer.MAX_VALUE;
    int open = lastRead[input];
    for (int i = nodes.nextSetBit(0); i >= 0; i = nodes.nextSetBit(i + 1)) {
      int alive = 0;
      int until = open;
      for (int o : graph.nodes().get(i).outputs()) {
        if (o >= 0 && lastRead[o] > i) {
          alive++;
          until = Math.max(until, lastRead[o]);
        }
      }
      if (open <= i && alive == 1) {
        cutNodes.set(i);
      }
      open = until;
    }
  }

  /// Whether a node passes signal on: shapes, masks and other integers do not.
  static boolean carries(Node n) {
    return !(n.op() instanceof Op.Discrete || n.op() instanceof Op.Folded);
  }

  /// A node with trainable weights that maps its input linearly (or is recurrent).
  boolean isLayer(Node n) {
    return switch (n.op()) {
      case Op.Conv _, Op.ConvTranspose _, Op.Recurrent _ -> true;
      case Op.Contract _ -> n.inputs().stream().limit(2).anyMatch(this::isParameter);
      case Op _ -> false;
    };
  }

  private boolean isParameter(int value) {
    return value >= 0
        && (graph.value(value).kind() == Value.Kind.PARAMETER || names.parameterAt(value) != null);
  }

  /// Whether an input of a path node lies on the path itself.
  boolean onPath(int value) {
    return value >= 0
        && (value == input
            || graph.value(value).producer() >= 0 && nodes.get(graph.value(value).producer()));
  }
}
