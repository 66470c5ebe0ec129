package org.fanin.probe;

import java.util.Map;
import org.fanin.graph.Graph;

/// Something that runs a network forward and backward and measures every tensor. Implementations
/// are found by [java.util.ServiceLoader] (see [Engines]) and may be used by several threads.
public interface Engine {
  /// Name and version, for provenance: "libtorch 2.10.0 (CPU)".
  String name();

  /// Loads what a first measurement would load, so that it may happen while something else does.
  default void prepare() {}

  /// One forward and one backward pass with the cotangent at the graph's outputs. Gradients are
  /// summed over the batch, never averaged.
  ///
  /// @throws IllegalArgumentException when the request does not fit the graph (says what and where)
  /// @throws java.util.concurrent.CancellationException when the thread is interrupted; checked
  ///   between nodes
  Readings measure(Graph graph, ProbeRequest request, ProbeListener listener);

  /// The network's derivative at the request's input, to be multiplied with vectors many times. It
  /// keeps every activation until it is closed.
  ///
  /// @throws IllegalArgumentException as in [#measure], and when the graph has operators that this
  ///   engine cannot run
  Linearised linearise(Graph graph, ProbeRequest request);

  /// One forward pass that an adjuster watches and changes; nothing is kept for a way back.
  ///
  /// @param listener told of progress only
  /// @return why values could not be computed, by value id
  /// @throws IllegalArgumentException as in [#measure]
  /// @throws java.util.concurrent.CancellationException as in [#measure]
  /// @throws UnsupportedOperationException when this engine cannot be looked into while it runs
  default Map<Integer, String> forward(
      Graph graph, ProbeRequest request, Adjuster adjuster, ProbeListener listener) {
    throw new UnsupportedOperationException(name() + " cannot be adjusted while it runs");
  }
}
