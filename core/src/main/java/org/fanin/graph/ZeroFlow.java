package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.fanin.graph.Factors.Assume;

/// Follows exact zeros through steps of gradient descent. At each step a value is 0 or not, and so
/// is its gradient; a parameter with a gradient is not 0 from the next step on. Nothing becomes 0
/// again, so every value and every gradient changes once at most, and the time is linear in the
/// edges of the graph however many steps it takes.
final class ZeroFlow {
  private static final int NONE = -1;

  private final Graph graph;
  private final ZeroEdges edges;
  private final Assume foreign;
  private final BitSet neverLive;
  private final BitSet neverPulled;

  /// By value: not 0, and has a gradient.
  private final BitSet live = new BitSet();

  private final BitSet pulled = new BitSet();

  /// By parameter: the step at which it got its gradient, 0 for never, and after whose move.
  private final int[] step;

  private final int[] after;
  private final ArrayDeque<Integer> forward = new ArrayDeque<>();
  private final ArrayDeque<Integer> backward = new ArrayDeque<>();
  private List<Integer> moved = new ArrayList<>();
  private int now = 1;
  private int cause = NONE;

  /// @param zero parameters that are 0 at first
  /// @param neverLive values that are 0 for reasons of their own
  /// @param neverPulled values without a gradient for reasons of their own
  ZeroFlow(
      Graph graph,
      ZeroEdges edges,
      BitSet zero,
      Assume foreign,
      BitSet neverLive,
      BitSet neverPulled) {
    this.graph = graph;
    this.edges = edges;
    this.foreign = foreign;
    this.neverLive = neverLive;
    this.neverPulled = neverPulled;
    step = new int[graph.parameters().size()];
    after = new int[step.length];
    Arrays.fill(after, NONE);
    edges.sources().stream().filter(v -> !neverLive.get(v)).forEach(live::set);
    for (int p = 0; p < step.length; p++) {
      live.set(graph.parameters().get(p).value(), !zero.get(p));
    }
  }

  /// The first step: what is 0, and what has a gradient.
  ZeroFlow first() {
    for (Node n : graph.nodes()) {
      visitForward(n);
    }
    for (int out : graph.outputs()) {
      if (graph.value(out).dtype().floating()) {
        pull(edges.id(out));
      }
    }
    drain();
    return this;
  }

  /// All steps, until nothing changes.
  ZeroFlow all() {
    first();
    while (!moved.isEmpty()) {
      List<Integer> opened = moved;
      moved = new ArrayList<>();
      now++;
      for (int p : opened) {
        if (graph.parameters().get(p).isTrained()) {
          cause = p;
          wake(graph.parameters().get(p).value());
          drain();
        }
      }
    }
    return this;
  }

  boolean isLive(int value) {
    return live.get(edges.id(value));
  }

  /// Values that have a gradient; not to be changed.
  BitSet pulled() {
    return pulled;
  }

  boolean isPulled(int value) {
    return pulled.get(edges.id(value));
  }

  int step(int parameter) {
    return step[parameter];
  }

  /// The parameter whose move opened this one; negative at the first step.
  int after(int parameter) {
    return after[parameter];
  }

  private void drain() {
    while (!forward.isEmpty() || !backward.isEmpty()) {
      if (!forward.isEmpty()) {
        reader(graph.nodes().get(forward.poll()));
      } else {
        visitBackward(graph.nodes().get(backward.poll()));
      }
    }
  }

  /// One of the node's inputs is no longer 0.
  private void reader(Node n) {
    visitForward(n);
    if (Factors.isGated(n.op()) && hasGradient(n)) {
      visitBackward(n);
    }
  }

  private boolean isLiveAt(Node n, int i) {
    int v = n.input(i);
    return v >= 0 && live.get(edges.id(v));
  }

  private void visitForward(Node n) {
    if (n.op() instanceof Op.Folded || isDone(n)) {
      return;
    }
    if (Factors.live(n, i -> isLiveAt(n, i), foreign)) {
      n.outputs().stream().filter(o -> o >= 0).forEach(this::wake);
    }
  }

  private boolean isDone(Node n) {
    int first = n.outputs().isEmpty() ? NONE : n.outputs().getFirst();
    return first >= 0 && (live.get(first) || neverLive.get(first));
  }

  private void wake(int value) {
    if (!live.get(value) && !neverLive.get(value)) {
      live.set(value);
      // The first pass goes through all nodes in their order by itself.
      if (now > 1) {
        edges.readers(value).forEach(forward::add);
      }
    }
  }

  private boolean hasGradient(Node n) {
    for (int o : n.outputs()) {
      if (o >= 0 && pulled.get(edges.id(o))) {
        return true;
      }
    }
    return false;
  }

  private void visitBackward(Node n) {
    for (int i = 0; i < n.inputs().size(); i++) {
      int v = n.input(i);
      if (v >= 0
          && !pulled.get(edges.id(v))
          && graph.value(v).dtype().floating()
          && Factors.passes(n, i, k -> isLiveAt(n, k), foreign)) {
        pull(edges.id(v));
      }
    }
  }

  private void pull(int value) {
    if (pulled.get(value) || neverPulled.get(value)) {
      return;
    }
    pulled.set(value);
    int p = edges.parameter(value);
    if (p >= 0) {
      step[p] = now;
      after[p] = now == 1 ? NONE : cause;
      if (!live.get(value)) {
        moved.add(p);
      }
      return;
    }
    int producer = graph.value(value).producer();
    if (producer >= 0) {
      backward.add(producer);
    }
  }
}
