package org.fanin.judge;

import org.fanin.compare.Comparison;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.predict.Forecast;

/// What a rule about a measurement may look at.
final class Evidence {
  final Forecast forecast;
  final Graph graph;
  final Comparison measured;
  final Thresholds limits;
  final Names names;
  final Moments moments;

  Evidence(Forecast forecast, Comparison measured, Thresholds limits) {
    this.forecast = forecast;
    this.graph = forecast.graph();
    this.measured = measured;
    this.limits = limits;
    this.names = new Names(graph);
    this.moments = new Moments(forecast);
  }

  String layer(Node node) {
    return names.of(node);
  }
}
