package org.fanin.torch;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.probe.ProbeRequest;

/// Runs nodes forward and steps backward, and holds the tensors between them. Everything it holds
/// is closed by [#close].
final class Runner implements AutoCloseable {
  /// What a runner tells while it runs.
  interface Watch {
    /// A value has been computed or loaded. `t` is float and may be strided.
    void forward(int value, Tensor t);

    Watch NONE = (_, _) -> {};
  }

  private final Graph graph;
  private final ProbeRequest request;
  private final Feed feed;
  private final int[] lastUse;
  private final boolean[] read;
  private final Tensor[] values;

  /// What is on the open tape; empty when there is none.
  private final Tensor[] onTape;

  private final Map<Integer, String> unknown = new HashMap<>();
  private final Account account;

  Runner(Graph graph, ProbeRequest request) {
    this.graph = graph;
    this.request = request;
    feed = new Feed(graph, request);
    values = new Tensor[graph.values().size()];
    onTape = new Tensor[values.length];
    lastUse = new int[graph.values().size()];
    java.util.Arrays.fill(lastUse, -1);
    read = new boolean[lastUse.length];
    for (Node n : graph.nodes()) {
      for (int in : n.inputs()) {
        if (in >= 0) {
          lastUse[in] = n.index();
          read[in] |= !(n.op() instanceof Op.Folded) || isView(n);
        }
      }
    }
    account = new Account(graph, request.float64() ? 8 : 4);
  }

  /// Bytes of a float.
  int width() {
    return request.float64() ? 8 : 4;
  }

  Feed feed() {
    return feed;
  }

  Account account() {
    return account;
  }

  Map<Integer, String> unknown() {
    return unknown;
  }

  /// Whether a node that runs reads it.
  boolean isRead(int value) {
    return read[value];
  }

  int lastUse(int value) {
    return lastUse[value];
  }

  Tensor value(int id) {
    return values[id];
  }

  /// Whether a gradient is wanted for it.
  boolean differentiable(int id) {
    Value v = graph.value(id);
    return v.dtype().floating() && v.kind() != Value.Kind.CONSTANT;
  }

  // ---- forward ----

  /// A tape from a node on; close it before the next.
  Tape tape(int first) {
    return new Tape(account, onTape, first);
  }

  /// @param tape null for none
  void forward(Node n, Tape tape, Watch watch) {
    check();
    if (n.op() instanceof Op.Folded && !isView(n)) {
      return;
    }
    try (PointerScope _ = new PointerScope();
        AutoGradMode _ = tape == null ? new AutoGradMode(false) : null) {
      String because = missing(n, watch);
      if (because == null) {
        run(n, tape, watch);
      } else {
        unrunnable(n, because);
      }
    } catch (Call.NotRunnable e) {
      unrunnable(n, e.getMessage());
    } catch (CancellationException | IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          graph.source() + ", node " + n.name() + " (" + n.onnxOp() + "): libtorch: " + first(e),
          e);
    }
  }

  private static String first(RuntimeException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /// @throws CancellationException when the thread is interrupted
  static void check() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("interrupted while measuring");
    }
  }

  /// A node that shows a parameter in another shape, rather than one computed ahead.
  private boolean isView(Node n) {
    int out = n.outputs().isEmpty() ? -1 : n.outputs().getFirst();
    return out >= 0 && graph.value(out).origin() != out && n.input(0) >= 0;
  }

  private void unrunnable(Node n, String because) {
    for (int out : n.outputs()) {
      if (out >= 0) {
        unknown.put(out, because);
      }
    }
    release(n);
  }

  /// Loads what the node needs; the reason when it cannot be had.
  private String missing(Node n, Watch watch) {
    for (int in : n.inputs()) {
      if (in < 0 || values[in] != null) {
        continue;
      }
      String because = unknown.get(in);
      if (because != null) {
        return graph.value(in).name() + " is not measured: " + because;
      }
      values[in] = feed.load(graph.value(in));
      account.hold(in);
      values[in].retainReference();
      if (graph.value(in).dtype().floating()) {
        watch.forward(in, values[in]);
      }
    }
    return null;
  }

  private void run(Node n, Tape tape, Watch watch) {
    Tensor[] in = new Tensor[n.inputs().size()];
    for (int i = 0; i < in.length; i++) {
      int id = n.inputs().get(i);
      boolean plain = id < 0 || tape == null || !differentiable(id);
      in[i] =
          id < 0
              ? null
              : plain ? values[id] : tape.read(id, values[id], graph.value(id).producer() < 0);
    }
    Call call = new Call(graph, n, in, feed.real(), request.mode(), request.seed());
    List<Tensor> made = Operators.run(call);
    for (int i = 0; i < n.outputs().size(); i++) {
      int id = n.outputs().get(i);
      if (id >= 0 && i < made.size()) {
        keep(n, id, made.get(i), in, tape, watch);
      } else if (id >= 0) {
        unknown.put(id, "this output of " + n.onnxOp() + " is not computed");
      }
    }
    release(n);
  }

  private void keep(Node n, int id, Tensor made, Tensor[] in, Tape tape, Watch watch) {
    boolean real = graph.value(id).dtype().floating();
    boolean own =
        !real
            || n.op() instanceof Op.Contract
            || n.op() instanceof Op.Pointwise
            || n.op() instanceof Op.Arithmetic && in.length > 1;
    Tensor y = tape != null && !own && Tape.isInput(made, in) ? made.alias() : made;
    values[id] = y;
    y.retainReference();
    account.hold(id);
    if (real) {
      watch.forward(id, y);
    }
    if (real && tape != null) {
      tape.made(id, y);
    }
  }

  /// Lets go of what no later node reads.
  private void release(Node n) {
    for (int in : n.inputs()) {
      if (in >= 0 && lastUse[in] <= n.index()) {
        drop(in);
      }
    }
    for (int out : n.outputs()) {
      if (out >= 0 && lastUse[out] < 0) {
        drop(out);
      }
    }
  }

  void drop(int id) {
    if (values[id] != null) {
      values[id].close();
      values[id] = null;
      account.drop(id);
    }
  }

  /// Multiplies a value that is held; views of it keep their elements.
  void scale(int id, double factor) {
    if (values[id] != null) {
      Tensor scaled = torch.mul(values[id], Elementwise.c(factor));
      scaled.retainReference();
      values[id].close();
      values[id] = scaled;
    }
  }

  /// Hands a value over to the caller, who owns the new handle.
  Tensor share(int id) {
    try (PointerScope _ = new PointerScope()) {
      Tensor t = values[id].detach();
      t.retainReference();
      return t;
    }
  }

  /// Takes back what [#share] gave, as a copy of the handle.
  void restore(int id, Tensor t) {
    drop(id);
    try (PointerScope _ = new PointerScope()) {
      values[id] = t.detach();
      values[id].retainReference();
      account.hold(id);
    }
  }

  void dropAll() {
    for (int i = 0; i < values.length; i++) {
      drop(i);
    }
  }

  // ---- backward ----

  /// Gradients of a step's leaves, and of what it makes.
  ///
  /// @param cotangents what arrives at its outs from outside, null for nothing; at least one is
  ///   given
  /// @param without outs whose gradient is not asked
  static Gradients backward(Step s, Tensor[] cotangents, boolean keep, boolean[] without) {
    check();
    try (PointerScope _ = new PointerScope()) {
      TensorVector outs = new TensorVector();
      TensorVector along = new TensorVector();
      TensorVector of = new TensorVector(s.leaves());
      for (int i = 0; i < cotangents.length; i++) {
        if (cotangents[i] != null) {
          outs.push_back(s.outs()[i]);
          along.push_back(cotangents[i]);
        }
        if (!without[i]) {
          of.push_back(s.outs()[i]);
        }
      }
      return new Gradients(torch.grad(outs, of, along, new BoolOptional(keep), false, true));
    }
  }

  /// a + b, letting go of both.
  static Tensor sum(Tensor a, Tensor b) {
    try (PointerScope _ = new PointerScope();
        AutoGradMode _ = new AutoGradMode(false)) {
      Tensor c = torch.add(a, b);
      c.retainReference();
      Gradients.free(a);
      Gradients.free(b);
      return c;
    }
  }

  @Override
  public void close() {
    dropAll();
  }
}
