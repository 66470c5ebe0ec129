package org.fanin.graph;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.fanin.tensor.Shape;

/// Extents for what a file leaves open.
///
/// @param batch extent of a dynamic first axis, and of every dimension that shares its symbol
/// @param inputShapes whole shapes by input name; they win over everything else and over the file's
///   own extents
/// @param extents extents by the symbol of a dimension (`sequence`), or by input and axis where it
///   has none (`x[2]`); they win over `batch`
public record Bindings(long batch, Map<String, Shape> inputShapes, Map<String, Long> extents) {
  /// Enough samples for a batch statistic, few enough to measure quickly.
  public static final long DEFAULT_BATCH = 16;

  public Bindings {
    if (batch < 1) {
      throw new IllegalArgumentException("batch " + batch + ", wanted at least 1");
    }
    inputShapes = Map.copyOf(inputShapes);
    extents = Collections.unmodifiableMap(new TreeMap<>(extents));
    extents.forEach(
        (name, n) -> {
          if (n < 1) {
            throw new IllegalArgumentException(name + " of " + n + ", wanted at least 1");
          }
        });
  }

  public Bindings(long batch, Map<String, Shape> inputShapes) {
    this(batch, inputShapes, Map.of());
  }

  public static Bindings defaults() {
    return new Bindings(DEFAULT_BATCH, Map.of());
  }

  public static Bindings ofBatch(long batch) {
    return new Bindings(batch, Map.of());
  }

  /// The same with other extents of open dimensions; those given before stay.
  Bindings with(Map<String, Long> more) {
    Map<String, Long> all = new TreeMap<>(more);
    all.putAll(extents);
    return new Bindings(batch, inputShapes, all);
  }
}
