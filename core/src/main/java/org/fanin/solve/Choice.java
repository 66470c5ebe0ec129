package org.fanin.solve;

import org.fanin.graph.Fan;
import org.fanin.plan.Draw;
import org.fanin.predict.PlannedLaw;

/// What one parameter gets, and why.
///
/// @param law its moments, for the forecast
record Choice(Draw draw, PlannedLaw law, String scheme, String because, String source) {
  private static final String AUTO = "docs/auto.md";

  static Choice constant(double value, String because, String source) {
    PlannedLaw law = PlannedLaw.constant(value);
    String scheme = value == 0 ? "zeros" : value == 1 ? "ones" : "constant(" + value + ")";
    return new Choice(new Draw.Constant(value), law, scheme, because, source);
  }

  static Choice normal(double variance, String because) {
    return normal(variance, because, AUTO);
  }

  static Choice normal(double variance, String because, String source) {
    double std = Math.sqrt(variance);
    return new Choice(
        new Draw.Normal(0, std),
        PlannedLaw.normal(variance),
        "normal(" + std + ")",
        because,
        source);
  }

  /// A weight matrix: uniform, because Σw² then scatters least from seed to seed (kurtosis 1.8
  /// against 3), which is what separates one draw of a narrow network from its forecast.
  static Choice weights(double variance, String because) {
    return weights(variance, because, AUTO);
  }

  static Choice weights(double variance, String because, String source) {
    double bound = Math.sqrt(3 * variance);
    return new Choice(
        new Draw.Uniform(-bound, bound),
        new PlannedLaw(0, variance, 1.8, "uniform"),
        "uniform(±" + bound + ")",
        because,
        source);
  }

  /// The spelling of a scheme everyone knows where the variance is its.
  Choice named(Fan fan) {
    return is(2 / fan.in())
        ? spelled("he-uniform")
        : is(1 / fan.in()) ? spelled("lecun-uniform") : this;
  }

  private boolean is(double variance) {
    return Math.abs(law.variance() / variance - 1) < 1e-12;
  }

  private Choice spelled(String name) {
    return new Choice(draw, law, name, because, source);
  }

  double variance() {
    return law.variance();
  }

  /// Second moment of one element.
  double size() {
    return law.variance() + law.mean() * law.mean();
  }
}
