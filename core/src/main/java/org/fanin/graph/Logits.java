package org.fanin.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.fanin.math.Fns;
import org.fanin.tensor.Shape;

/// What an output of a network is computed from that may tell classes apart, and along which axis.
///
/// @param value its id
/// @param axis the axis of the classes: that of the softmax or arg max behind it, the channels of a
///   map that a convolution gives, else the last
/// @param kind what follows it
/// @param map whether a convolution gives it
public record Logits(int value, int axis, Kind kind, boolean map) {
  public enum Kind {
    SOFTMAX,
    ARG_MAX,
    /// Each class for itself.
    SIGMOID,
    NONE
  }

  /// Nodes between logits and an output, and between a layer and its logits.
  private static final int FAR = 8;

  /// One for every output of floats, or of indices of a largest float, that has two axes or more.
  public static List<Logits> of(Graph g) {
    List<Logits> all = new ArrayList<>();
    for (int out : g.outputs()) {
      Walk w = new Walk(g, out);
      w.run();
      w.end(all);
    }
    return List.copyOf(all);
  }

  /// From an output back to its logits.
  private static final class Walk {
    private final Graph g;
    private int at;
    private OptionalInt axis = OptionalInt.empty();
    private Kind kind = Kind.NONE;

    Walk(Graph g, int output) {
      this.g = g;
      at = output;
    }

    void run() {
      for (int hop = 0; hop < FAR; hop++) {
        Node n = maker(g, at);
        if (n == null || n.inputs().isEmpty() || n.input(0) < 0 || !step(n)) {
          return;
        }
        at = n.input(0);
      }
    }

    private boolean step(Node n) {
      return switch (n.op()) {
        case Op.Softmax s when kind != Kind.SIGMOID -> chosen(Kind.SOFTMAX, s.axis());
        case Op.Discrete(String name, _, List<Long> settings) when name.equals("ArgMax") ->
            chosen(Kind.ARG_MAX, Math.toIntExact(settings.getFirst()));
        case Op.Pointwise p when kind == Kind.NONE && p.fn().equals(Fns.sigmoid()) -> {
          kind = Kind.SIGMOID;
          yield true;
        }
        case Op.Reshape _ -> through(n);
        case Op.Transpose t -> {
          int now = axis.orElse(t.perm().size() - 1);
          axis = OptionalInt.of(t.perm().get(now));
          yield true;
        }
        case Op _ -> false;
      };
    }

    /// An arg max of a softmax over the same axis is one choice.
    private boolean chosen(Kind k, int over) {
      if (axis.isPresent() && axis.getAsInt() != over) {
        return false;
      }
      axis = OptionalInt.of(over);
      kind = k;
      return true;
    }

    private boolean through(Node n) {
      OptionalInt before = axisBefore(shape(g, n.input(0)), shape(g, at), axis);
      if (before.isEmpty()) {
        return false;
      }
      axis = axis.isPresent() ? before : axis;
      return true;
    }

    void end(List<Logits> all) {
      Shape s = shape(g, at);
      if (s == null || s.rank() < 2 || !g.value(at).dtype().floating() || at < 0) {
        return;
      }
      boolean map = isMap(g, at);
      int classes = axis.orElse(map ? 1 : s.rank() - 1);
      if (classes < s.rank()) {
        all.add(new Logits(at, classes, kind, map));
      }
    }
  }

  /// The axis that the given one was before a reshape: as long, behind as many elements.
  private static OptionalInt axisBefore(Shape from, Shape to, OptionalInt axis) {
    if (from == null || to == null || from.rank() == 0 || to.rank() == 0) {
      return OptionalInt.empty();
    }
    int now = axis.orElse(to.rank() - 1);
    long ahead = 1;
    for (int i = 0; i < now; i++) {
      ahead *= to.dim(i);
    }
    long passed = 1;
    for (int i = 0; i < from.rank(); i++) {
      if (passed == ahead && from.dim(i) == to.dim(now)) {
        return OptionalInt.of(i);
      }
      passed *= from.dim(i);
    }
    return OptionalInt.empty();
  }

  /// Whether a convolution gives it, but for a bias, scales and a resize.
  private static boolean isMap(Graph g, int value) {
    int at = value;
    for (int hop = 0; hop < FAR; hop++) {
      Node n = maker(g, at);
      if (n == null || n.inputs().isEmpty()) {
        return false;
      }
      switch (n.op()) {
        case Op.Conv _, Op.ConvTranspose _ -> {
          return true;
        }
        case Op.Resize _, Op.Arithmetic _ -> at = n.input(0);
        case Op _ -> {
          return false;
        }
      }
    }
    return false;
  }

  private static Node maker(Graph g, int value) {
    int producer = value < 0 ? -1 : g.value(value).producer();
    return producer < 0 ? null : g.nodes().get(producer);
  }

  private static Shape shape(Graph g, int value) {
    return value < 0 ? null : g.value(value).shape().orElse(null);
  }
}
