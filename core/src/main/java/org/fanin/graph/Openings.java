package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.fanin.graph.Factors.Assume;
import org.fanin.graph.Opening.Cause;

/// When each parameter first gets a gradient, from which parameters are 0 and how they meet. Exact:
/// a product is 0 where a factor is, a sum where all its parts are; nothing is estimated. Time is
/// linear in the edges of the graph.
public final class Openings {
  /// Values that are looked at to name what closes a way.
  private static final int FAR = 2000;

  private final Graph graph;
  private final ZeroEdges edges;
  private final BitSet zero;

  /// Which way to an output a value has.
  private final BitSet read = new BitSet();

  private final BitSet differentiable = new BitSet();

  private ZeroFlow most;
  private ZeroFlow least;

  private Openings(Graph graph, BitSet zero) {
    this.graph = graph;
    this.zero = zero;
    edges = new ZeroEdges(graph);
    findWays();
  }

  /// What a forecast of the first step knows beyond which tensors are 0.
  ///
  /// @param silent values that are exactly 0 in it
  /// @param closed values whose gradient is exactly 0 in it
  public record Known(IntPredicate silent, IntPredicate closed) {
    public static final Known NOTHING = new Known(_ -> false, _ -> false);
  }

  /// In the order of [Graph#parameters].
  ///
  /// @param zero indices of the parameters all of whose elements are 0
  public static List<Opening> of(Graph graph, BitSet zero, Known known) {
    return new Openings(graph, zero).find(known);
  }

  private List<Opening> find(Known known) {
    BitSet silent = new BitSet();
    BitSet closed = new BitSet();
    ZeroFlow once = flow(Assume.ZERO, silent, closed).first();
    for (Value v : graph.values()) {
      int id = edges.id(v.id());
      if (edges.parameter(id) < 0 && once.isLive(id) && known.silent().test(id)) {
        silent.set(id);
      }
      if (once.isPulled(id) && known.closed().test(id)) {
        closed.set(id);
      }
    }
    most = flow(Assume.NONZERO, silent, closed).all();
    least = flow(Assume.ZERO, silent, closed).all();
    List<Opening> all = new ArrayList<>();
    for (int p = 0; p < graph.parameters().size(); p++) {
      all.add(opening(p, silent, closed));
    }
    return List.copyOf(all);
  }

  private ZeroFlow flow(Assume foreign, BitSet silent, BitSet closed) {
    return new ZeroFlow(graph, edges, zero, foreign, silent, closed);
  }

  private Opening opening(int p, BitSet silent, BitSet closed) {
    Parameter parameter = graph.parameters().get(p);
    int value = parameter.value();
    if (!parameter.isTrained()) {
      return new Opening.NotTrained();
    }
    if (!differentiable.get(value)) {
      return noWay(value);
    }
    if (most.step(p) == 0) {
      return never(p, silent, closed);
    }
    if (most.step(p) != least.step(p)) {
      return new Opening.NotKnown(foreign(value));
    }
    int after = most.after(p);
    return new Opening.At(most.step(p), after < 0 ? OptionalInt.empty() : OptionalInt.of(after));
  }

  /// What a body of control flow captures does not stand among the inputs of its node.
  private Opening noWay(int value) {
    OptionalInt control =
        graph.nodes().stream()
            .filter(n -> n.op() instanceof Op.ControlFlow)
            .mapToInt(Node::index)
            .findFirst();
    if (control.isPresent()) {
      return new Opening.NotKnown(control);
    }
    return read.get(value)
        ? new Opening.NoPath(wall(value))
        : new Opening.Never(Cause.UNREAD, OptionalInt.empty());
  }

  // ---- ways to an output, zeros apart ----

  private void findWays() {
    graph.outputs().forEach(o -> read.set(edges.id(o)));
    graph.outputs().stream()
        .filter(o -> graph.value(o).dtype().floating())
        .forEach(o -> differentiable.set(edges.id(o)));
    for (Node n : graph.nodes().reversed()) {
      boolean isRead = any(n, read);
      boolean passes = any(n, differentiable);
      for (int i = 0; isRead && i < n.inputs().size(); i++) {
        int v = n.input(i);
        if (v < 0 || n.op() instanceof Op.Folded) {
          continue;
        }
        read.set(edges.id(v));
        boolean floats = graph.value(v).dtype().floating();
        if (passes && floats && Factors.passes(n, i, _ -> true, Assume.NONZERO)) {
          differentiable.set(edges.id(v));
        }
      }
    }
  }

  private boolean any(Node n, BitSet of) {
    for (int o : n.outputs()) {
      if (o >= 0 && of.get(edges.id(o))) {
        return true;
      }
    }
    return false;
  }

  // ---- reasons ----

  /// The first node downstream that a predicate names; negative for none.
  private int downstream(int value, IntPredicate wanted, IntPredicate enter) {
    BitSet seen = new BitSet();
    ArrayDeque<Integer> open = new ArrayDeque<>(List.of(value));
    for (int looked = 0; !open.isEmpty() && looked < FAR; looked++) {
      int[] readers = edges.readers(open.poll()).limit(FAR).toArray();
      for (int reader : readers) {
        if (wanted.test(reader)) {
          return reader;
        }
      }
      for (int o : Arrays.stream(readers).flatMap(this::outputs).toArray()) {
        if (!seen.get(o) && enter.test(o)) {
          seen.set(o);
          open.add(o);
        }
      }
    }
    return -1;
  }

  private IntStream outputs(int node) {
    return graph.nodes().get(node).outputs().stream().filter(o -> o >= 0).mapToInt(o -> o);
  }

  /// Where the derivative ends.
  private OptionalInt wall(int value) {
    int at =
        downstream(
            value,
            n -> {
              Node node = graph.nodes().get(n);
              return any(node, read) && !passesAny(node);
            },
            read::get);
    return at < 0 ? OptionalInt.empty() : OptionalInt.of(at);
  }

  private static boolean passesAny(Node n) {
    for (int i = 0; i < n.inputs().size(); i++) {
      if (Factors.passes(n, i, _ -> true, Assume.NONZERO)) {
        return true;
      }
    }
    return false;
  }

  private OptionalInt foreign(int value) {
    int down = downstream(value, this::isForeign, _ -> true);
    if (down >= 0) {
      return OptionalInt.of(down);
    }
    return graph.nodes().stream()
        .map(Node::index)
        .filter(this::isForeign)
        .mapToInt(n -> n)
        .findFirst();
  }

  private boolean isForeign(int node) {
    Op op = graph.nodes().get(node).op();
    return op instanceof Op.ControlFlow || op instanceof Op.Unpredicted;
  }

  /// From a parameter on to the node that lets nothing through, and from there back to the zero
  /// that is to blame.
  private Opening never(int p, BitSet silent, BitSet closed) {
    int value = graph.parameters().get(p).value();
    int at =
        downstream(
            value,
            n -> any(graph.nodes().get(n), most.pulled()),
            o -> differentiable.get(edges.id(o)));
    Node n = at < 0 ? null : graph.nodes().get(at);
    if (closed.get(value) || n != null && reads(n, closed)) {
      return new Opening.Never(Cause.OFF, at < 0 ? OptionalInt.empty() : OptionalInt.of(at));
    }
    return n == null
        ? new Opening.Never(Cause.ZERO_FACTOR, OptionalInt.empty())
        : blame(n, p, silent);
  }

  private boolean reads(Node n, BitSet of) {
    return n.inputs().stream().anyMatch(v -> v >= 0 && of.get(edges.id(v)));
  }

  /// Back from a node's inputs that are 0, to a parameter, another than `p` where there is one.
  private Opening blame(Node n, int p, BitSet silent) {
    BitSet seen = new BitSet();
    ArrayDeque<Integer> open = new ArrayDeque<>(deadInputs(n));
    OptionalInt found = OptionalInt.empty();
    for (int looked = 0; !open.isEmpty() && looked < FAR; looked++) {
      int v = open.poll();
      int parameter = edges.parameter(v);
      if (seen.get(v)) {
        continue;
      }
      seen.set(v);
      if (parameter >= 0 && parameter != p) {
        return new Opening.Never(Cause.ZERO_FACTOR, OptionalInt.of(parameter));
      }
      if (silent.get(v)) {
        return new Opening.Never(Cause.OFF, OptionalInt.of(graph.value(v).producer()));
      }
      if (parameter >= 0) {
        found = OptionalInt.of(p);
      } else if (graph.value(v).producer() >= 0) {
        open.addAll(deadInputs(graph.nodes().get(graph.value(v).producer())));
      }
    }
    return new Opening.Never(Cause.ZERO_FACTOR, found);
  }

  private List<Integer> deadInputs(Node n) {
    return n.inputs().stream()
        .filter(v -> v >= 0)
        .map(edges::id)
        .filter(v -> !most.isLive(v))
        .distinct()
        .toList();
  }
}
