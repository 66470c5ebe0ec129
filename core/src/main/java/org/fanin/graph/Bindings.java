package org.fanin.graph;

import java.util.Map;
import org.fanin.tensor.Shape;

/// Extents for what a file leaves open.
///
/// @param batch extent of a dynamic first axis, and of every dimension that shares its symbol
/// @param inputShapes whole shapes by input name; they win over `batch` and over the file's own
///   extents
public record Bindings(long batch, Map<String, Shape> inputShapes) {
  /// Enough samples for a batch statistic, few enough to measure quickly.
  public static final long DEFAULT_BATCH = 16;

  public Bindings {
    if (batch < 1) {
      throw new IllegalArgumentException("batch " + batch + ", wanted at least 1");
    }
    inputShapes = Map.copyOf(inputShapes);
  }

  public static Bindings defaults() {
    return new Bindings(DEFAULT_BATCH, Map.of());
  }

  public static Bindings ofBatch(long batch) {
    return new Bindings(batch, Map.of());
  }
}
