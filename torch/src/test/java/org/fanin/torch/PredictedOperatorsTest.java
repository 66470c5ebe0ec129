package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.graph.Op;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every operator that the predictor has a rule for: its second moments, forward and gradient,
/// beside those that the engine measures on fresh N(0,1) inputs and cotangents.
class PredictedOperatorsTest {
  private static final TorchEngine ENGINE = new TorchEngine();
  private static final int SEEDS = 16;

  /// No rule ([Op.Unpredicted], [Op.ControlFlow]), or no second moment: integers, and results that
  /// are known when the graph is built.
  private static final Set<Class<?>> WITHOUT_MOMENTS =
      Set.of(Op.Unpredicted.class, Op.ControlFlow.class, Op.Discrete.class, Op.Folded.class);

  static Stream<Arguments> cases() {
    return PredictedCases.all();
  }

  @Test
  void everyPredictedOperatorHasACase() throws Exception {
    Set<Class<?>> missing = new HashSet<>(List.of(Op.class.getPermittedSubclasses()));
    missing.removeAll(WITHOUT_MOMENTS);
    for (Arguments a : PredictedCases.all().toList()) {
      ((OnnxNodes) a.get()[1]).graph().nodes().forEach(n -> missing.remove(n.op().getClass()));
    }
    assertEquals(Set.of(), missing);
  }

  @Test
  void thoseWithoutARuleSaySo() {
    for (Op op : List.of(new Op.ControlFlow("Loop", 3), new Op.Foreign("Det", "no rule"))) {
      Graph g = OneNode.of().input(4, 4).graph(op, Shape.of(4, 4));
      Forecast f = Predictor.predict(g, PredictSettings.defaults());
      assertEquals(1, f.coverage().foreign().size(), op.toString());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void momentsAreThoseMeasured(String name, OnnxNodes nodes) throws Exception {
    Graph g = nodes.graph();
    Forecast f = Predictor.predict(g, PredictSettings.defaults());
    assertEquals(List.of(), f.coverage().foreign());
    long batch = g.value(g.inputs().getFirst()).shape().orElseThrow().toArray()[0];
    List<Readings> measured = new ArrayList<>();
    for (int seed = 1; seed <= SEEDS; seed++) {
      ProbeRequest r =
          ProbeRequest.defaults(batch)
              .withMode(PredictSettings.defaults().mode())
              .withSeed(seed)
              .withThreads(1);
      measured.add(ENGINE.measure(g, r, ProbeListener.none()));
    }
    List<String> off = new ArrayList<>();
    g.outputs().forEach(o -> forward(f, o, measured, off));
    g.inputs().forEach(i -> backward(f, i, measured, off));
    assertEquals(List.of(), off);
  }

  private static TensorForecast of(Forecast f, int value) {
    return f.tensors().stream().filter(t -> t.value() == value).findFirst().orElseThrow();
  }

  private static void forward(Forecast f, int value, List<Readings> measured, List<String> off) {
    Forward.Known k = assertInstanceOf(Forward.Known.class, of(f, value).forward());
    compare("m2", Math.exp(k.lnM2()), each(measured, value).mapToDouble(Reading::m2), off);
  }

  /// An input that no gradient reaches has none measured or zeros.
  private static void backward(Forecast f, int value, List<Readings> measured, List<String> off) {
    Backward b = of(f, value).backward();
    DoubleStream found = each(measured, value).mapToDouble(Reading::gm2);
    switch (b) {
      case Backward.Known k -> compare("gm2 of " + value, Math.exp(k.lnGm2()), found, off);
      case Backward.None _ -> assertTrue(found.allMatch(v -> v == 0 || Double.isNaN(v)));
      case Backward.Unknown u -> off.add("gradient unknown: " + u.because());
    }
  }

  private static Stream<Reading> each(List<Readings> measured, int value) {
    return measured.stream().map(r -> r.values().get(value));
  }

  /// Within 4.5 standard errors of the mean over seeds and 1%.
  private static void compare(String what, double predicted, DoubleStream each, List<String> off) {
    double[] v = each.toArray();
    assertFalse(v.length == 0);
    double mean = DoubleStream.of(v).average().orElseThrow();
    double squares = DoubleStream.of(v).map(a -> (a - mean) * (a - mean)).sum();
    double error = Math.sqrt(squares / (v.length - 1) / v.length);
    if (!(Math.abs(predicted - mean) <= 4.5 * error + 0.01 * mean)) {
      off.add(what + ": predicted " + predicted + ", measured " + mean + " ± " + error);
    }
  }
}
