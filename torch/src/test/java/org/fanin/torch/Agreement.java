package org.fanin.torch;

import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Value;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// Readings beside the truth.
///
/// @param worst largest relative difference of each quantity, floored as described at [#of]
/// @param at the tensor it is at
/// @param compared tensors with a reading
/// @param missing tensors of the truth without
record Agreement(Map<String, Double> worst, Map<String, String> at, int compared, int missing) {
  /// @param floor quantities below this share of the largest of their kind are rounding noise
  ///   around an exact 0 (a bias before a BatchNorm) and not compared
  static Agreement of(Sample s, Readings r, double floor) {
    Map<String, Reading> byName = new HashMap<>();
    for (Value v : s.graph().values()) {
      if (r.values().containsKey(v.id())) {
        byName.put(s.names().getOrDefault(v.name(), v.name()), r.values().get(v.id()));
      }
    }
    Map<String, Double> worst = new HashMap<>();
    Map<String, String> at = new HashMap<>();
    int compared = 0;
    int missing = 0;
    Map<String, Map<String, Double>> exact = s.truth().exact();
    for (var e : exact.entrySet()) {
      Reading x = byName.get(e.getKey());
      if (x == null) {
        missing++;
        if (System.getProperty("missing") != null) {
          System.err.println("missing " + e.getKey() + " " + e.getValue());
        }
        continue;
      }
      compared++;
      compare(worst, at, "m2", e.getKey(), x.m2(), e.getValue(), floor);
      compare(worst, at, "gm2", e.getKey(), x.gm2(), e.getValue(), floor);
      compare(worst, at, "zeros", e.getKey(), x.zeros(), e.getValue(), 1e-7);
      compare(worst, at, "cos", e.getKey(), x.cos(), e.getValue(), 1e-5);
    }
    return new Agreement(worst, at, compared, missing);
  }

  private static void compare(
      Map<String, Double> worst,
      Map<String, String> at,
      String what,
      String name,
      double found,
      Map<String, Double> truth,
      double floor) {
    Double want = truth.get(what);
    if (want == null || Math.abs(want) < floor && !(Math.abs(found) > 10 * floor)) {
      return;
    }
    double d = want == found ? 0 : Math.abs(found - want) / Math.abs(want);
    if (what.equals("cos")) {
      d = Math.abs(found - want);
    }
    if (Double.isNaN(found)) {
      d = Double.POSITIVE_INFINITY;
    }
    if (d > worst.getOrDefault(what, -1.0)) {
      worst.put(what, d);
      at.put(what, name);
    }
  }
}
