package org.fanin.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Opening;
import org.fanin.graph.Openings;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.ParameterForecast;

/// Exact zeros, sorted by when they open ([Openings]): what is closed on purpose, what waits for
/// it, and what never moves.
final class Zeros {
  /// By parameter, in the graph's order.
  final List<Opening> openings;

  /// Zero weights that receive a gradient some time: zero head, zero-γ, ReZero, layer-scale 0, zero
  /// last layer of a branch, one factor of a LoRA pair.
  final List<ParameterForecast> gates = new ArrayList<>();

  /// Parameters whose gradient is 0 at the first step and not later.
  final List<ParameterForecast> waiting = new ArrayList<>();

  /// Zero weights that never move.
  final List<ParameterForecast> stuck = new ArrayList<>();

  /// Weights that are not zero and never move.
  final List<ParameterForecast> starved = new ArrayList<>();

  /// Weights from which every way to an output goes through an operator without a derivative.
  final List<ParameterForecast> pathless = new ArrayList<>();

  private final Graph graph;
  private final Moments moments;

  Zeros(Forecast forecast, Moments moments) {
    graph = forecast.graph();
    this.moments = moments;
    openings = find(forecast);
    for (ParameterForecast p : forecast.parameters()) {
      switch (openings.get(p.parameter())) {
        case Opening.At at -> open(p, at);
        case Opening.Never _ when multiplies(p) -> (p.m2() == 0 ? stuck : starved).add(p);
        case Opening.NoPath _ when multiplies(p) -> pathless.add(p);
        case Opening.Never _, Opening.NoPath _, Opening.NotKnown _, Opening.NotTrained _ -> {}
      }
    }
  }

  private void open(ParameterForecast p, Opening.At at) {
    if (at.step() > 1) {
      waiting.add(p);
    }
    if (p.m2() == 0 && multiplies(p)) {
      gates.add(p);
    }
  }

  private List<Opening> find(Forecast forecast) {
    BitSet zero = new BitSet();
    Map<Integer, Backward> gradients = new HashMap<>();
    for (ParameterForecast p : forecast.parameters()) {
      zero.set(p.parameter(), p.m2() == 0 && p.nonFinite() == 0);
      gradients.put(parameter(p).value(), p.gradient());
    }
    return Openings.of(
        graph,
        zero,
        new Openings.Known(
            v -> isOwn(v) && moments.forward(v) instanceof Forward.Known f && isZero(f.lnM2()),
            v -> {
              Backward b = gradients.get(v);
              return (b != null ? b : isOwn(v) ? moments.backward(v) : null)
                      instanceof Backward.Known k
                  && isZero(k.lnGm2());
            }));
  }

  private static boolean isZero(double ln) {
    return ln == Double.NEGATIVE_INFINITY;
  }

  /// Inside a decomposed norm or activation moments are not kept value by value.
  private boolean isOwn(int value) {
    Value v = graph.value(value);
    return v.producer() < 0 || !moments.insidePattern(graph.nodes().get(v.producer()));
  }

  Parameter parameter(ParameterForecast p) {
    return graph.parameters().get(p.parameter());
  }

  Opening opening(ParameterForecast p) {
    return openings.get(p.parameter());
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
}
