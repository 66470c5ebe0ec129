package org.fanin.compare;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.tensor.Tensor;

/// Steps of gradient descent, w ← w − η·g, each on inputs and a cotangent of its own: the loss of a
/// step is Σ cotangent·output, so g is 0 where no output depends on w and nowhere else. η is a
/// tensor's own: a step moves it by [#MOVE] of its root mean square, of [#LEAST] where that is
/// larger, so that a tensor of zeros moves too and large gradients do no harm.
///
/// A gradient that is the rounding of sums which cancel (a bias in front of a normalisation) counts
/// as 0: see [#isNoise].
final class Descent {
  private static final double MOVE = 0.02;
  private static final double LEAST = 0.1;

  /// Of the sum of squares that a gradient was made of. Doubles round at 1e-32 of it and sums of a
  /// million terms at 1e-26.
  private static final double ROUNDING = 1e-25;

  private final Graph graph;
  private final Map<Integer, double[]> weights = new HashMap<>();
  private final Map<Integer, Integer> first = new HashMap<>();
  private final Set<Integer> asked = new HashSet<>();
  private final Map<Integer, Integer> byValue = new HashMap<>();

  private Descent(Graph graph) {
    this.graph = graph;
    for (int i = 0; i < graph.parameters().size(); i++) {
      Parameter p = graph.parameters().get(i);
      if (p.isTrained()) {
        byValue.put(p.value(), i);
      }
    }
  }

  /// @param request of the first step, with weights that are not the file's where some are assumed
  /// @param listener of the progress of step k of 1 … steps
  static FirstSteps take(
      Graph graph,
      ProbeRequest request,
      Engine engine,
      int steps,
      IntFunction<ProbeListener> listener) {
    Descent d = new Descent(graph);
    for (int k = 1; k <= steps; k++) {
      Map<Integer, Supplier<Tensor>> now = new HashMap<>(request.weights());
      d.weights.forEach(
          (i, w) ->
              now.put(i, () -> Tensor.ofDoubles(graph.parameters().get(i).data().shape(), w)));
      Map<Integer, double[]> gradients = new HashMap<>();
      Readings r =
          engine.measure(
              graph,
              request.withWeights(now).withSeed(request.seed() + k - 1),
              d.collecting(gradients, listener.apply(k)));
      d.step(k, r, gradients, now);
    }
    return new FirstSteps(steps, d.asked, d.first);
  }

  private ProbeListener collecting(Map<Integer, double[]> gradients, ProbeListener progress) {
    return new ProbeListener() {
      @Override
      public void progress(int done, int total) {
        progress.progress(done, total);
      }

      @Override
      public boolean wants(int value) {
        return byValue.containsKey(value);
      }

      @Override
      public void gradient(int value, Tensor elements) {
        gradients.put(byValue.get(value), elements.toDoubles());
      }
    };
  }

  private void step(
      int k,
      Readings readings,
      Map<Integer, double[]> gradients,
      Map<Integer, Supplier<Tensor>> now) {
    boolean[] noise = noise(readings.values());
    byValue.forEach(
        (value, i) -> {
          Reading r = readings.values().get(value);
          if (r != null && r.hasGradient()) {
            asked.add(i);
            double[] g = gradients.get(i);
            if (r.gm2() > 0 && !noise[value] && g != null) {
              first.putIfAbsent(i, k);
              move(i, g, now);
            }
          }
        });
  }

  private void move(int i, double[] g, Map<Integer, Supplier<Tensor>> now) {
    double[] w =
        now.containsKey(i)
            ? now.get(i).get().toDoubles()
            : graph.parameters().get(i).data().toDoubles();
    double by = MOVE * Math.max(LEAST, rootMeanSquare(w)) / rootMeanSquare(g);
    if (g.length != w.length || !Double.isFinite(by)) {
      return; // gradients beyond what doubles hold
    }
    for (int j = 0; j < w.length; j++) {
      w[j] -= by * g[j];
    }
    weights.put(i, w);
  }

  private static double rootMeanSquare(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v * v;
    }
    return Math.sqrt(sum / x.length);
  }

  /// By value: whether its gradient is 0 but for rounding. Rounding leaves about 1e-32 of what was
  /// added up: the gradients of all that read it, each times what it is multiplied by there.
  private boolean[] noise(Map<Integer, Reading> readings) {
    boolean[] noise = new boolean[graph.values().size()];
    double[] made = new double[noise.length];
    boolean[] read = new boolean[noise.length];
    boolean[] clean = new boolean[noise.length];
    for (int n = graph.nodes().size() - 1; n >= 0; n--) {
      Node node = graph.nodes().get(n);
      for (int out : node.outputs()) {
        if (out >= 0) {
          settle(out, readings, noise, made, read, clean);
        }
      }
      for (int in : node.inputs()) {
        if (in >= 0) {
          hand(node, in, readings, noise, made, read, clean);
        }
      }
    }
    byValue.keySet().forEach(v -> settle(v, readings, noise, made, read, clean));
    return noise;
  }

  private static void settle(
      int v,
      Map<Integer, Reading> readings,
      boolean[] noise,
      double[] made,
      boolean[] read,
      boolean[] clean) {
    Reading r = readings.get(v);
    if (r != null && read[v] && r.hasGradient()) {
      noise[v] = !clean[v] || r.gm2() * r.count() <= ROUNDING * made[v];
    }
  }

  /// What a reader's gradients add to that of one of its inputs, by sums of squares.
  private void hand(
      Node node,
      int in,
      Map<Integer, Reading> readings,
      boolean[] noise,
      double[] made,
      boolean[] read,
      boolean[] clean) {
    for (int out : node.outputs()) {
      Reading r = out < 0 ? null : readings.get(out);
      if (r != null && r.hasGradient()) {
        read[in] = true;
        clean[in] |= !noise[out] && r.gm2() > 0;
        made[in] += r.gm2() * r.count() * others(node, in, readings);
      }
    }
    if (node.outputs().stream().allMatch(o -> o < 0 || readings.get(o) == null)) {
      read[in] = true;
      clean[in] = true; // not measured: nothing is known against it
    }
  }

  /// Least mean square of what the gradient is multiplied by on its way to an input.
  private static double others(Node node, int in, Map<Integer, Reading> readings) {
    List<Integer> rest = node.inputs().stream().filter(i -> i >= 0 && i != in).toList();
    double least = 1;
    for (int i : rest) {
      Reading r = readings.get(i);
      if (r != null && r.m2() > 0) {
        least = Math.min(least, r.m2());
      }
    }
    return least;
  }
}
