package org.fanin.solve;

import java.util.List;
import java.util.stream.Collectors;
import org.fanin.graph.Fan;
import org.fanin.plan.Draw;
import org.fanin.predict.PlannedLaw;
import org.fanin.tensor.Shape;

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

  /// The same with every element times √factor.
  Choice times(double factor) {
    double root = Math.sqrt(factor);
    PlannedLaw l =
        new PlannedLaw(law.mean() * root, law.variance() * factor, law.kurtosis(), law.name());
    Draw d = scaled(draw, root);
    return new Choice(d, l, spelling(d), because, source);
  }

  /// Equal parts along an axis, each with its own factor on the variance.
  ///
  /// @param ln of the factors
  Choice parted(int axis, List<Double> ln, Shape shape) {
    Draw d =
        new Draw.Parts(axis, ln.stream().map(x -> scaled(draw, StrictMath.exp(x / 2))).toList());
    String each = ln.stream().map(Text::ofLn).collect(Collectors.joining(", "));
    return new Choice(
        d,
        PlannedLaw.of(d, shape, "uniform, per part"),
        "uniform, per part",
        because + "; its parts by " + each + " of that, for attention logits would exceed 1",
        source);
  }

  private static Draw scaled(Draw draw, double root) {
    return switch (draw) {
      case Draw.Constant(double v) -> new Draw.Constant(v * root);
      case Draw.Uniform(double low, double high) -> new Draw.Uniform(low * root, high * root);
      case Draw.Normal(double mean, double std) -> new Draw.Normal(mean * root, std * root);
      case Draw.Parts(int axis, List<Draw> parts) ->
          new Draw.Parts(axis, parts.stream().map(d -> scaled(d, root)).toList());
      case Draw.Truncated _,
          Draw.Orthogonal _,
          Draw.DeltaOrthogonal _,
          Draw.Identity _,
          Draw.Sparse _,
          Draw.Slice _,
          Draw.SoftplusInverse _,
          Draw.LogRange _,
          Draw.Hadamard _,
          Draw.Aligned _ ->
          throw new IllegalStateException("no solved variance is drawn as " + draw);
    };
  }

  private static String spelling(Draw draw) {
    return switch (draw) {
      case Draw.Constant(double v) -> v == 0 ? "zeros" : v == 1 ? "ones" : "constant(" + v + ")";
      case Draw.Uniform(double _, double high) -> "uniform(±" + high + ")";
      case Draw.Normal(double mean, double std) when mean == 0 -> "normal(" + std + ")";
      case Draw.Normal(double mean, double std) -> "normal(" + std + ", mean " + mean + ")";
      case Draw.Parts(int _, List<Draw> parts) ->
          parts.stream().map(Choice::spelling).distinct().collect(Collectors.joining(", "));
      case Draw d -> d.toString();
    };
  }

  Choice noting(String more) {
    return new Choice(draw, law, scheme, because + "; " + more, source);
  }

  /// A tensor with these moments, and nothing else of the file's.
  Choice moments(double mean, double m2) {
    double variance = m2 - mean * mean;
    Draw d =
        variance <= 1e-12 * m2
            ? new Draw.Constant(mean)
            : new Draw.Normal(mean, Math.sqrt(variance));
    return new Choice(
        d,
        d instanceof Draw.Constant
            ? PlannedLaw.constant(mean)
            : new PlannedLaw(mean, variance, 3, "as in the file"),
        spelling(d),
        "mean and variance as in the file: any other that was tried would make the network less level",
        AUTO);
  }

  double variance() {
    return law.variance();
  }

  /// Second moment of one element.
  double size() {
    return law.variance() + law.mean() * law.mean();
  }
}
