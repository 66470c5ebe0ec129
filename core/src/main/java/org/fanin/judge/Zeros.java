package org.fanin.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;

/// Exact zeros, sorted: gates that are closed on purpose and open at the first step (zero weights
/// with a gradient), what they shut off, and what never moves.
final class Zeros {
  /// Zero weights that receive a gradient: zero head, zero-γ, ReZero, layer-scale 0, zero last
  /// layer of a branch.
  final List<ParameterForecast> gates = new ArrayList<>();

  /// Zero weights whose gradient is zero too.
  final List<ParameterForecast> stuck = new ArrayList<>();

  /// Weights that are not zero but get no gradient because a gate further on is closed.
  final List<ParameterForecast> shutOff = new ArrayList<>();

  /// Weights that are not zero and get no gradient although no gate explains it.
  final List<ParameterForecast> starved = new ArrayList<>();

  private final Graph graph;
  private final Moments moments;

  Zeros(Forecast forecast, Moments moments) {
    graph = forecast.graph();
    this.moments = moments;
    List<ParameterForecast> silent = new ArrayList<>();
    for (ParameterForecast p : forecast.parameters()) {
      if (multiplies(p) && p.gradient() instanceof Backward.Known b) {
        boolean moves = b.lnGm2() > Double.NEGATIVE_INFINITY || reached(p);
        if (!moves) {
          silent.add(p);
        } else if (p.m2() == 0) {
          gates.add(p);
        }
      }
    }
    sort(silent);
  }

  private void sort(List<ParameterForecast> silent) {
    BitSet before = gates.isEmpty() ? new BitSet() : upstreamOf(gates);
    for (ParameterForecast p : silent) {
      if (p.m2() == 0) {
        stuck.add(p);
      } else if (parameter(p).uses().stream().anyMatch(before::get)) {
        shutOff.add(p);
      } else {
        starved.add(p);
      }
    }
  }

  Parameter parameter(ParameterForecast p) {
    return graph.parameters().get(p.parameter());
  }

  /// Biases and shifts add; only what multiplies can shut a path.
  private boolean multiplies(ParameterForecast p) {
    return switch (parameter(p).role()) {
      case WEIGHT,
          HEAD,
          TIED,
          STACKED,
          FUSED_QKV,
          NORM_SCALE,
          GATE,
          LAYER_SCALE,
          LSTM_INPUT,
          LSTM_RECURRENT ->
          true;
      case BIAS,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          false;
    };
  }

  /// Whether a node that multiplies by this weight has both signal and gradient.
  private boolean reached(ParameterForecast p) {
    return parameter(p).uses().stream().map(graph.nodes()::get).anyMatch(this::isAlive);
  }

  private boolean isAlive(Node n) {
    boolean gradient =
        n.outputs().stream()
            .anyMatch(
                o ->
                    moments.backward(o) instanceof Backward.Known b
                        && b.lnGm2() > Double.NEGATIVE_INFINITY);
    boolean silenced =
        n.inputs().stream()
            .anyMatch(
                i ->
                    i >= 0
                        && graph.value(i).producer() >= 0
                        && moments.forward(i) instanceof Forward.Known f
                        && f.lnM2() == Double.NEGATIVE_INFINITY);
    return gradient && !silenced;
  }

  /// Nodes from which some gate's node can be reached.
  private BitSet upstreamOf(List<ParameterForecast> closed) {
    BitSet marked = new BitSet();
    boolean[] wanted = new boolean[graph.values().size()];
    closed.forEach(p -> parameter(p).uses().forEach(marked::set));
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node n = graph.nodes().get(i);
      if (marked.get(i) || n.outputs().stream().anyMatch(o -> o >= 0 && wanted[o])) {
        marked.set(i);
        n.inputs().stream().filter(in -> in >= 0).forEach(in -> wanted[in] = true);
      }
    }
    return marked;
  }
}
