package org.fanin.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.probe.Saturation;
import org.fanin.probe.Share;
import org.fanin.probe.Statistics;
import org.fanin.tensor.Shape;

/// One forward and one backward pass with statistics. A value is read the moment it is computed, a
/// gradient the moment it is complete; what nothing needs any more is freed at once.
final class Measurement implements AutoCloseable {
  private final Graph graph;
  private final ProbeRequest request;
  private final ProbeListener listener;
  private final Runner runner;
  private final boolean[] dependent;
  private final Map<Integer, Reading> readings = new HashMap<>();
  private final Map<Integer, Tensor> gradients = new HashMap<>();

  /// Value id → id of a value whose gradient has the same elements.
  private final Map<Integer, Integer> like = new HashMap<>();

  /// Steps still to come on the way back that read a value.
  private final int[] pending;

  private final boolean[] counted;
  private final Statistics.Workspace work = new Statistics.Workspace();
  private final Spans spans;
  private boolean[] blocked;
  private long recomputed;
  private int done;

  Measurement(Graph graph, ProbeRequest request, ProbeListener listener) {
    this.graph = graph;
    this.request = request;
    this.listener = listener;
    runner = new Runner(graph, request);
    dependent = dependent(graph);
    pending = new int[graph.values().size()];
    counted = new boolean[graph.nodes().size()];
    spans = new Spans(graph, runner);
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

  Readings run(String engine) {
    long start = System.nanoTime();
    loadUnread();
    long budget = request.maxMemoryBytes().orElse(Long.MAX_VALUE);
    int n = graph.nodes().size();
    if (spans.taped(0, n) <= budget) {
      back(taped(0, n, this::observe));
    } else {
      divided(0, n, new Snapshot(0, Map.of()), budget, this::observe);
    }
    noGradientIsZero();
    return new Readings(
        engine,
        readings,
        parameters(),
        runner.unknown(),
        new Readings.Cost((System.nanoTime() - start) * 1e-9, runner.account().peak(), recomputed));
  }

  /// Sources that no node reads are measured too.
  private void loadUnread() {
    for (Value v : graph.values()) {
      boolean known = v.kind() == Value.Kind.INPUT || v.constant().isPresent();
      if (known && v.dtype().floating() && !runner.isRead(v.id())) {
        try (PointerScope _ = new PointerScope()) {
          observe(v.id(), runner.feed().load(v));
        } catch (Call.NotRunnable e) {
          runner.unknown().put(v.id(), e.getMessage());
        }
      }
    }
  }

  /// What no gradient arrives at has none to give: the outputs do not depend on it, or it is a
  /// constant. Where an operator did not run, nothing is known of the gradient before it.
  private void noGradientIsZero() {
    readings.replaceAll(
        (id, r) -> r.hasGradient() || blocked[id] ? r : Statistics.withoutGradient(r));
  }

  /// Values with a path to an output through a node that did not run.
  private boolean[] blocked() {
    boolean[] reaches = new boolean[graph.values().size()];
    boolean[] b = new boolean[reaches.length];
    graph.outputs().forEach(o -> reaches[o] = true);
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node n = graph.nodes().get(i);
      boolean through = false;
      boolean stops = false;
      for (int out : n.outputs()) {
        through |= out >= 0 && reaches[out];
        stops |= out >= 0 && reaches[out] && (b[out] || runner.unknown().containsKey(out));
      }
      for (int in : n.inputs()) {
        if (in >= 0) {
          reaches[in] |= through;
          b[in] |= stops;
        }
      }
    }
    return b;
  }

  // ---- forward ----

  private List<Step> taped(int from, int to, Runner.Watch watch) {
    List<Step> tape = new ArrayList<>();
    try {
      for (int i = from; i < to; i++) {
        Step s = runner.forward(graph.nodes().get(i), true, watch);
        if (s != null) {
          tape.add(s);
          hold(s);
        }
        progress();
      }
      if (to == graph.nodes().size()) {
        blocked = blocked();
      }
      return tape;
    } catch (RuntimeException | Error e) {
      tape.forEach(Step::close);
      throw e;
    }
  }

  private void hold(Step s) {
    for (int out : s.node().outputs()) {
      if (out >= 0) {
        runner.account().hold(out);
      }
    }
    for (int id : s.ids()) {
      runner.account().hold(id);
      // A node runs again when memory is short; it is read once on the way back all the same.
      if (!counted[s.node().index()]) {
        pending[id]++;
      }
    }
    counted[s.node().index()] = true;
  }

  private void letGo(Step s) {
    s.close();
    for (int out : s.node().outputs()) {
      if (out >= 0) {
        runner.account().drop(out);
      }
    }
    for (int id : s.ids()) {
      runner.account().drop(id);
    }
  }

  private void progress() {
    listener.progress(Math.min(++done, 2 * graph.nodes().size()), 2 * graph.nodes().size());
  }

  private boolean batched(int id) {
    Value v = graph.value(id);
    Shape s = v.shape().orElse(Shape.of());
    return dependent[id] && s.rank() > 0 && s.dim(0) == request.batch();
  }

  private void observe(int id, Tensor t) {
    if (readings.containsKey(id)) {
      return;
    }
    Value v = graph.value(id);
    Shape shape = v.shape().orElseThrow(() -> new Call.NotRunnable("its shape is not known"));
    Reading same = sameElements(v, shape);
    if (same != null && !listener.wants(id)) {
      readings.put(id, same);
      return;
    }
    try (PointerScope _ = new PointerScope()) {
      org.fanin.tensor.Tensor x = Bridge.view(t.contiguous(), shape);
      Op by = v.producer() < 0 ? null : graph.nodes().get(v.producer()).op();
      boolean rows = batched(id);
      Share saturated =
          by instanceof Op.Pointwise p ? Saturation.share(p.fn(), x, rows) : Share.NONE;
      Share entropy = by instanceof Op.Softmax s ? entropy(t, s, shape, rows) : Share.NONE;
      readings.put(id, Statistics.forward(work, x, batched(id), saturated, entropy));
      if (listener.wants(id)) {
        listener.forward(id, x);
      }
    }
  }

  /// The reading of the value that this one only shows in another shape with the same samples.
  private Reading sameElements(Value v, Shape shape) {
    Node n = v.producer() < 0 ? null : graph.nodes().get(v.producer());
    if (n == null || !moves(n, v.id())) {
      return null;
    }
    Reading r = readings.get(n.input(0));
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

  /// Whether the gradient of a step's input is that of its output, but for sign and order.
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

  /// Mean entropy of the rows over that of the uniform law.
  private static Share entropy(Tensor t, Op.Softmax op, Shape shape, boolean rows) {
    long n = shape.dim(op.axis());
    if (n < 2 || shape.count() == 0) {
      return Share.NONE;
    }
    Tensor p = op.log() ? torch.exp(t) : t;
    long samples = rows ? shape.dim(0) : 1;
    Tensor sums = torch.special_entr(p).reshape(samples, -1).sum(1).contiguous();
    double[] each = Bridge.view(sums, Shape.of(samples)).toDoubles();
    double uniform = Math.log(n) * (shape.count() / (double) n / samples);
    return Share.of(Arrays.stream(each).map(h -> h / uniform).toArray());
  }

  // ---- backward ----

  /// Runs a tape backwards and closes it.
  private void back(List<Step> tape) {
    try {
      while (!tape.isEmpty()) {
        Step s = tape.removeLast();
        try {
          back(s);
        } finally {
          letGo(s);
        }
        progress();
      }
    } finally {
      tape.forEach(this::letGo);
    }
  }

  private void back(Step s) {
    int k = s.outs().length;
    Tensor[] cotangents = new Tensor[k];
    boolean any = false;
    for (int i = 0; i < k; i++) {
      int id = s.node().outputs().get(i);
      if (id >= 0 && s.outs()[i] != null) {
        cotangents[i] = complete(id);
        any |= cotangents[i] != null;
      }
    }
    if (any) {
      Tensor[] g = Runner.backward(s, cotangents, false);
      for (int i = 0; i < g.length; i++) {
        if (g[i] != null) {
          int id = s.ids()[i];
          boolean first = !gradients.containsKey(id);
          arrive(id, g[i]);
          if (first && passesOn(s.node(), id)) {
            like.put(id, s.node().outputs().getFirst());
          }
        }
      }
    }
    for (int out : s.node().outputs()) {
      if (out >= 0) {
        forget(out);
      }
    }
    for (int id : s.ids()) {
      boolean source =
          graph.value(id).producer() < 0
              || graph.value(id).kind() == Value.Kind.PARAMETER && graph.value(id).origin() == id;
      if (--pending[id] == 0 && source) {
        complete(id);
        forget(id);
      }
    }
  }

  private void arrive(int id, Tensor g) {
    Tensor before = gradients.get(id);
    if (before == null) {
      gradients.put(id, g);
      runner.account().add(runner.account().bytes(id));
    } else {
      gradients.put(id, Runner.sum(before, g));
      like.remove(id);
    }
  }

  private void forget(int id) {
    Tensor g = gradients.remove(id);
    if (g != null) {
      g.close();
      runner.account().add(-runner.account().bytes(id));
    }
  }

  /// The gradient of a value that no later step will add to, measured; null when none arrived.
  private Tensor complete(int id) {
    if (graph.outputs().contains(id)) {
      try (PointerScope _ = new PointerScope()) {
        Tensor c = runner.feed().cotangent(id);
        c.retainReference();
        arrive(id, c);
      }
    }
    Tensor g = gradients.get(id);
    if (g == null) {
      return null;
    }
    if (blocked[id]) {
      return g;
    }
    Reading other = readings.get(like.getOrDefault(id, -1));
    if (other != null && !listener.wants(id)) {
      readings.computeIfPresent(id, (_, r) -> Statistics.withGradientOf(r, other));
      return g;
    }
    try (PointerScope _ = new PointerScope()) {
      Shape shape = graph.value(id).shape().orElseThrow();
      org.fanin.tensor.Tensor view = Bridge.view(g.contiguous(), shape);
      readings.computeIfPresent(id, (_, r) -> Statistics.withGradient(work, r, view, batched(id)));
      if (listener.wants(id)) {
        listener.gradient(id, view);
      }
    }
    return g;
  }

  // ---- with less memory ----

  /// The values that later nodes read, at one place of the order. Owns its handles.
  private record Snapshot(int at, Map<Integer, Tensor> live) {
    void close() {
      live.values().forEach(Tensor::close);
    }
  }

  private Snapshot snapshot(int at) {
    Map<Integer, Tensor> live = new HashMap<>();
    for (int id : spans.live(at)) {
      if (runner.value(id) != null) {
        live.put(id, runner.share(id));
        runner.account().hold(id);
      }
    }
    return new Snapshot(at, live);
  }

  private void close(Snapshot s) {
    s.close();
    s.live().keySet().forEach(runner.account()::drop);
  }

  private void resume(Snapshot s) {
    runner.dropAll();
    s.live().forEach(runner::restore);
  }

  /// Forward and backward over [from, to) within `budget` bytes, as far as that can be: runs
  /// forward keeping only what crosses some cuts, then takes the pieces from the last to the first.
  private void divided(int from, int to, Snapshot start, long budget, Runner.Watch watch) {
    resume(start);
    if (to - from <= 1 || spans.taped(from, to) <= budget) {
      back(taped(from, to, watch));
      return;
    }
    List<Integer> cuts = spans.cuts(from, to, budget);
    List<Snapshot> kept = new ArrayList<>(List.of(start));
    try {
      int last = cuts.getLast();
      int next = 0;
      for (int i = from; i < last; i++) {
        runner.forward(graph.nodes().get(i), false, watch);
        recomputed++;
        if (i + 1 == cuts.get(next)) {
          kept.add(snapshot(i + 1));
          next++;
        }
      }
      long held = 0;
      for (int i = 1; i < kept.size(); i++) {
        held += spans.crossing(kept.get(i).at());
      }
      int end = to;
      while (kept.size() > 1) {
        Snapshot s = kept.getLast();
        // Only the last piece is seen for the first time.
        divided(s.at(), end, s, budget - held, end == to ? watch : Runner.Watch.NONE);
        end = s.at();
        held -= spans.crossing(s.at());
        close(kept.removeLast());
      }
      divided(from, end, start, budget, Runner.Watch.NONE);
    } finally {
      kept.stream().skip(1).forEach(this::close);
    }
  }

  // ---- results ----

  private List<ParameterReading> parameters() {
    List<ParameterReading> all = new ArrayList<>();
    for (int i = 0; i < graph.parameters().size(); i++) {
      Parameter p = graph.parameters().get(i);
      Reading r = readings.get(p.value());
      if (r != null) {
        all.add(new ParameterReading(i, p.name(), r));
      }
    }
    return all;
  }

  @Override
  public void close() {
    gradients.values().forEach(Tensor::close);
    gradients.clear();
    runner.close();
  }
}
