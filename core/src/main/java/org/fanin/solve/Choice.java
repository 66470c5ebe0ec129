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

  /// A gain·scheme spelling where the variance is that of a scheme everyone knows.
  Choice named(Fan fan) {
    return is(2 / fan.in())
        ? spelled("he-normal")
        : is(1 / fan.in()) ? spelled("lecun-normal") : this;
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
