package org.fanin.probe;

import java.util.List;
import java.util.Map;

/// @param engine that measured
/// @param arithmetic it computed in
/// @param values readings by value id: every float value that could be computed
/// @param parameters in the graph's order; those that could not be measured are missing
/// @param unmeasured why a value has no reading, by value id
/// @param cost of the measurement
public record Readings(
    String engine,
    Arithmetic arithmetic,
    Map<Integer, Reading> values,
    List<ParameterReading> parameters,
    Map<Integer, String> unmeasured,
    Cost cost) {
  public Readings {
    values = Map.copyOf(values);
    parameters = List.copyOf(parameters);
    unmeasured = Map.copyOf(unmeasured);
  }

  /// @param seconds wall time
  /// @param peakBytes largest sum of the tensors that the engine held at once (its own count; the
  ///   temporaries inside an operator not included)
  /// @param recomputed nodes that ran forward a second time (or third …) to save memory
  public record Cost(double seconds, long peakBytes, long recomputed) {}
}
