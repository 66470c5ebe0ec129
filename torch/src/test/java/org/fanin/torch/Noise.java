package org.fanin.torch;

import java.util.OptionalDouble;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// What a tensor's second moments would be if the sums they come from did not cancel. A moment far
/// below is rounding around an exact 0: the gradient of a bias before a BatchNorm, the mean that a
/// LayerNorm takes of what another has centred.
final class Noise {
  /// Share of the uncancelled moment below which doubles cannot tell a sum from 0.
  static final double FLOAT64 = 1e-24;

  /// The same of floats, by the same margin over the square of their precision.
  static final double FLOAT32 = 1e-9;

  private final Graph graph;
  private final Readings readings;

  Noise(Graph graph, Readings readings) {
    this.graph = graph;
    this.readings = readings;
  }

  /// Of the signal; empty for what is no sum.
  OptionalDouble signal(Value v) {
    Node n = v.producer() < 0 ? null : graph.nodes().get(v.producer());
    Reading x = n != null && n.op() instanceof Op.Reduce ? readings.values().get(n.input(0)) : null;
    return x == null ? OptionalDouble.empty() : OptionalDouble.of(x.m2());
  }

  /// Of the gradient; empty for what is no sum.
  OptionalDouble gradient(Value v) {
    double most = 0;
    for (Node n : graph.nodes()) {
      int at = n.inputs().indexOf(v.id());
      for (int out : at < 0 ? java.util.List.<Integer>of() : n.outputs()) {
        Reading y = out < 0 ? null : readings.values().get(out);
        if (y != null && (v.kind() == Value.Kind.PARAMETER || count(v) < y.count())) {
          most = Math.max(most, y.gm2() * factor(n, at));
        }
      }
    }
    return most > 0 ? OptionalDouble.of(most) : OptionalDouble.empty();
  }

  private static long count(Value v) {
    return v.shape().map(s -> s.count()).orElse(Long.MAX_VALUE);
  }

  /// Mean square of what the gradient after a node is multiplied with.
  private double factor(Node n, int at) {
    boolean weight =
        at == 1
            && (n.op() instanceof Op.Contract
                || n.op() instanceof Op.Conv
                || n.op() instanceof Op.ConvTranspose);
    Reading x = weight ? readings.values().get(n.input(0)) : null;
    return x == null ? 1 : x.m2();
  }
}
