package org.fanin.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.fanin.graph.Graph;
import org.fanin.plan.Draw;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanHash;
import org.fanin.plan.TensorPlan;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Adjuster;
import org.fanin.probe.Engine;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Seeds are fixed and nothing is held against an expectation over seeds, so there are no false
/// alarms: the bounds are the recipe's own.
class LsuvTest {
  private static Lsuv.Result solve(Graph g, double noise, TensorPlan... given) {
    return solve(g, new ToyEngine(noise), given);
  }

  private static Lsuv.Result solve(Graph g, Engine engine, TensorPlan... given) {
    return Lsuv.solve(
        g,
        "N(0,1)",
        0,
        PredictSettings.defaults(),
        List.of(given),
        engine,
        1,
        _ -> ProbeListener.none());
  }

  private static Lsuv.Result solve(Graph g) {
    return solve(g, 0);
  }

  private static Map<String, Lsuv.Layer> byNode(Lsuv.Result r) {
    return r.layers().stream().collect(Collectors.toMap(Lsuv.Layer::node, l -> l));
  }

  /// Deviations of nodes' outputs with the weights of a plan, measured anew.
  private static Map<String, Double> measured(Graph g, InitPlan plan) {
    Map<Integer, Supplier<Tensor>> weights = new HashMap<>();
    for (TensorPlan t : plan.tensors()) {
      for (int i = 0; i < g.parameters().size(); i++) {
        if (g.parameters().get(i).name().equals(t.name())) {
          weights.put(i, () -> drawn(plan.seed(), t));
        }
      }
    }
    Map<String, Double> std = new HashMap<>();
    Adjuster looking =
        new Adjuster() {
          @Override
          public boolean wants(int value) {
            return g.value(value).producer() >= 0;
          }

          @Override
          public Map<Integer, Double> adjust(int value, Tensor elements) {
            double[] x = elements.toDoubles();
            double mean = java.util.Arrays.stream(x).average().orElseThrow();
            double ss = java.util.Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum();
            std.put(g.nodes().get(g.value(value).producer()).name(), Math.sqrt(ss / x.length));
            return Map.of();
          }
        };
    ProbeRequest request =
        ProbeRequest.defaults(Build.BATCH).withSeed(plan.seed()).withWeights(weights);
    new ToyEngine(0).forward(g, request, looking, ProbeListener.none());
    return std;
  }

  private static Tensor drawn(long seed, TensorPlan t) {
    try (var fill = org.fanin.fill.Fills.open(seed, t)) {
      var bytes = java.lang.foreign.MemorySegment.ofArray(new byte[(int) fill.count() * 8]);
      fill.write(0, bytes);
      return Tensor.of(t.dtype(), t.shape(), bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Relu", "Tanh", "Sigmoid", ""})
  void everyLayerComesOutAtOneAfterOnePassAndOneToConfirm(String activation) {
    Graph g = Build.mlp(activation, 12, 40, 24, 24, 24, 24, 5).graph("fc6");
    Lsuv.Result r = solve(g);
    assertEquals(6, r.layers().size());
    assertEquals(2, r.passes());
    assertTrue(r.failed().isEmpty());
    Map<String, Double> std = measured(g, r.plan());
    for (Lsuv.Layer l : r.layers()) {
      assertEquals(1, l.target());
      assertEquals(1, std.get(l.node()), Lsuv.TOLERANCE, l.toString());
      assertEquals(std.get(l.node()), l.std(), 1e-9, "what is said is what is there");
      assertEquals(l.factor() * l.unscaled(), l.std(), 1e-9);
    }
  }

  @Test
  void weightsAreOrthogonalTimesAFactorOfThreeDigits() {
    Graph g = Build.mlp("Relu", 8, 16, 4).graph("fc2");
    for (TensorPlan t : solve(g).plan().tensors()) {
      Draw.Orthogonal d = (Draw.Orthogonal) t.draw();
      assertEquals(Scaled.rounded(d.gain()), d.gain());
      double[] w = drawn(0, t).toDoubles();
      int rows = (int) t.shape().dim(0);
      int cols = (int) t.shape().dim(1);
      boolean wide = rows <= cols;
      double dot = 0;
      double square = 0;
      for (int i = 0; i < Math.max(rows, cols); i++) {
        double a = wide ? w[i] : w[i * cols];
        double b = wide ? w[cols + i] : w[i * cols + 1];
        dot += a * b;
        square += a * a;
      }
      assertEquals(0, dot, 1e-9);
      assertEquals(d.gain() * d.gain(), square, 1e-9);
    }
  }

  /// Another order of sums differs in the last bits of a double; 1e-12 is four thousand of them.
  @Test
  void theOrderOfSumsChangesNoByte() {
    Graph g = Build.mlp("Relu", Build.widths(30, 20)).graph("fc30");
    String hash = PlanHash.of(solve(g).plan());
    assertEquals(hash, PlanHash.of(solve(g, 1e-12).plan()));
    assertNotEquals(hash, PlanHash.of(solve(g, .1).plan()), "the hash can differ");
  }

  @Test
  void residualSumsStayOfTheOrderOfOne() {
    Build b = new Build();
    String x = b.dense("stem", b.input("x", 16), 16, 32);
    for (int i = 0; i < 20; i++) {
      String h = b.node("r" + i, "Relu", b.dense("a" + i, x, 32, 32));
      x = b.node("sum" + i, "Add", x, b.dense("b" + i, h, 32, 32));
    }
    Graph g = b.graph(b.dense("head", x, 32, 4));
    Lsuv.Result r = solve(g);
    assertTrue(r.failed().isEmpty(), r.failed().toString());
    Map<String, Lsuv.Layer> layers = byNode(r);
    assertEquals(Math.sqrt(1 / 20.0), layers.get("b0").target(), .01);
    assertEquals(1, layers.get("a7").target());
    Map<String, Double> std = measured(g, r.plan());
    // Independent branches add up to √2; these follow from one stream and correlate somewhat.
    assertEquals(Math.sqrt(2), std.get("sum19"), .3);
    assertEquals(layers.get("b9").target(), std.get("b9"), .05 * layers.get("b9").target());
  }

  @Test
  void aTensorUsedTwiceGetsTheGeometricMean() {
    Build b = new Build();
    String w = b.weight("w", 16, 16);
    String h = b.node("one", "MatMul", b.input("x", 16), w);
    h = b.node("two", "MatMul", b.node("sq", "Mul", h, h), w);
    Graph g = b.graph(b.node("t", "Tanh", h));
    Lsuv.Result r = solve(g);
    assertEquals(2, r.layers().size());
    double product = r.layers().get(0).std() * r.layers().get(1).std();
    assertEquals(1, Math.sqrt(product), Lsuv.TOLERANCE);
    assertEquals(Lsuv.State.COMPROMISE, r.layers().get(1).state());
    assertTrue(r.passes() <= Lsuv.MOST_PASSES);
    assertTrue(r.failed().isEmpty());
    assertTrue(r.plan().tensors().getFirst().because().contains("used 2 times"));
  }

  @Test
  void deadLayersAreNamedAndNothingIsDividedByZero() {
    Graph g = Build.mlp("Relu", 8, 16, 16, 4).graph("fc3");
    TensorPlan first = solve(g).plan().tensors().getFirst();
    TensorPlan zero =
        new TensorPlan(first.spec(), new Draw.Constant(0), false, "zeros", 0, "asked for", "");
    Lsuv.Result r = solve(g, 0, zero);
    Map<String, Lsuv.Layer> layers = byNode(r);
    assertFalse(layers.containsKey("fc1"), "what is given is not scaled");
    assertEquals(Lsuv.State.STILL, layers.get("fc2").state());
    assertEquals(Lsuv.State.STILL, layers.get("fc3").state());
    assertEquals(2, r.failed().size());
    assertEquals(1, layers.get("fc2").factor());
    for (TensorPlan t : r.plan().tensors()) {
      assertTrue(Double.isFinite(t.variance()), t.toString());
    }
    assertEquals(1, r.passes(), "there was nothing to do");
  }

  @Test
  void whatCannotBeRunIsSaid() {
    Build b = new Build();
    String x = b.dense("one", b.input("x", 8), 8, 8);
    x = b.node("sum", "CumSum", x, b.ints("axis", 1));
    Lsuv.Result r = solve(b.graph(b.dense("two", x, 8, 8)));
    assertEquals(Lsuv.State.SCALED, byNode(r).get("one").state());
    assertEquals(Lsuv.State.UNMEASURED, byNode(r).get("two").state());
    assertTrue(byNode(r).get("two").note().contains("cannot be run"));
    assertTrue(r.plan().tensors().get(1).because().contains("could not be measured"));
  }

  /// As if the network normalised its weights itself.
  @Test
  void aLayerThatDoesNotFollowItsWeightIsLeftAndNamed() {
    Graph g = Build.mlp("Relu", 8, 16, 4).graph("fc2");
    Engine stubborn =
        new ToyEngine(0) {
          @Override
          public Map<Integer, String> forward(
              Graph graph, ProbeRequest r, Adjuster a, ProbeListener l) {
            return super.forward(graph, r.withWeights(Map.of()), a, l);
          }
        };
    Lsuv.Result r = solve(g, stubborn);
    assertEquals(2, r.failed().size());
    for (Lsuv.Layer l : r.layers()) {
      assertEquals(Lsuv.State.OFF, l.state());
      assertEquals(1, l.factor());
      assertTrue(l.note().contains("does not follow"), l.toString());
    }
    assertTrue(r.passes() < Lsuv.MOST_PASSES);
  }

  /// Factors just off 1 move outputs by just more than what counts as near.
  @Test
  void smallFactorsAreHeard() {
    for (int seed = 0; seed < 40; seed++) {
      Graph g = Build.mlp("", 24, 24).graph("fc1");
      Lsuv.Result r =
          Lsuv.solve(
              g,
              "N(0,1)",
              seed,
              PredictSettings.defaults(),
              List.of(),
              new ToyEngine(0),
              1,
              _ -> ProbeListener.none());
      Lsuv.Layer l = r.layers().getFirst();
      assertEquals("", l.note(), "seed " + seed);
      assertEquals(1, l.std(), .011, "seed " + seed + ": " + l);
      assertTrue(r.passes() <= 2, "seed " + seed);
    }
  }

  @Test
  void aConstantHasDeviationZeroWhateverItsRoundingErrors() {
    double[] x = new double[5000];
    java.util.Arrays.fill(x, .1);
    assertEquals(0, Spread.of(Tensor.ofDoubles(Shape.of(x.length), x)).std());
    x[17] = .1001;
    double std = Spread.of(Tensor.ofDoubles(Shape.of(x.length), x)).std();
    assertEquals(.0001 / Math.sqrt(5000), std, 1e-9);
  }
}
