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

  private final Graph graph;
  private final ProbeRequest request;
  private final ProbeListener listener;
  private final Kin kin;
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
    kin = new Kin(graph, request.batch(), listener::wants);
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

  // ---- multiples ----

  /// Takes the readings of the multiples of a value that has just been read.
  private void multiples(int id) {
    Reading r = readings[id];
    for (Kin.Multiple m = kin.multipleOf(id); m != null; m = m.before()) {
      if (!listener.wants(m.out()) && !seen.get(m.out()) && plain(r.values(), m.by())) {
        seen.set(m.out());
        readings[m.out()] = Statistics.scaled(work, r, m.by());
      }
    }
  }

  /// Takes the gradient of what a value is a multiple of, when nothing else reads that.
  ///
  /// @param g the value's gradient, read last
  private void multiple(int id, Tensor g) {
    Kin.Multiple m = kin.multipleAt(id);
    if (m == null
        || m != kin.onlyMultiple(m.in())
        || listener.wants(m.in())
        || readings[m.in()] == null) {
      return;
    }
    Reading product = readings[id];
    if (plain(product.gradients(), m.by())) {
      seenGradient.set(m.in());
      readings[m.in()] = Statistics.withScaledGradient(work, readings[m.in()], product, m.by());
      return;
    }
    try (PointerScope _ = new PointerScope()) {
      read(m.in(), torch.mul(g, Elementwise.c(m.by())));
    }
  }

  /// Whether no product leaves single precision.
  private static boolean plain(Reading.Range range, double by) {
    return range.largest() != Integer.MIN_VALUE
        && Math.abs(range.largest() + Math.getExponent(by)) < EXPONENTS;
  }

  // ---- values ----

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
    org.fanin.tensor.Tensor x = Bridge.unordered(t, shape, kin.batched(id) ? request.batch() : 1);
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
      readings[id] = Statistics.forward(work, dense, kin.batched(id), Share.NONE, Share.NONE);
      if (listener.wants(id)) {
        listener.forward(id, dense);
      }
    }
  }

  private Reading reading(Value v, Tensor t, org.fanin.tensor.Tensor x) {
    Op by = v.producer() < 0 ? null : graph.nodes().get(v.producer()).op();
    boolean rows = kin.batched(v.id());
    Share saturated =
        by instanceof Op.Pointwise p ? Saturation.share(work, p.fn(), x, rows) : Share.NONE;
    Share entropy = by instanceof Op.Softmax s ? entropy(t, s, x.shape(), rows) : Share.NONE;
    return Statistics.forward(work, x, rows, saturated, entropy);
  }

  /// The reading of the value that this one only shows in another shape with the same samples.
  private Reading sameElements(Value v, Shape shape) {
    Node n = v.producer() < 0 ? null : graph.nodes().get(v.producer());
    if (n == null || !kin.moves(n, v.id())) {
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
    return kin.told(id) && readings[id] != null;
  }

  /// Takes a gradient that is that of another value, if that arrived. Those of multiples are taken
  /// when the other is read.
  void tell(int id) {
    int like = kin.like(id);
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
        long samples = kin.batched(id) ? request.batch() : 1;
        gradient(id, g, inOrder ? Bridge.floats(g, shape) : Bridge.unordered(g, shape, samples));
      }
    }
  }

  private void gradient(int id, Tensor g, org.fanin.tensor.Tensor x) {
    readings[id] = Statistics.withGradient(work, readings[id], x, kin.batched(id));
    multiple(id, g);
    if (listener.wants(id)) {
      listener.gradient(id, x);
    }
  }
}
