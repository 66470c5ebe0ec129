package org.fanin.torch;

import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.probe.Adjuster;
import org.fanin.probe.Engine;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;

/// An engine on one processor thread: on a busy machine the threads of several wait by spinning.
record OneThread(Engine engine) implements Engine {
  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public Readings measure(Graph graph, ProbeRequest request, ProbeListener listener) {
    return engine.measure(graph, request.withThreads(1), listener);
  }

  @Override
  public Map<Integer, String> forward(
      Graph graph, ProbeRequest request, Adjuster adjuster, ProbeListener listener) {
    return engine.forward(graph, request.withThreads(1), adjuster, listener);
  }

  @Override
  public Linearised linearise(Graph graph, ProbeRequest request) {
    return engine.linearise(graph, request.withThreads(1));
  }
}
