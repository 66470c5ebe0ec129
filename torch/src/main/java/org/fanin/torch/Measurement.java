package org.fanin.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.probe.Arithmetic;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// One forward and one backward pass with statistics. A value is read the moment it is computed, a
/// gradient the moment it is complete; a value that nothing needs any more is freed at once, a
/// gradient at the end of its step.
final class Measurement implements AutoCloseable {
  /// Bytes of values on one tape, about: enough that calling autograd costs little beside what the
  /// nodes do, few enough to leave memory alone.
  private static final long RUN = 2 << 20;

  /// Where single tensors are larger, longer: what is needed only within a tape goes at its end.
  private static final long LONGEST_RUN = 64 << 20;

  /// Tapes that a large network has, at least.
  private static final long TAPES = 32;

  private final Graph graph;
  private final ProbeRequest request;
  private final ProbeListener listener;
  private final Runner runner;
  private final Gauge gauge;
  private final Unsaved unsaved;

  private final Arrivals gradients;

  /// Index of the first node that reads a value.
  private final int[] firstUse;

  private final Spans spans;
  private final long budget;
  private final long run;
  private boolean[] blocked;
  private long recomputed;
  private int done;

  Measurement(Graph graph, ProbeRequest request, ProbeListener listener) {
    this.graph = graph;
    this.request = request;
    this.listener = listener;
    runner = new Runner(graph, request);
    gradients = new Arrivals(graph, runner);
    gauge = new Gauge(graph, request, listener);
    unsaved = new Unsaved(graph);
    budget = request.maxMemoryBytes().orElse(Long.MAX_VALUE);
    // One node at least, whatever the budget.
    run = Math.max(1, Math.min(length(), budget / 8));
    spans = new Spans(graph, runner, run);
    firstUse = new int[graph.values().size()];
    for (Node n : graph.nodes().reversed()) {
      for (int in : n.inputs()) {
        if (in >= 0) {
          firstUse[in] = n.index();
        }
      }
    }
  }

  private long length() {
    long all = graph.nodes().stream().mapToLong(runner.account()::made).sum();
    return Math.clamp(all / TAPES, RUN, LONGEST_RUN);
  }

  Readings run(String engine) {
    long start = System.nanoTime();
    loadUnread();
    int n = graph.nodes().size();
    if (spans.taped(0, n) <= budget) {
      back(taped(0, n, gauge::value));
    } else {
      divided(0, n, new Snapshot(0, Map.of()), budget, gauge::value);
    }
    for (Value v : graph.values()) {
      if (gradients.of(v.id()) != null) {
        complete(v.id());
      }
    }
    gauge.noGradientIsZero(blocked);
    Map<Integer, Reading> readings = gauge.readings();
    return new Readings(
        engine,
        request.float64() ? Arithmetic.FLOAT64 : Arithmetic.FLOAT32,
        readings,
        parameters(readings),
        runner.unknown(),
        new Readings.Cost((System.nanoTime() - start) * 1e-9, runner.account().peak(), recomputed));
  }

  /// Sources that no node reads are measured too.
  private void loadUnread() {
    for (Value v : graph.values()) {
      boolean known = v.kind() == Value.Kind.INPUT || v.constant().isPresent();
      if (known && v.dtype().floating() && !runner.isRead(v.id())) {
        try {
          readUnread(v);
        } catch (Call.NotRunnable e) {
          runner.unknown().put(v.id(), e.getMessage());
        }
      }
    }
  }

  /// Without torch where it can be: exporters leave many constants of one element.
  private void readUnread(Value v) {
    if (v.kind() == Value.Kind.INPUT) {
      try (PointerScope _ = new PointerScope()) {
        gauge.value(v.id(), runner.feed().load(v));
      }
    } else {
      gauge.stored(v.id(), runner.feed().elements(v));
    }
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
    List<Step> steps = new ArrayList<>();
    try {
      for (int i = from; i < to; ) {
        i = taped(i, to, watch, steps);
      }
      if (to == graph.nodes().size()) {
        blocked = blocked();
      }
      return steps;
    } catch (RuntimeException | Error e) {
      steps.forEach(Step::close);
      throw e;
    }
  }

  /// Puts nodes from `from` on onto one tape; returns where it ends.
  private int taped(int from, int to, Runner.Watch watch, List<Step> steps) {
    try (Tape tape = runner.tape(from)) {
      long made = 0;
      int i = from;
      while (i < to && made < run) {
        Node n = graph.nodes().get(i++);
        made += runner.account().made(n);
        runner.forward(n, tape, watch);
        progress(done + 1);
      }
      int end = i;
      Step s = tape.end(id -> kept(id, end));
      if (s != null) {
        steps.add(s);
      }
      return i;
    }
  }

  /// What a tape that ends before a node has to keep of a value: not what nothing later reads, and
  /// no gradient from outside arrives at, when its own gradient follows from another one or
  /// autograd does not need its elements.
  private Tape.Keep kept(int id, int end) {
    if (runner.lastUse(id) >= end || gradients.isOutput(id)) {
      return Tape.Keep.ALL;
    }
    return gauge.isTold(id) ? Tape.Keep.NOTHING : unsaved.is(id) ? Tape.Keep.PLACE : Tape.Keep.ALL;
  }

  private void letGo(Step s) {
    s.close();
    for (int out : s.held()) {
      runner.account().drop(out);
    }
    for (int leaf : s.ids()) {
      runner.account().drop(leaf);
    }
  }

  private void progress(int now) {
    int total = 2 * graph.nodes().size();
    done = Math.min(now, total);
    listener.progress(done, total);
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
      }
    } finally {
      tape.forEach(this::letGo);
    }
  }

  private void back(Step s) {
    int k = s.leaves().length;
    Tensor[] cotangents = new Tensor[s.outs().length];
    boolean any = false;
    for (int i = 0; i < cotangents.length; i++) {
      gradients.seed(s.outIds()[i]);
      cotangents[i] = gradients.of(s.outIds()[i]);
      any |= cotangents[i] != null;
    }
    if (!any) {
      read(s);
      return;
    }
    boolean[] told = new boolean[s.outs().length];
    for (int i = 0; i < told.length; i++) {
      told[i] = gauge.isTold(s.outIds()[i]);
    }
    try (Gradients g = Runner.backward(s, cotangents, false, told)) {
      for (int i = 0; i < k; i++) {
        boolean ends = endsAt(s, s.ids()[i]);
        gradients.arrive(s.ids()[i], ends ? g.lent(i) : g.own(i), ends);
      }
      int next = k;
      for (int i = 0; i < told.length; i++) {
        // What came from outside is in the gradient already.
        gradients.forget(s.outIds()[i]);
        if (!told[i]) {
          gradients.arrive(s.outIds()[i], g.lent(next++), true);
        }
      }
      read(s);
    } finally {
      // Nothing lent is left when all went well.
      for (int id : s.outIds()) {
        gradients.leave(id);
      }
      for (int id : s.ids()) {
        if (endsAt(s, id)) {
          gradients.leave(id);
        }
      }
    }
  }

  /// Measures the gradients that a step completes.
  private void read(Step s) {
    for (int i = s.outs().length - 1; i >= 0; i--) {
      int id = s.outIds()[i];
      if (gradients.of(id) == null && !blocked[id] && gauge.isTold(id)) {
        gauge.tell(id);
      }
      read(id);
      Runner.check();
      progress(Math.max(done, 2 * graph.nodes().size() - graph.value(id).producer()));
    }
    for (int id : s.ids()) {
      if (endsAt(s, id)) {
        complete(id);
      }
    }
  }

  /// Whether the gradient of a leaf is complete with a step.
  private boolean endsAt(Step s, int leaf) {
    return source(graph.value(leaf)) && firstUse[leaf] >= s.first();
  }

  /// Whether no step makes it.
  private static boolean source(Value v) {
    return v.producer() < 0 || v.kind() == Value.Kind.PARAMETER && v.origin() == v.id();
  }

  /// Takes the gradient of a value that no step makes.
  private void complete(int id) {
    if (source(graph.value(id))) {
      gradients.seed(id);
    }
    read(id);
  }

  /// Measures a gradient that no later step will add to, and lets it go.
  private void read(int id) {
    Tensor g = gradients.of(id);
    if (g != null && !blocked[id]) {
      gauge.gradient(id, g);
    }
    gradients.forget(id);
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
        runner.forward(graph.nodes().get(i), null, watch);
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

  private List<ParameterReading> parameters(Map<Integer, Reading> readings) {
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
    gradients.close();
    runner.close();
  }
}
