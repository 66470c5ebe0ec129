package org.fanin.compare;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.probe.ParameterReading;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;

/// A forecast and a measurement, tensor by tensor.
///
/// @param signal second moments by value id, of every forecast tensor with a reading
/// @param gradient the same of gradients
/// @param parameters gradients of parameters, by index in [org.fanin.graph.Graph#parameters]
/// @param expected what else theory says of a tensor's elements, by value id
/// @param precision what low precision would do
public record Comparison(
    Readings readings,
    Map<Integer, Pair> signal,
    Map<Integer, Pair> gradient,
    Map<Integer, Pair> parameters,
    Map<Integer, Expected> expected,
    Precision precision) {
  public Comparison {
    parameters = Map.copyOf(parameters);
    expected = Map.copyOf(expected);
    signal = Map.copyOf(signal);
    gradient = Map.copyOf(gradient);
  }

  /// Errors of ln m2 follow from those of m2 by the first derivative.
  public static Comparison of(Forecast forecast, Readings readings) {
    double signalFloor =
        largest(readings.values().values().stream().map(Reading::lnM2))
            + Pair.lnRounding(readings.arithmetic());
    double gradientFloor = gradientRounding(readings);
    Map<Integer, Pair> signal = new HashMap<>();
    Map<Integer, Pair> gradient = new HashMap<>();
    for (TensorForecast t : forecast.tensors()) {
      Reading r = readings.values().get(t.value());
      if (r == null || Double.isNaN(r.lnM2())) {
        continue;
      }
      signal.put(t.value(), signal(t.forward(), r, signalFloor));
      if (r.hasGradient()) {
        gradient(t.backward(), r, gradientFloor).ifPresent(p -> gradient.put(t.value(), p));
      }
    }
    LeaningRules leaning = new LeaningRules(forecast.graph());
    return new Comparison(
        readings,
        leaning.signals(signal),
        leaning.gradients(gradient),
        parameters(forecast, readings, gradientFloor),
        Expected.of(forecast),
        Precision.of(forecast, readings));
  }

  private static Map<Integer, Pair> parameters(Forecast f, Readings readings, double floor) {
    Map<Integer, Pair> pairs = new HashMap<>();
    for (ParameterReading p : readings.parameters()) {
      if (p.reading().hasGradient() && f.graph().parameters().get(p.index()).isTrained()) {
        gradient(f.parameters().get(p.index()).gradient(), p.reading(), floor)
            .ifPresent(pair -> pairs.put(p.index(), pair));
      }
    }
    return pairs;
  }

  /// The same with findings that re-initialisations have decided ([Pair#judged]).
  Comparison judgedBy(Draws d, boolean sameSamples) {
    return new Comparison(
        readings,
        judged(signal, d.signal(), d.count(), sameSamples),
        judged(gradient, d.gradient(), d.count(), sameSamples),
        judged(parameters, d.parameters(), d.count(), sameSamples),
        expected,
        precision);
  }

  private static Map<Integer, Pair> judged(
      Map<Integer, Pair> pairs, Map<Integer, Draws.Spread> over, int draws, boolean sameSamples) {
    Map<Integer, Pair> all = new HashMap<>();
    pairs.forEach(
        (id, p) -> {
          Draws.Spread s = over.get(id);
          all.put(id, s == null ? p : p.judged(s, draws, sameSamples));
        });
    return all;
  }

  /// ln of the second moment up to which a gradient may be rounding.
  static double gradientRounding(Readings readings) {
    return largest(readings.values().values().stream().map(Reading::lnGm2))
        + Pair.lnRounding(readings.arithmetic());
  }

  /// What theory says of a value's elements.
  public Expected expectedOf(int value) {
    return expected.getOrDefault(value, Expected.NOTHING);
  }

  private static double largest(Stream<Double> ln) {
    return ln.filter(x -> !Double.isNaN(x)).reduce(Double.NEGATIVE_INFINITY, Math::max);
  }

  private static Pair signal(Forward f, Reading r, double floor) {
    double error = relative(r.errors().m2(), r.m2());
    return switch (f) {
      case Forward.Known k -> Pair.of(k.lnM2Typical(), k.lnSpread(), r.lnM2(), error, floor);
      case Forward.Unknown _ -> Pair.of(Double.NaN, Double.NaN, r.lnM2(), error, floor);
    };
  }

  private static java.util.Optional<Pair> gradient(Backward b, Reading r, double floor) {
    double error = relative(r.errors().gm2(), r.gm2());
    return switch (b) {
      case Backward.Known k ->
          java.util.Optional.of(Pair.of(k.lnGm2Typical(), k.lnSpread(), r.lnGm2(), error, floor));
      case Backward.Unknown _ ->
          java.util.Optional.of(Pair.of(Double.NaN, Double.NaN, r.lnGm2(), error, floor));
      case Backward.None _ -> java.util.Optional.empty();
    };
  }

  /// 0 where doubles cannot hold both.
  private static double relative(double error, double value) {
    double r = error / value;
    return Double.isFinite(r) ? r : 0;
  }

  /// How many pairs, signal and gradient together, there are of each kind.
  public Map<Pair.Finding, Integer> counts() {
    return count(Stream.concat(signal.values().stream(), gradient.values().stream()));
  }

  /// The same of parameters' gradients.
  public Map<Pair.Finding, Integer> parameterCounts() {
    return count(parameters.values().stream());
  }

  private static Map<Pair.Finding, Integer> count(Stream<Pair> pairs) {
    Map<Pair.Finding, Integer> n = new EnumMap<>(Pair.Finding.class);
    for (Pair.Finding f : Pair.Finding.values()) {
      n.put(f, 0);
    }
    pairs.forEach(p -> n.merge(p.finding(), 1, Integer::sum));
    return n;
  }

  /// The graver finding of a value's signal and gradient.
  public Pair.Finding finding(int value) {
    return Stream.of(signal.get(value), gradient.get(value))
        .filter(java.util.Objects::nonNull)
        .map(Pair::finding)
        .filter(f -> f != Pair.Finding.NOT_PREDICTED)
        .max(java.util.Comparator.naturalOrder())
        .orElse(Pair.Finding.NOT_PREDICTED);
  }
}
