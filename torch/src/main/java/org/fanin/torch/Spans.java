package org.fanin.torch;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;

/// How much memory stretches of the node order need, and where to cut them.
final class Spans {
  private final Graph graph;
  private final Runner runner;

  /// made[i]: bytes that nodes before i make.
  private final long[] made;

  /// crossing[i]: bytes of activations that are made before node i and read from it on.
  private final long[] crossing;

  private final long widest;

  /// Bytes whose gradients are there at once.
  private final long run;

  Spans(Graph graph, Runner runner, long run) {
    this.run = run;
    this.graph = graph;
    this.runner = runner;
    int n = graph.nodes().size();
    made = new long[n + 1];
    crossing = new long[n + 1];
    long most = 0;
    for (int i = 0; i < n; i++) {
      long m = runner.account().made(graph.nodes().get(i));
      made[i + 1] = made[i] + m;
      most = Math.max(most, m);
    }
    widest = most;
    long[] change = new long[n + 2];
    for (Value v : graph.values()) {
      if (crosses(v)) {
        change[v.producer() + 1] += bytes(v);
        change[runner.lastUse(v.id()) + 1] -= bytes(v);
      }
    }
    long now = 0;
    for (int i = 0; i <= n; i++) {
      now += change[i];
      crossing[i] = now;
    }
  }

  /// A view keeps its whole base alive.
  private long bytes(Value v) {
    long own = v.shape().isPresent() ? v.shape().get().count() : 0;
    return own * (v.dtype().floating() ? runner.width() : 8);
  }

  private boolean crosses(Value v) {
    if (v.producer() < 0 || runner.lastUse(v.id()) <= v.producer()) {
      return false;
    }
    // What is computed ahead is loaded again instead.
    return v.kind() == Value.Kind.ACTIVATION || v.origin() != v.id();
  }

  /// Bytes that a tape over [from, to) takes, gradients and what operators save besides included.
  long taped(int from, int to) {
    return (made[to] - made[from]) * 5 / 4 + 2 * widest + run + crossing[from];
  }

  long crossing(int at) {
    return crossing[at];
  }

  /// Ids of values that are made before node `at` and read from it on.
  List<Integer> live(int at) {
    List<Integer> all = new ArrayList<>();
    for (Value v : graph.values()) {
      if (crosses(v) && v.producer() < at && runner.lastUse(v.id()) >= at) {
        all.add(v.id());
      }
    }
    return all;
  }

  /// Where to cut [from, to): pieces that fit half the budget if what crosses the cuts fits the
  /// other half; otherwise as many even pieces as do (they are cut again later), at least two.
  List<Integer> cuts(int from, int to, long budget) {
    List<Integer> fine = pieces(from, to, Math.max(0, budget / 2));
    long held = fine.stream().mapToLong(c -> crossing[c]).sum();
    if (!fine.isEmpty() && held <= budget / 2) {
      return fine;
    }
    long each = Math.max(1, fine.isEmpty() ? 1 : held / fine.size());
    int parts = Math.clamp(budget / 2 / each, 1, Math.max(1, to - from - 1));
    List<Integer> even = new ArrayList<>();
    for (int i = 1; i <= parts; i++) {
      int at = from + (int) ((long) (to - from) * i / (parts + 1));
      int best = cheapest(Math.max(from + 1, at - 8), Math.min(to - 1, at + 8));
      if (even.isEmpty() || best > even.getLast()) {
        even.add(best);
      }
    }
    return even;
  }

  private List<Integer> pieces(int from, int to, long budget) {
    List<Integer> cuts = new ArrayList<>();
    int at = from;
    while (at < to && taped(at, to) > budget) {
      int end = at + 1;
      while (end < to - 1 && taped(at, end + 1) <= budget) {
        end++;
      }
      // Anywhere in the second half of the piece will do: where the least crosses.
      int cut = cheapest(at + Math.max(1, (end - at) / 2), end);
      if (cut >= to) {
        break;
      }
      cuts.add(cut);
      at = cut;
    }
    return cuts;
  }

  private int cheapest(int first, int last) {
    int best = last;
    for (int i = last; i >= first; i--) {
      if (crossing[i] < crossing[best]) {
        best = i;
      }
    }
    return best;
  }
}
