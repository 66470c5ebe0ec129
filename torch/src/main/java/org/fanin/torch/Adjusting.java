package org.fanin.torch;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.probe.Adjuster;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Shape;

/// A forward pass without tape in which values may be multiplied as they appear.
final class Adjusting implements AutoCloseable {
  private final Graph graph;
  private final Adjuster adjuster;
  private final Runner runner;

  Adjusting(Graph graph, ProbeRequest request, Adjuster adjuster) {
    this.graph = graph;
    this.adjuster = adjuster;
    runner = new Runner(graph, request);
  }

  Map<Integer, String> run(ProbeListener listener) {
    int done = 0;
    for (Node n : graph.nodes()) {
      runner.forward(n, null, this::seen);
      listener.progress(++done, graph.nodes().size());
    }
    return Map.copyOf(runner.unknown());
  }

  private void seen(int id, Tensor t) {
    if (!adjuster.wants(id)) {
      return;
    }
    Shape shape = graph.value(id).shape().orElseThrow(() -> new Call.NotRunnable("no shape"));
    try (PointerScope _ = new PointerScope()) {
      adjuster.adjust(id, Bridge.view(t.contiguous(), shape)).forEach(runner::scale);
    }
  }

  @Override
  public void close() {
    runner.close();
  }
}
