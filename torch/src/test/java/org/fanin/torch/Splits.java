package org.fanin.torch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.probe.Adjuster;
import org.fanin.probe.Engine;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// How often the comparison of [Redrawn] is beyond 4 when both sides are draws of one law: many
/// draws of ours, two disjoint sets of which stand for ours and for the truth's.
///
/// @param compared moments in one split
/// @param beyond by split, how many of them are beyond 4
record Splits(int compared, int[] beyond) {
  /// Draws that stand for ours.
  static final int OURS = 64;

  static Splits of(Recorder r, Collection<Value> values, int theirs, int splits, long seed) {
    List<double[]> moments = new ArrayList<>();
    for (Value v : values) {
      add(moments, r.of(v.id(), Reading::lnM2));
      add(moments, r.of(v.id(), Reading::lnGm2));
    }
    int n = r.draws.size();
    if (n < OURS + theirs) {
      throw new IllegalArgumentException(n + " draws, wanted " + (OURS + theirs) + " or more");
    }
    int[] beyond = new int[splits];
    for (int s = 0; s < splits; s++) {
      int[] order = shuffled(seed + s, n, OURS + theirs);
      for (double[] x : moments) {
        double z = Redrawn.z(Part.of(x, order, 0, OURS), Part.of(x, order, OURS, theirs));
        beyond[s] += z <= 4 ? 0 : 1;
      }
    }
    return new Splits(moments.size(), beyond);
  }

  /// As shares of the largest; nothing that does not scatter.
  private static void add(List<double[]> moments, double[] ln) {
    double top = Double.NEGATIVE_INFINITY;
    for (double x : ln) {
      top = Math.max(top, x);
    }
    double least = 1;
    for (int i = 0; i < ln.length; i++) {
      ln[i] = Math.exp(ln[i] - top);
      least = Math.min(least, ln[i]);
    }
    if (least < 1 - Redrawn.STEADY) {
      moments.add(ln);
    }
  }

  /// The first so many of a permutation of 0 … n − 1.
  private static int[] shuffled(long seed, int n, int wanted) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] p = new int[n];
    for (int i = 0; i < n; i++) {
      p[i] = i;
    }
    for (int i = 0; i < wanted; i++) {
      int j = i + random.nextInt(n - i);
      int t = p[i];
      p[i] = p[j];
      p[j] = t;
    }
    return p;
  }

  double perSplit() {
    double sum = 0;
    for (int b : beyond) {
      sum += b;
    }
    return sum / beyond.length;
  }

  /// Share of splits with one or more.
  double any() {
    double sum = 0;
    for (int b : beyond) {
      sum += b > 0 ? 1 : 0;
    }
    return sum / beyond.length;
  }

  /// Mean and standard deviation of so many draws.
  record Part(double mean, double sd, int n) {
    static Part of(double[] x, int[] order, int from, int n) {
      double sum = 0;
      for (int i = from; i < from + n; i++) {
        sum += x[order[i]];
      }
      double squares = 0;
      for (int i = from; i < from + n; i++) {
        double d = x[order[i]] - sum / n;
        squares += d * d;
      }
      return new Part(sum / n, Math.sqrt(squares / (n - 1)), n);
    }
  }

  /// An engine that keeps what it measured, but for the first run, which is of the file's weights.
  static final class Recorder implements Engine {
    private final Engine engine;
    private final List<Map<Integer, Reading>> draws = new ArrayList<>();
    private boolean first = true;

    Recorder(Engine engine) {
      this.engine = engine;
    }

    double[] of(int id, ToDoubleFunction<Reading> what) {
      return draws.stream()
          .map(d -> d.get(id))
          .mapToDouble(x -> x == null ? Double.NEGATIVE_INFINITY : what.applyAsDouble(x))
          .toArray();
    }

    @Override
    public String name() {
      return engine.name();
    }

    @Override
    public Readings measure(Graph graph, ProbeRequest request, ProbeListener listener) {
      Readings r = engine.measure(graph, request, listener);
      if (!first) {
        draws.add(new HashMap<>(r.values()));
      }
      first = false;
      return r;
    }

    @Override
    public Map<Integer, String> forward(
        Graph graph, ProbeRequest request, Adjuster adjuster, ProbeListener listener) {
      return engine.forward(graph, request, adjuster, listener);
    }

    @Override
    public Linearised linearise(Graph graph, ProbeRequest request) {
      return engine.linearise(graph, request);
    }
  }
}
