package org.fanin.torch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.math.Fn;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Saturation;
import org.fanin.probe.Share;
import org.fanin.probe.Statistics;
import org.fanin.tensor.Shape;

/// Reads tensors: each value once, each gradient once, and what only shows another's elements not
/// at all.
final class Gauge {
  /// A probability whose p ln p is nothing.
  private static final double TINY = 1e-30;

  private static final double LN_TINY = -700;

  /// Powers of two that are far from both ends of single precision.
  private static final int EXPONENTS = 100;

  private static final int NOBODY = -1;
  private static final int SEVERAL = -2;

  private final Graph graph;
  private final ProbeRequest request;
  private final ProbeListener listener;
  private final boolean[] dependent;

  /// Value id → index of the only node that reads it, and once.
  private final int[] reader;

  /// What only multiplies a value with a number: the last one, by the value, and each by what it
  /// makes; null for none.
  private final Multiple[] multipleOf;

  private final Multiple[] multipleAt;

  /// By value: whether its gradient follows from that of the only node that reads it.
  private final boolean[] told;

  private final BitSet seen = new BitSet();
  private final BitSet seenGradient = new BitSet();

  /// By value; null for none.
  private final Reading[] readings;

  private final Statistics.Workspace work = new Statistics.Workspace();

  Gauge(Graph graph, ProbeRequest request, ProbeListener listener) {
    this.graph = graph;
    this.request = request;
    this.listener = listener;
    readings = new Reading[graph.values().size()];
    dependent = dependent(graph);
    reader = readers(graph);
    told = new boolean[reader.length];
    multipleOf = new Multiple[reader.length];
    multipleAt = new Multiple[reader.length];
    graph.nodes().forEach(this::note);
    noteTold();
  }

  /// Everything read so far, by value.
  Map<Integer, Reading> readings() {
    Map<Integer, Reading> all = HashMap.newHashMap(readings.length);
    for (int id = 0; id < readings.length; id++) {
      if (readings[id] != null) {
        all.put(id, readings[id]);
      }
    }
    return all;
  }

  /// What no gradient arrives at has none to give: the outputs do not depend on it, or it is a
  /// constant. Where an operator did not run, nothing is known of the gradient before it.
  ///
  /// @param blocked by value: whether such an operator is between it and an output
  void noGradientIsZero(boolean[] blocked) {
    for (int id = 0; id < readings.length; id++) {
      Reading r = readings[id];
      if (r != null && !seenGradient.get(id) && !blocked[id]) {
        readings[id] = Statistics.withoutGradient(r);
      }
    }
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
  private record Multiple(int node, int in, int out, double by, Multiple before) {}

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

  /// Takes the readings of the multiples of a value that has just been read.
  private void multiples(int id) {
    Reading r = readings[id];
    for (Multiple m = multipleOf[id]; m != null; m = m.before) {
      if (!listener.wants(m.out) && !seen.get(m.out) && plain(r.values(), m.by)) {
        seen.set(m.out);
        readings[m.out] = Statistics.scaled(work, r, m.by);
      }
    }
  }

  /// What only multiplies a value that nothing else reads; null for none.
  private Multiple onlyMultiple(int in) {
    return reader[in] < 0 ? null : multipleOf[in];
  }

  /// Takes the gradient of what a value is a multiple of, when nothing else reads that.
  ///
  /// @param g the value's gradient, read last
  private void multiple(int id, Tensor g) {
    Multiple m = multipleAt[id];
    if (m == null || m != onlyMultiple(m.in) || listener.wants(m.in) || readings[m.in] == null) {
      return;
    }
    Reading product = readings[id];
    if (plain(product.gradients(), m.by)) {
      seenGradient.set(m.in);
      readings[m.in] = Statistics.withScaledGradient(work, readings[m.in], product, m.by);
      return;
    }
    try (PointerScope _ = new PointerScope()) {
      read(m.in, torch.mul(g, Elementwise.c(m.by)));
    }
  }

  /// Whether no product leaves single precision.
  private static boolean plain(Reading.Range range, double by) {
    return range.largest() != Integer.MIN_VALUE
        && Math.abs(range.largest() + Math.getExponent(by)) < EXPONENTS;
  }

  // ---- values ----

  private boolean batched(int id) {
    Value v = graph.value(id);
    Shape s = v.shape().orElse(Shape.of());
    return dependent[id] && s.rank() > 0 && s.dim(0) == request.batch();
  }

  /// Reads a value, the first time it appears. Copies belong to the caller's scope.
  void value(int id, Tensor t) {
    if (seen.get(id)) {
      return;
    }
    Value v = graph.value(id);
    Shape shape = v.shape().orElseThrow(() -> new Call.NotRunnable("its shape is not known"));
    seen.set(id);
    Reading same = sameElements(v, shape);
    if (same != null && !listener.wants(id)) {
      readings[id] = same;
      return;
    }
    if (listener.wants(id)) {
      org.fanin.tensor.Tensor x = Bridge.floats(t, shape);
      readings[id] = reading(v, t, x);
      listener.forward(id, x);
      return;
    }
    org.fanin.tensor.Tensor x = Bridge.unordered(t, shape, batched(id) ? request.batch() : 1);
    Reading r = reading(v, t, x);
    // Which channels never act is a question of order.
    boolean again = r.activity().neverActive() > 0 && !t.is_contiguous();
    readings[id] = again ? reading(v, t, Bridge.floats(t, shape)) : r;
    multiples(id);
  }

  /// Reads a value that no node reads, as it is stored.
  void stored(int id, org.fanin.tensor.Tensor x) {
    if (!seen.get(id)) {
      seen.set(id);
      org.fanin.tensor.Tensor dense =
          x.contiguous() ? x : org.fanin.tensor.Tensor.ofDoubles(x.shape(), x.toDoubles());
      readings[id] = Statistics.forward(work, dense, batched(id), Share.NONE, Share.NONE);
      if (listener.wants(id)) {
        listener.forward(id, dense);
      }
    }
  }

  private Reading reading(Value v, Tensor t, org.fanin.tensor.Tensor x) {
    Op by = v.producer() < 0 ? null : graph.nodes().get(v.producer()).op();
    boolean rows = batched(v.id());
    Share saturated =
        by instanceof Op.Pointwise p ? Saturation.share(work, p.fn(), x, rows) : Share.NONE;
    Share entropy = by instanceof Op.Softmax s ? entropy(t, s, x.shape(), rows) : Share.NONE;
    return Statistics.forward(work, x, rows, saturated, entropy);
  }

  /// The reading of the value that this one only shows in another shape with the same samples.
  private Reading sameElements(Value v, Shape shape) {
    Node n = v.producer() < 0 ? null : graph.nodes().get(v.producer());
    if (n == null || !moves(n, v.id())) {
      return null;
    }
    Reading r = readings[n.input(0)];
    Shape from = graph.value(n.input(0)).shape().orElse(null);
    // Channels are another matter when some never act, entropy and saturation when there are some.
    boolean plain =
        r != null
            && !(r.activity().neverActive() > 0)
            && Double.isNaN(r.activity().entropy())
            && Double.isNaN(r.activity().saturated());
    return plain && from != null && from.count() == shape.count() ? r : null;
  }

  /// Whether output and first input hold the same elements, sample by sample.
  private boolean moves(Node n, int out) {
    int in = n.input(0);
    if (in < 0 || batched(in) != batched(out)) {
      return false;
    }
    return n.op() instanceof Op.Reshape
        || n.op() instanceof Op.Transpose t && (!batched(in) || t.perm().getFirst() == 0);
  }

  /// Mean entropy of the rows over that of the uniform law.
  private static Share entropy(Tensor t, Op.Softmax op, Shape shape, boolean rows) {
    long n = shape.dim(op.axis());
    if (n < 2 || shape.count() == 0) {
      return Share.NONE;
    }
    Tensor p = op.log() ? torch.exp(t) : t;
    // 0 ln 0 is 0, and torch's own entropy is four times as slow.
    Tensor ln =
        op.log()
            ? torch.clamp_min(t, Elementwise.c(LN_TINY))
            : torch.log(torch.clamp_min(p, Elementwise.c(TINY)));
    long samples = rows ? shape.dim(0) : 1;
    Tensor sums = torch.mul(p, ln).reshape(samples, -1).sum(1).contiguous();
    double[] each = Bridge.view(sums, Shape.of(samples)).toDoubles();
    double uniform = Math.log(n) * (shape.count() / (double) n / samples);
    return Share.of(Arrays.stream(each).map(h -> -h / uniform).toArray());
  }

  // ---- gradients ----

  /// Whether a value's gradient follows from that of another one, which is read earlier, and need
  /// not be had.
  boolean isTold(int id) {
    return told[id] && readings[id] != null;
  }

  /// What reads a value is looked at before what makes it.
  private void noteTold() {
    for (Node n : graph.nodes().reversed()) {
      for (int in : n.inputs()) {
        if (in >= 0 && reader[in] == n.index() && !listener.wants(in)) {
          Multiple m = onlyMultiple(in);
          told[in] = like(in) >= 0 || m != null && !told[m.out];
        }
      }
    }
  }

  /// Takes a gradient that is that of another value, if that arrived. Those of multiples are taken
  /// when the other is read.
  void tell(int id) {
    int like = like(id);
    if (like >= 0 && seenGradient.get(like) && !seenGradient.get(id)) {
      seenGradient.set(id);
      readings[id] = Statistics.withGradientOf(readings[id], readings[like]);
    }
  }

  /// Reads a gradient that is complete.
  void gradient(int id, Tensor g) {
    if (readings[id] == null || seenGradient.get(id)) {
      return;
    }
    if (isTold(id)) {
      tell(id);
    } else {
      read(id, g);
    }
  }

  private void read(int id, Tensor g) {
    seenGradient.set(id);
    Shape shape = graph.value(id).shape().orElseThrow();
    if (Bridge.isHere(g)) {
      gradient(id, g, Bridge.dense(g, shape));
    } else {
      try (PointerScope _ = new PointerScope()) {
        boolean inOrder = listener.wants(id);
        long samples = batched(id) ? request.batch() : 1;
        gradient(id, g, inOrder ? Bridge.floats(g, shape) : Bridge.unordered(g, shape, samples));
      }
    }
  }

  private void gradient(int id, Tensor g, org.fanin.tensor.Tensor x) {
    readings[id] = Statistics.withGradient(work, readings[id], x, batched(id));
    multiple(id, g);
    if (listener.wants(id)) {
      listener.gradient(id, x);
    }
  }

  /// Id of a value whose gradient has the same elements and is read earlier; −1 for none.
  private int like(int id) {
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
