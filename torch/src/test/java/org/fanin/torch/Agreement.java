package org.fanin.torch;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.fanin.graph.Value;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// Readings beside the truth.
///
/// @param worst largest difference of each quantity: relative of m2 and gm2, absolute of cos and
///   zeros
/// @param at the tensor it is at
/// @param tensors of the truth with a reading, parameters included
/// @param parameters of them
/// @param missing tensors of the truth without
/// @param noise moments that were not compared: [Noise]
/// @param under moments that were not compared: out of single precision's range
record Agreement(
    Map<String, Double> worst,
    Map<String, String> at,
    int tensors,
    int parameters,
    int missing,
    int noise,
    int under) {
  /// Squares of elements around the smallest normal float.
  static final double UNDER32 = 1e-70;

  /// Counts and compares.
  private static final class Counter {
    final boolean float64;
    final Map<String, Double> worst = new HashMap<>();
    final Map<String, String> at = new HashMap<>();
    int tensors;
    int parameters;
    int missing;
    int noise;
    int under;

    Counter(boolean float64) {
      this.float64 = float64;
    }

    void compare(Value v, String name, Reading x, Map<String, Double> truth, Noise floor) {
      tensors++;
      parameters += v.kind() == Value.Kind.PARAMETER ? 1 : 0;
      moment("m2", name, x.m2(), truth, floor.signal(v));
      moment("gm2", name, x.gm2(), truth, floor.gradient(v));
      absolute("zeros", name, x.zeros(), truth);
      absolute("cos", name, x.cos(), truth);
    }

    void moment(
        String what, String name, double found, Map<String, Double> truth, OptionalDouble full) {
      double want = truth.getOrDefault(what, Double.NaN);
      double share = float64 ? Noise.FLOAT64 : Noise.FLOAT32;
      if (full.isPresent() && want != 0 && want < share * full.getAsDouble()) {
        noise++;
      } else if (!float64 && want != 0 && want < UNDER32) {
        under++;
      } else {
        relative(what, name, found, truth);
      }
    }

    void relative(String what, String name, double found, Map<String, Double> truth) {
      Double want = truth.get(what);
      if (want != null) {
        worse(what, name, want == found ? 0 : Math.abs(found - want) / Math.abs(want));
      }
    }

    void absolute(String what, String name, double found, Map<String, Double> truth) {
      Double want = truth.get(what);
      if (want != null) {
        worse(what, name, Math.abs(found - want));
      }
    }

    void worse(String what, String name, double d) {
      double known = Double.isNaN(d) ? Double.POSITIVE_INFINITY : d;
      if (known > worst.getOrDefault(what, -1.0)) {
        worst.put(what, known);
        at.put(what, name);
      }
    }
  }

  static Agreement of(Sample s, Readings r, boolean float64) {
    Map<String, Value> byName = s.byTruth();
    Map<String, Map<String, Double>> exact = s.truth().exact();
    Counter c = new Counter(float64);
    Noise floor = new Noise(s.graph(), r);
    for (var e : exact.entrySet()) {
      Value v = byName.get(e.getKey());
      Reading x = v == null ? null : r.values().get(v.id());
      if (x == null) {
        c.missing++;
        continue;
      }
      c.compare(v, e.getKey(), x, e.getValue(), floor);
    }
    return new Agreement(c.worst, c.at, c.tensors, c.parameters, c.missing, c.noise, c.under);
  }

  double of(String what) {
    return worst.getOrDefault(what, Double.NaN);
  }
}
