package org.fanin.torch;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fanin.graph.Graph;
import org.fanin.probe.Adjuster;
import org.fanin.probe.Engine;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;

/// Measures on libtorch.
public final class TorchEngine implements Engine {
  /// As c10's allocator says it (alloc_cpu.cpp).
  private static final Pattern NO_MEMORY =
      Pattern.compile("can't allocate memory: you tried to allocate (\\d+) bytes");

  @Override
  public String name() {
    return "libtorch 2.10.0 (" + Place.name() + ")";
  }

  @Override
  public void prepare() {
    Natives.load();
  }

  @Override
  public Readings measure(Graph graph, ProbeRequest request, ProbeListener listener) {
    Natives.use(request.threads());
    try (Measurement m = new Measurement(graph, request, listener)) {
      return m.run(name());
    } catch (RuntimeException e) {
      Matcher wanted = NO_MEMORY.matcher(String.valueOf(e.getMessage()));
      if (wanted.find()) {
        OutOfMemoryError none =
            new OutOfMemoryError("libtorch could not get " + wanted.group(1) + " bytes");
        none.initCause(e);
        throw none;
      }
      throw e;
    }
  }

  @Override
  public Linearised linearise(Graph graph, ProbeRequest request) {
    Natives.use(request.threads());
    return new TorchLinear(graph, request);
  }

  @Override
  public Map<Integer, String> forward(
      Graph graph, ProbeRequest request, Adjuster adjuster, ProbeListener listener) {
    Natives.use(request.threads());
    try (Adjusting run = new Adjusting(graph, request, adjuster)) {
      return run.run(listener);
    }
  }
}
