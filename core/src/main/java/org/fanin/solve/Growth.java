package org.fanin.solve;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.fanin.predict.Forecast;

/// By how much all branches of a residual stream may make it grow: by as much as it began with, or
/// by what they did in the file where that is less and not next to nothing.
final class Growth {
  /// Branches that add less than this share of the stream are as good as closed, and are opened.
  private static final double LEAST = 1.0 / 64;

  private static final double MOST = 1;

  private final Streams streams;
  private final double[] lnM2;
  private final Map<Integer, Double> totals = new HashMap<>();

  Growth(Wiring wiring, Streams streams, Forecast before) {
    this.streams = streams;
    lnM2 = new double[wiring.graph.values().size()];
    java.util.Arrays.fill(lnM2, Double.NaN);
    for (Forecast.TensorForecast t : before.tensors()) {
      if (t.forward() instanceof Forecast.Forward.Known k) {
        lnM2[t.value()] = k.lnM2Typical();
      }
    }
    Map<Integer, Set<Streams.Branch>> byStart = new HashMap<>();
    for (Streams.Branch b : streams.branches()) {
      byStart.computeIfAbsent(streams.start(b.skip()), _ -> new HashSet<>()).add(b);
    }
    byStart.forEach((start, all) -> totals.put(start, total(all)));
  }

  /// @return second moment that all branches of this one's stream are to add, in units of the
  ///   stream's own at its start
  double of(Streams.Branch b) {
    return totals.getOrDefault(streams.start(b.skip()), MOST);
  }

  private double total(Set<Streams.Branch> stream) {
    Set<Integer> counted = new HashSet<>();
    double ln = 0;
    for (Streams.Branch b : stream) {
      if (counted.add(b.sum())) {
        ln += StrictMath.log1p(StrictMath.exp(lnM2[b.sum()] - lnM2[b.skip()]));
      }
    }
    boolean whole = stream.stream().allMatch(b -> b.branches() == counted.size());
    double grown = StrictMath.expm1(ln);
    return whole && grown >= LEAST && grown < MOST ? grown : MOST;
  }
}
