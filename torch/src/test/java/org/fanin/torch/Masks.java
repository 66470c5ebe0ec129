package org.fanin.torch;

import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Value;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// A file with active Dropout beside its truth, which is the mean over 8 masks: our own mean over
/// more masks, with the standard error of the difference from our own scatter.
///
/// @param compared pairs of means of m2 and gm2 that masks scatter
/// @param largest |z| of them
/// @param beyond how many are beyond 4
/// @param steady largest relative difference of m2 and gm2 that no mask changes
/// @param at where the largest |z| is
record Masks(int compared, double largest, int beyond, double steady, String at) {
  static final int THEIRS = 8;

  /// Scatter below this share of the value is the truth's rounding.
  private static final double STEADY = 1e-6;

  private record Sums(double[] sum, double[] squares) {
    static Sums none() {
      return new Sums(new double[2], new double[2]);
    }

    void add(int what, double x) {
      sum[what] += x;
      squares[what] += x * x;
    }
  }

  static Masks of(Sample s, Engine engine, int ours, int threads) {
    Map<Integer, Sums> sums = new HashMap<>();
    Readings last = null;
    for (int k = 0; k < ours; k++) {
      var request = s.request().withSeed(100 + k).withThreads(threads);
      last = engine.measure(s.graph(), request, ProbeListener.none());
      last.values().forEach((id, r) -> add(sums.computeIfAbsent(id, _ -> Sums.none()), r));
    }
    return compared(s, sums, ours, new Noise(s.graph(), last));
  }

  private static void add(Sums s, Reading r) {
    s.add(0, r.m2());
    s.add(1, r.gm2());
  }

  private static Masks compared(Sample s, Map<Integer, Sums> sums, int ours, Noise floor) {
    Map<String, Value> byName = s.byTruth();
    int compared = 0;
    int beyond = 0;
    double largest = 0;
    double steady = 0;
    String at = "";
    for (var e : s.truth().exact().entrySet()) {
      Value v = byName.get(e.getKey());
      Sums x = v == null ? null : sums.get(v.id());
      for (int what = 0; x != null && what < 2; what++) {
        Double want = e.getValue().get(what == 0 ? "m2" : "gm2");
        double mean = x.sum()[what] / ours;
        double full = what == 0 || v == null ? 0 : floor.gradient(v).orElse(0);
        if (want == null || want == 0 && mean == 0 || want < Noise.FLOAT64 * full) {
          continue;
        }
        double sd = Math.sqrt(Math.max(0, x.squares()[what] / ours - mean * mean));
        if (sd <= STEADY * mean) {
          steady = Math.max(steady, Math.abs(want / mean - 1));
          continue;
        }
        double z = Math.abs(want - mean) / (sd * Math.sqrt(1.0 / ours + 1.0 / THEIRS));
        compared++;
        beyond += z > 4 ? 1 : 0;
        if (z > largest) {
          largest = z;
          at = e.getKey() + (what == 0 ? " m2" : " gm2");
        }
      }
    }
    return new Masks(compared, largest, beyond, steady, at);
  }
}
