package org.fanin.compare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.tensor.DType;

/// New weights, measured and held against what their plan predicts, layer by layer.
///
/// @param layers outputs of all maps with weights, in order
/// @param signal spread of m2 over them
/// @param gradient spread of gm2
/// @param contradictions sentences; empty when the measurement is as planned
public record Verification(
    String engine,
    List<Layer> layers,
    Spread signal,
    Spread gradient,
    List<String> contradictions) {
  /// Decades that a measured spread may exceed the predicted one.
  public static final double DECADES = 1;

  private static final int MOST_NAMED = 3;

  public Verification {
    layers = List.copyOf(layers);
    contradictions = List.copyOf(contradictions);
  }

  /// The output of one layer; NaN where nothing was measured.
  ///
  /// @param weight name of the tensor that makes it a layer
  public record Layer(String node, String weight, Level before, Level after) {}

  /// @param std standard deviation of all elements
  /// @param gm2 second moment of the gradient
  /// @param finite whether all elements are finite, and the root mean squares are within the range
  ///   of the tensor's type (what is measured in double precision runs in that)
  public record Level(
      double std, double m2, double gm2, double lnM2, double lnGm2, boolean finite) {
    static Level of(Reading r, DType type) {
      if (r == null) {
        return new Level(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, true);
      }
      double std = Math.sqrt(Math.max(0, r.m2() - r.mean() * r.mean()));
      double most = 2 * lnLargest(type);
      boolean finite = r.activity().nonFinite() == 0 && r.lnM2() <= most && !(r.lnGm2() > most);
      return new Level(std, r.m2(), r.gm2(), r.lnM2(), r.lnGm2(), finite);
    }

    private static double lnLargest(DType type) {
      return Math.log(type == DType.F64 ? Double.MAX_VALUE : type == DType.F16 ? 65504 : 0x1p128);
    }
  }

  /// log10 of the largest over the smallest, exact zeros left out.
  ///
  /// @param predicted with the new weights
  public record Spread(double before, double after, double predicted) {
    boolean contradicts() {
      return after > predicted + DECADES;
    }
  }

  public boolean asPlanned() {
    return contradictions.isEmpty();
  }

  /// @param planned forecast of the plan
  /// @param before measured with the old weights, on the forecast's graph
  /// @param graph the network with its new weights: the same tensors by name
  /// @param after measured with them
  public static Verification of(Forecast planned, Readings before, Graph graph, Readings after) {
    Map<String, Integer> ids = new HashMap<>();
    graph.values().forEach(v -> ids.put(v.name(), v.id()));
    List<Layer> layers = new ArrayList<>();
    List<TensorForecast> forecasts = new ArrayList<>();
    Map<Integer, TensorForecast> byValue = new HashMap<>();
    planned.tensors().forEach(t -> byValue.put(t.value(), t));
    Map<Integer, Parameter> weights = weights(planned.graph());
    for (Node n : planned.graph().nodes()) {
      int out = n.outputs().isEmpty() ? -1 : n.outputs().getFirst();
      Parameter weight = weights.get(n.index());
      if (out < 0 || weight == null || !byValue.containsKey(out)) {
        continue;
      }
      Integer id = ids.get(planned.graph().value(out).name());
      layers.add(
          new Layer(
              n.name(),
              weight.name(),
              Level.of(before.values().get(out), planned.graph().value(out).dtype()),
              Level.of(
                  id == null ? null : after.values().get(id), planned.graph().value(out).dtype())));
      forecasts.add(byValue.get(out));
    }
    Spread signal = spread(layers, Level::lnM2, forecasts, Verification::lnM2);
    Spread gradient = spread(layers, Level::lnGm2, forecasts, Verification::lnGm2);
    return new Verification(
        after.engine(), layers, signal, gradient, contradictions(layers, signal, gradient, after));
  }

  /// The first parameter with fans at each map with weights, by node index.
  private static Map<Integer, Parameter> weights(Graph g) {
    Map<Integer, Parameter> found = new HashMap<>();
    for (Parameter p : g.parameters()) {
      for (int use : p.fan().isPresent() ? p.uses() : List.<Integer>of()) {
        boolean map =
            switch (g.nodes().get(use).op()) {
              case Op.Contract _, Op.Conv _, Op.ConvTranspose _, Op.Recurrent _ -> true;
              case Op _ -> false;
            };
        if (map) {
          found.putIfAbsent(use, p);
        }
      }
    }
    return found;
  }

  private static double lnM2(TensorForecast t) {
    return t.forward() instanceof Forward.Known k ? k.lnM2Typical() : Double.NaN;
  }

  private static double lnGm2(TensorForecast t) {
    return t.backward() instanceof Backward.Known k ? k.lnGm2Typical() : Double.NaN;
  }

  private static Spread spread(
      List<Layer> layers,
      ToDoubleFunction<Level> measured,
      List<TensorForecast> forecasts,
      ToDoubleFunction<TensorForecast> predicted) {
    return new Spread(
        decades(layers.stream().mapToDouble(l -> measured.applyAsDouble(l.before())).toArray()),
        decades(layers.stream().mapToDouble(l -> measured.applyAsDouble(l.after())).toArray()),
        decades(forecasts.stream().mapToDouble(predicted).toArray()));
  }

  private static double decades(double[] ln) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double x : ln) {
      if (Double.isFinite(x)) {
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
    }
    return high < low ? 0 : (high - low) / Math.log(10);
  }

  private static List<String> contradictions(
      List<Layer> layers, Spread signal, Spread gradient, Readings after) {
    List<String> found = new ArrayList<>();
    boolean whole = after.unmeasured().isEmpty();
    List<String> wild =
        layers.stream().filter(l -> wild(l.after(), whole)).map(Layer::node).toList();
    if (!wild.isEmpty()) {
      found.add(
          "not finite in the tensor's type: "
              + String.join(", ", wild.subList(0, Math.min(MOST_NAMED, wild.size())))
              + (wild.size() > MOST_NAMED ? " and " + (wild.size() - MOST_NAMED) + " more" : ""));
    }
    wider("signal", signal, found);
    wider("gradient", gradient, found);
    if (nothingMeasured(layers)) {
      boolean zero = layers.stream().anyMatch(l -> l.after().lnM2() == Double.NEGATIVE_INFINITY);
      found.add(
          (zero ? "the signal is 0 at every layer" : "no layer could be measured")
              + after.unmeasured().values().stream().findFirst().map(b -> ": " + b).orElse(""));
    }
    return found;
  }

  /// Whether there is no layer whose signal could be measured: then nothing is contradicted either.
  public boolean nothingMeasured() {
    return nothingMeasured(layers);
  }

  private static boolean nothingMeasured(List<Layer> layers) {
    return layers.stream().noneMatch(l -> Double.isFinite(l.after().lnM2()));
  }

  /// A gradient that is no number is one that nothing stops from arriving and that is not there.
  private static boolean wild(Level l, boolean whole) {
    return !l.finite() || whole && Double.isNaN(l.lnGm2()) && !Double.isNaN(l.lnM2());
  }

  private static void wider(String what, Spread s, List<String> found) {
    if (s.contradicts()) {
      found.add(
          String.format(
              Locale.ROOT,
              "the %s varies by %.2f decades over the layers, %.2f were predicted",
              what,
              s.after(),
              s.predicted()));
    }
  }
}
