package org.fanin.judge;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Graph;
import org.fanin.graph.Logits;
import org.fanin.graph.Node;
import org.fanin.predict.Forecast;

/// What every rule may look at: the forecast, its main path, the limits.
final class Case {
  final Forecast forecast;
  final Graph graph;
  final Thresholds limits;
  final Names names;
  final Moments moments;
  final MainPath path;
  final Spine spine;
  final Zeros zeros;
  final Angles angles;
  final List<Logits> logits;
  final Optional<HeadLoss> loss;
  final PostNorm postNorm;
  private MaskedLogits masks;

  Case(Forecast forecast, Thresholds limits) {
    this.forecast = forecast;
    this.graph = forecast.graph();
    this.limits = limits;
    this.names = new Names(graph);
    this.moments = new Moments(forecast);
    this.path = new MainPath(graph, names);
    this.spine =
        path.input < 0 ? new Spine(List.of()) : new SpineFinder(graph, names, path, moments).find();
    this.zeros = new Zeros(forecast, moments);
    this.angles = new Angles(graph, path, moments, !forecast.assumptions().mode().equals("eval"));
    this.logits = Logits.of(graph);
    this.loss = HeadLoss.of(this);
    this.postNorm = PostNorm.of(this);
  }

  String layer(int node) {
    return names.of(graph.nodes().get(node));
  }

  /// Mean cosine between two samples as they enter: of the input, or, for token ids, of the first
  /// point. 0 when unknown.
  double cosIn() {
    if (path.input >= 0
        && moments.forward(path.input) instanceof Forecast.Forward.Known f
        && !Double.isNaN(f.cos())) {
      return f.cos();
    }
    if (path.input >= 0 && graph.value(path.input).dtype().floating()) {
      return 0;
    }
    return spine.points().stream()
        .mapToDouble(Point::cos)
        .filter(c -> !Double.isNaN(c))
        .findFirst()
        .orElse(0);
  }

  /// Whether a weight has elements that are NaN or infinite, and not on purpose.
  boolean isBroken(Forecast.ParameterForecast p) {
    if (p.nonFinite() == 0) {
      return false;
    }
    masks = masks == null ? new MaskedLogits(graph) : masks;
    return !masks.contains(graph.parameters().get(p.parameter()).value());
  }

  /// Whether values are forecast to be NaN or infinite.
  boolean leavesNumbers() {
    return forecast.observations().stream()
        .anyMatch(o -> o.kind() == Forecast.Observation.Kind.NON_FINITE);
  }

  boolean trainingMode() {
    return forecast.assumptions().mode().equals("train");
  }

  Node node(int index) {
    return graph.nodes().get(index);
  }
}
