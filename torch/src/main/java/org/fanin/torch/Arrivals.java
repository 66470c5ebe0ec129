package org.fanin.torch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.fanin.graph.Graph;

/// The gradients that have arrived at values so far and are not complete, or not measured. Owns
/// them, but for those that the current step's [Gradients] lend.
final class Arrivals implements AutoCloseable {
  private final Runner runner;
  private final BitSet outputs = new BitSet();

  /// By value; null for none.
  private final Tensor[] arrived;

  private final BitSet lent = new BitSet();

  Arrivals(Graph graph, Runner runner) {
    this.runner = runner;
    arrived = new Tensor[graph.values().size()];
    graph.outputs().forEach(outputs::set);
  }

  /// Null for none.
  Tensor of(int id) {
    return arrived[id];
  }

  /// Whether a gradient arrives from outside the network.
  boolean isOutput(int id) {
    return outputs.get(id);
  }

  /// Adds what arrives at an output from outside the network.
  void seed(int id) {
    if (outputs.get(id)) {
      try (PointerScope _ = new PointerScope()) {
        Tensor c = runner.feed().cotangent(id);
        c.retainReference();
        arrive(id, c, false);
      }
    }
  }

  /// @param g null for nothing
  void arrive(int id, Tensor g, boolean isLent) {
    if (g == null) {
      return;
    }
    Tensor before = arrived[id];
    if (before == null) {
      arrived[id] = g;
      lent.set(id, isLent);
      runner.account().add(runner.account().bytes(id));
    } else {
      arrived[id] = Runner.sum(before, g);
      lent.clear(id);
    }
  }

  /// Lets go of one. What is lent is freed with the others of its step.
  void forget(int id) {
    Tensor g = arrived[id];
    arrived[id] = null;
    if (g != null) {
      if (!lent.get(id)) {
        Gradients.free(g);
      }
      runner.account().add(-runner.account().bytes(id));
    }
  }

  /// Leaves one to who lent it.
  void leave(int id) {
    arrived[id] = null;
  }

  @Override
  public void close() {
    Arrays.stream(arrived).filter(Objects::nonNull).forEach(Tensor::close);
    Arrays.fill(arrived, null);
  }
}
