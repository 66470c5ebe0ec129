package org.fanin.torch;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.math.Fn;
import org.fanin.tensor.Shape;

/// Which values have the elements, or the gradient, of others, or multiples of them: what need not
/// be read. From the graph alone.
final class Kin {
  private static final int NOBODY = -1;
  private static final int SEVERAL = -2;

  private final Graph graph;
  private final boolean[] batched;

  /// Value id → index of the only node that reads it, and once.
  private final int[] reader;

  /// What only multiplies a value with a number: the last one, by the value, and each by what it
  /// makes; null for none.
  private final Multiple[] multipleOf;

  private final Multiple[] multipleAt;

  private final boolean[] told;

  /// @param wanted values whose gradient has to be had
  Kin(Graph graph, long batch, IntPredicate wanted) {
    this.graph = graph;
    batched = batched(graph, batch);
    reader = readers(graph);
    multipleOf = new Multiple[reader.length];
    multipleAt = new Multiple[reader.length];
    told = new boolean[reader.length];
    graph.nodes().forEach(this::note);
    noteTold(wanted);
  }

  /// Whether a value's axis 0 counts samples.
  boolean batched(int id) {
    return batched[id];
  }

  private static boolean[] batched(Graph g, long batch) {
    boolean[] b = dependent(g);
    for (Value v : g.values()) {
      Shape s = v.shape().orElse(Shape.of());
      b[v.id()] &= s.rank() > 0 && s.dim(0) == batch;
    }
    return b;
  }

  /// Values that the inputs reach: their axis 0 may count samples.
  private static boolean[] dependent(Graph g) {
    boolean[] d = new boolean[g.values().size()];
    g.inputs().forEach(i -> d[i] = true);
    for (Node n : g.nodes()) {
      boolean any = n.op() instanceof Op.Random;
      for (int in : n.inputs()) {
        any |= in >= 0 && d[in];
      }
      for (int out : n.outputs()) {
        if (out >= 0) {
          d[out] = any;
        }
      }
    }
    return d;
  }

  private static int[] readers(Graph g) {
    int[] r = new int[g.values().size()];
    Arrays.fill(r, NOBODY);
    for (Node n : g.nodes()) {
      for (int in : n.inputs()) {
        if (in >= 0) {
          r[in] = r[in] == NOBODY ? n.index() : SEVERAL;
        }
      }
    }
    g.outputs().forEach(o -> r[o] = SEVERAL);
    return r;
  }

  // ---- multiples ----

  /// @param by not 0
  /// @param before another one of the same value; null for none
  record Multiple(int node, int in, int out, double by, Multiple before) {}

  private void note(Node n) {
    double by = factor(n);
    if (by == 0 || n.outputs().size() != 1) {
      return;
    }
    int in = n.input(0) >= 0 && only(graph.value(n.input(0))) == 0 ? n.input(0) : n.input(1);
    int out = n.outputs().getFirst();
    boolean floats = in >= 0 && graph.value(in).dtype().floating();
    if (floats
        && batched(in) == batched(out)
        && graph.value(in).shape().equals(graph.value(out).shape())) {
      Multiple m = new Multiple(n.index(), in, out, by, multipleOf[in]);
      multipleOf[in] = m;
      multipleAt[out] = m;
    }
  }

  /// What a node multiplies its only variable input with; 0 when it does anything else.
  private double factor(Node n) {
    if (n.op() instanceof Op.Pointwise(Fn fn)) {
      return fn.form() instanceof Fn.Form.AbRelu(double below, double above) && below == above
          ? above
          : 0;
    }
    boolean divides = n.op().isArithmetic(Op.Arithmetic.Kind.DIV);
    boolean multiplies = n.op().isArithmetic(Op.Arithmetic.Kind.MUL);
    if (n.inputs().size() != 2 || n.inputs().contains(-1) || !divides && !multiplies) {
      return 0;
    }
    double first = only(graph.value(n.input(0)));
    double second = only(graph.value(n.input(1)));
    double c = second == 0 && multiplies ? first : first == 0 ? second : 0;
    return c == 0 || !Double.isFinite(c) ? 0 : divides ? 1 / c : c;
  }

  /// The only element of a constant; 0 when there are others.
  private static double only(Value v) {
    return v.kind() == Value.Kind.CONSTANT
            && v.constant().isPresent()
            && v.constant().get().count() == 1
        ? v.constant().get().at(0)
        : 0;
  }

  /// The last of a value's multiples; null for none.
  Multiple multipleOf(int in) {
    return multipleOf[in];
  }

  /// What a value is a multiple of; null for none.
  Multiple multipleAt(int out) {
    return multipleAt[out];
  }

  /// What only multiplies a value that nothing else reads; null for none.
  Multiple onlyMultiple(int in) {
    return reader[in] < 0 ? null : multipleOf[in];
  }

  // ---- the same elements ----

  /// Whether output and first input hold the same elements, sample by sample.
  boolean moves(Node n, int out) {
    int in = n.input(0);
    if (in < 0 || batched(in) != batched(out)) {
      return false;
    }
    return n.op() instanceof Op.Reshape
        || n.op() instanceof Op.Transpose t && (!batched(in) || t.perm().getFirst() == 0);
  }

  // ---- gradients ----

  /// Whether a value's gradient follows from that of what the only node that reads it makes.
  boolean told(int id) {
    return told[id];
  }

  /// What reads a value is looked at before what makes it.
  private void noteTold(IntPredicate wanted) {
    for (Node n : graph.nodes().reversed()) {
      for (int in : n.inputs()) {
        if (in >= 0 && reader[in] == n.index() && !wanted.test(in)) {
          Multiple m = onlyMultiple(in);
          told[in] = like(in) >= 0 || m != null && !told[m.out];
        }
      }
    }
  }

  /// Id of a value whose gradient has the same elements and is read earlier; −1 for none.
  int like(int id) {
    if (reader[id] < 0) {
      return NOBODY;
    }
    Node n = graph.nodes().get(reader[id]);
    return passesOn(n, id) ? n.outputs().getFirst() : NOBODY;
  }

  /// Whether the gradient of a node's input is that of its output, but for sign and order.
  private boolean passesOn(Node n, int in) {
    if (n.outputs().size() != 1) {
      return false;
    }
    int out = n.outputs().getFirst();
    boolean sum =
        n.op().isArithmetic(Op.Arithmetic.Kind.ADD) || n.op().isArithmetic(Op.Arithmetic.Kind.SUB);
    return sum
        ? batched(in) == batched(out) && graph.value(in).shape().equals(graph.value(out).shape())
        : in == n.input(0) && moves(n, out);
  }
}
