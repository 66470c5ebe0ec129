package org.fanin.solve;

import java.util.Arrays;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.LawChooser;

/// What the solver carries along the graph besides second moments, per value.
final class Carried {
  private final Wiring wiring;
  private final Streams streams;

  /// By how many nats the target of the signal is moved so that signal and gradient share what
  /// changes of width do (0 for the target `forward`).
  private final double[] gauge;

  /// Nats lost by averaging over positions or tokens since the last layer or normalisation.
  private final double[] loss;

  /// Whether a layer lies between the inputs and here.
  private final boolean[] layered;

  /// Whether this is a softmax's result, perhaps in another shape.
  private final boolean[] softmax;

  /// ln m2 behind the last layer, normalisation or sum.
  private final double[] level;

  private final double[] lnM2;

  Carried(Wiring wiring, Streams streams) {
    this.wiring = wiring;
    this.streams = streams;
    int n = wiring.graph.values().size();
    gauge = new double[n];
    loss = new double[n];
    layered = new boolean[n];
    softmax = new boolean[n];
    level = new double[n];
    lnM2 = new double[n];
    Arrays.fill(lnM2, Double.NaN);
  }

  double gauge(int value) {
    return gauge[value];
  }

  double loss(int value) {
    return loss[value];
  }

  double level(int value) {
    return level[value];
  }

  boolean layered(int value) {
    return layered[value];
  }

  /// ln m2 as it was when the value was last made; NaN before that.
  double lnM2(int value) {
    return lnM2[value];
  }

  /// @param layerGauge gauge behind the node when it is a layer
  void passed(Node n, LawChooser.Levels now, double layerGauge) {
    boolean layer = wiring.isLayer(n);
    int trunk = carrier(n);
    boolean embeds = n.op() instanceof Op.Gather && wiring.parameterAt(n.input(0)) >= 0;
    for (int o : n.outputs()) {
      if (o < 0) {
        continue;
      }
      lnM2[o] = now.lnM2(o);
      layered[o] = layer || embeds || wiring.data(n).stream().anyMatch(v -> layered[v]);
      boolean anew = wiring.isNorm(n) || wiring.isNormed(o) || trunk < 0;
      gauge[o] = layer ? layerGauge : anew || isGlobal(n) ? 0 : gauge[trunk];
      loss[o] = layer || anew ? 0 : loss[trunk] + own(n, o, trunk);
      level[o] = layer || anew || embeds || wiring.isSum(n) ? lnM2[o] : level[trunk];
      softmax[o] = n.op() instanceof Op.Softmax || keeps(n) && trunk >= 0 && softmax[trunk];
    }
  }

  /// The input whose level goes on.
  private int carrier(Node n) {
    if (n.op() instanceof Op.Attention) {
      return n.input(2);
    }
    if (wiring.isMixing(n)) {
      int a = n.input(0);
      int b = n.input(1);
      return softmax[a] == softmax[b] ? -1 : softmax[a] ? b : a;
    }
    return streams.isResidual(n) ? streams.skip(n) : wiring.trunk(n);
  }

  private static boolean isGlobal(Node n) {
    return n.op() instanceof Op.Reduce;
  }

  private double own(Node n, int out, int trunk) {
    boolean averages =
        switch (n.op()) {
          case Op.Reduce r -> r.kind() == Op.Reduce.Kind.MEAN;
          case Op.Pool p -> p.kind() == Op.Pool.Kind.AVERAGE;
          case Op.Attention _ -> true;
          case Op _ -> wiring.isMixing(n);
        };
    double change = lnM2[out] - before(trunk);
    return averages && change < 0 ? change : 0;
  }

  private double before(int value) {
    return value < 0 ? Double.NaN : lnM2[value];
  }

  private static boolean keeps(Node n) {
    return n.op() instanceof Op.Reshape
        || n.op() instanceof Op.Transpose
        || n.op() instanceof Op.Dropout
        || n.op() instanceof Op.Where
        || n.op() instanceof Op.Arithmetic;
  }

  void input(Graph graph, LawChooser.Levels now) {
    graph.inputs().forEach(i -> lnM2[i] = now.lnM2(i));
  }
}
