package org.fanin.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.fanin.graph.Graph;
import org.fanin.model.RawModel.Attr;
import org.fanin.plan.Draw;
import org.fanin.plan.InitPlan;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorPlan;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.Forecast.TensorForecast;
import org.fanin.predict.PlanForecast;
import org.fanin.predict.PredictSettings;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoTest {
  private static final PredictSettings SETTINGS = PredictSettings.defaults();

  private static Solution solve(Graph g) {
    return Auto.solve(g, Target.BOTH, 7, SETTINGS);
  }

  private static TensorPlan plan(InitPlan p, String name) {
    return p.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static double variance(InitPlan p, String name) {
    return plan(p, name).variance();
  }

  private static TensorForecast at(Forecast f, String value) {
    return f.tensors().stream()
        .filter(t -> f.graph().value(t.value()).name().equals(value))
        .findFirst()
        .orElseThrow();
  }

  private static double lnM2(Forecast f, String value) {
    return assertInstanceOf(Forward.Known.class, at(f, value).forward()).lnM2Typical();
  }

  private static double lnG(Forecast f, String value) {
    return assertInstanceOf(Backward.Known.class, at(f, value).backward()).lnGm2Typical();
  }

  /// Largest minus smallest over fc1 … fc`layers`.
  private static double spread(int layers, ToDoubleFunction<String> ln) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i = 1; i <= layers; i++) {
      low = Math.min(low, ln.applyAsDouble("fc" + i));
      high = Math.max(high, ln.applyAsDouble("fc" + i));
    }
    return high - low;
  }

  // ---- plain networks ----

  @Test
  void deepReluIsHe() {
    InitPlan p = solve(Build.mlp("Relu", Build.widths(20, 512)).graph("fc20")).plan();
    // What makes one draw of finite width typical adds about 2.5/512.
    for (int i = 2; i <= 20; i++) {
      assertEquals(2.0 / 512, variance(p, "fc" + i + ".weight"), .01 * 2 / 512, "layer " + i);
    }
    // Its input comes through no activation.
    assertEquals(1.0 / 512, variance(p, "fc1.weight"), .01 / 512);
  }

  @ParameterizedTest
  @CsvSource({"FORWARD, 64, 1", "BACKWARD, 1, 256", "BOTH, 8, 16"})
  void linearLayerFollowsItsFans(Target target, double rootIn, double rootOut) {
    Graph g = Build.mlp("", 128, 64, 256, 64, 256, 10).graph("fc5");
    InitPlan p = Auto.solve(g, target, 0, SETTINGS).plan();
    // 1/n_in, 1/n_out, 1/√(n_in·n_out); finite width moves each by a few hundredths.
    double wanted = 1 / (rootIn * rootOut);
    assertEquals(wanted, variance(p, "fc2.weight"), .04 * wanted);
    assertEquals(wanted, variance(p, "fc4.weight"), .04 * wanted);
    assertTrue(plan(p, "fc2.weight").because().contains("n_in"), plan(p, "fc2.weight").because());
  }

  @Test
  void backwardKeepsTheGradientWhereWidthsAlternate() {
    Graph g = Build.mlp("Relu", 256, 64, 256, 64, 256, 64, 64).graph("fc6");
    Forecast f = Auto.solve(g, Target.BACKWARD, 0, SETTINGS).after();
    Forecast h = Auto.solve(g, Target.FORWARD, 0, SETTINGS).after();
    assertTrue(spread(5, v -> lnG(f, v)) < .1, () -> "" + spread(5, v -> lnG(f, v)));
    assertTrue(spread(5, v -> lnM2(h, v)) < .01, () -> "" + spread(5, v -> lnM2(h, v)));
    // Each pays what the other gains: a factor of 4.
    assertTrue(spread(5, v -> lnM2(f, v)) > 1.2 && spread(5, v -> lnG(h, v)) > 1.2);
  }

  @ParameterizedTest
  @CsvSource({"Tanh, 100", "Sigmoid, 50", "Softplus, 20", "Selu, 50", "Elu, 40", "Softsign, 40"})
  void deepChainIsLevelBothWays(String activation, int layers) {
    Graph g = Build.mlp(activation, Build.widths(layers, 64)).graph("fc" + layers);
    Solution s = solve(g);
    double signal = spread(layers - 1, v -> lnM2(s.after(), v));
    double gradient = spread(layers - 1, v -> lnG(s.after(), v));
    assertTrue(signal < .05, "signal varies by e^" + signal);
    assertTrue(gradient < Math.log(30), "gradient varies by e^" + gradient);
  }

  @Test
  void passesDoNotGrowWithDepth() {
    Solution shallow = solve(Build.mlp("Relu", Build.widths(10, 8)).graph("fc10"));
    Solution deep = solve(Build.mlp("Relu", Build.widths(1000, 8)).graph("fc1000"));
    assertEquals(1, shallow.passes());
    assertEquals(1, deep.passes());
    // One sample: the mean over a batch of samples of unequal length is typically below its
    // expectation (BatchMean), by up to .08 here, which is no matter of the plan.
    PredictSettings one =
        new PredictSettings(
            PredictSettings.Mode.TRAIN, 1, Map.of(), OptionalDouble.empty(), Optional.empty());
    Graph g = Build.mlp(1L, "Relu", Build.widths(1000, 8)).graph("fc1000");
    Forecast alone = Auto.solve(g, Target.BOTH, 7, one).after();
    double s = spread(999, v -> lnM2(alone, v));
    assertTrue(s < 1e-6, () -> "" + s);
  }

  @Test
  void samePlanEveryTime() {
    Graph g = Build.mlp("Gelu", Build.widths(2, 8)).graph("fc2");
    assertEquals(solve(g).plan(), solve(g).plan());
    Graph t = Build.mlp("Tanh", Build.widths(12, 32)).graph("fc12");
    assertEquals(solve(t).plan(), solve(t).plan());
    assertEquals(7, solve(t).plan().seed());
  }

  @Test
  void planForecastIsTheSolversOwn() {
    Graph g = Build.mlp("Tanh", Build.widths(6, 32)).graph("fc6");
    Solution s = solve(g);
    Forecast f = PlanForecast.predict(g, s.plan(), SETTINGS);
    for (int i = 1; i <= 6; i++) {
      assertEquals(lnM2(s.after(), "fc" + i), lnM2(f, "fc" + i), 1e-12);
      assertEquals(lnG(s.after(), "fc" + i), lnG(f, "fc" + i), 1e-12);
    }
  }

  // ---- residual streams ----

  private static Build residual(int blocks, boolean zeroEnds, String last) {
    Build b = new Build();
    String x = b.dense("stem", b.input("x", 64), 64, 64);
    for (int i = 0; i < blocks; i++) {
      String h = b.node("r" + i, "Relu", x);
      h = b.dense("a" + i, h, 64, 128);
      h = b.node("s" + i, "Relu", h);
      h =
          zeroEnds
              ? b.node("b" + i, "MatMul", h, b.constant("b" + i + ".weight", 0, 128, 64))
              : b.dense("b" + i, h, 128, 64);
      h = last.isEmpty() ? h : b.node("l" + i, last, h);
      x = b.node("x" + i, "Add", x, h);
    }
    b.dense("head", x, 64, 10);
    return b;
  }

  @ParameterizedTest
  @CsvSource({"40, ''", "12, ''", "20, Relu", "30, Tanh"})
  void sumOverBranchesStaysOrderOne(int blocks, String last) {
    Solution s = solve(residual(blocks, false, last).graph("head"));
    double start = lnM2(s.after(), "stem");
    double end = lnM2(s.after(), "x" + (blocks - 1));
    assertTrue(
        end - start > .2 && end - start < Math.log(3.2), "stream grows by e^" + (end - start));
    double back = lnG(s.after(), "stem") - lnG(s.after(), "x" + (blocks - 1));
    assertTrue(Math.abs(back) < Math.log(5), "gradient changes by e^" + back);
    assertTrue(plan(s.plan(), "b0.weight").because().contains("residual branches"));
  }

  @Test
  void zeroBranchEndsAndZeroHeadStayZero() {
    Build b = residual(4, true, "");
    Solution s = solve(b.graph("head"));
    assertEquals(new Draw.Constant(0), plan(s.plan(), "b2.weight").draw());
    assertTrue(plan(s.plan(), "b2.weight").because().contains("by design"));
    // What lies before a closed end is as it would be, were it open.
    assertTrue(variance(s.plan(), "a2.weight") > 0);
    Build z = Build.mlp("Relu", 32, 32, 32);
    z.node("head", "MatMul", "fc2", z.constant("head.weight", 0, 32, 4));
    assertEquals(new Draw.Constant(0), plan(solve(z.graph("head")).plan(), "head.weight").draw());
  }

  @Test
  void skeletonOfZerosIsNotByDesign() {
    Build b = new Build();
    String x = b.input("x", 32);
    for (int i = 1; i <= 3; i++) {
      x = b.node("fc" + i, "MatMul", x, b.constant("fc" + i + ".weight", 0, 32, 32));
      x = i < 3 ? b.node("act" + i, "Relu", x) : x;
    }
    InitPlan p = solve(b.graph("fc3")).plan();
    for (int i = 1; i <= 3; i++) {
      assertTrue(variance(p, "fc" + i + ".weight") > 0, "layer " + i);
    }
  }

  @Test
  void closedGateStaysClosed() {
    Build b = new Build();
    String x = b.dense("stem", b.input("x", 32), 32, 32);
    String h = b.dense("f", b.node("r", "Relu", x), 32, 32);
    h = b.node("g", "Mul", h, b.constant("alpha", 0, 1));
    b.dense("head", b.node("y", "Add", x, h), 32, 4);
    InitPlan p = solve(b.graph("head")).plan();
    assertEquals(new Draw.Constant(0), plan(p, "alpha").draw());
    // The gate holds the branch at 0, so its weights need not.
    assertTrue(variance(p, "f.weight") > .9 / 32, () -> "" + variance(p, "f.weight"));
  }

  // ---- transformers ----

  private static String norm(Build b, String name, String x) {
    return b.node(
        name,
        "LayerNormalization",
        Map.of("axis", new Attr.Int(-1)),
        x,
        b.constant(name + ".scale", 1, 32),
        b.constant(name + ".shift", 0, 32));
  }

  private static Build tied(boolean normed) {
    Build b = new Build();
    b.input("ids", DType.I64, 12);
    String x = b.node("rows", "Gather", b.weight("table", 100, 32), "ids");
    x = normed ? norm(b, "ln", x) : x;
    b.node("up", "Transpose", Map.of("perm", new Attr.Ints(java.util.List.of(1L, 0L))), "table");
    b.node("logits", "MatMul", x, "up");
    return b;
  }

  @Test
  void tiedTensorHasOneVarianceAndSaysWhy() {
    TensorPlan normed = plan(solve(tied(true).graph("logits")).plan(), "table");
    assertEquals(1.0 / 32, normed.variance(), 1e-12);
    TensorPlan bare = plan(solve(tied(false).graph("logits")).plan(), "table");
    assertEquals(1 / Math.sqrt(32), bare.variance(), 1e-12);
    assertTrue(bare.because().contains("geometric mean"), bare.because());
  }

  /// Without the usual 1/√d.
  private static Build attention() {
    Build b = new Build();
    String x = norm(b, "ln", b.dense("stem", b.input("x", 12, 32), 32, 32));
    String q = b.dense("q", x, 32, 32);
    String k = b.dense("k", x, 32, 32);
    String t =
        b.node("kt", "Transpose", Map.of("perm", new Attr.Ints(java.util.List.of(0L, 2L, 1L))), k);
    String a = b.node("att", "Softmax", b.node("scores", "MatMul", q, t));
    b.dense("o", b.node("mix", "MatMul", a, b.dense("v", x, 32, 32)), 32, 32);
    b.dense("head", b.node("sum", "Add", "stem", "o"), 32, 4);
    return b;
  }

  @Test
  void attentionLogitsStayOrderOne() {
    Solution s = solve(attention().graph("head"));
    double logits = lnM2(s.after(), "scores");
    assertTrue(Math.abs(logits) < .1, "ln m2 of logits is " + logits);
    assertEquals(variance(s.plan(), "q.weight"), variance(s.plan(), "k.weight"), 1e-9);
    assertTrue(plan(s.plan(), "q.weight").because().contains("logits"));
    assertEquals(1.0 / 32, variance(s.plan(), "v.weight"), .1 / 32);
  }

  /// The same with query, key and value in one matrix, cut by `Split` or by three `Slice`s.
  private static Build fusedAttention(boolean split) {
    Build b = new Build();
    String x = norm(b, "ln", b.dense("stem", b.input("x", 12, 32), 32, 32));
    String all = b.dense("qkv", x, 32, 96);
    String[] part = split ? b.split("cut", all, 3, -1) : sliced(b, all);
    String t =
        b.node(
            "kt",
            "Transpose",
            Map.of("perm", new Attr.Ints(java.util.List.of(0L, 2L, 1L))),
            part[1]);
    String a = b.node("att", "Softmax", b.node("scores", "MatMul", part[0], t));
    b.dense("o", b.node("mix", "MatMul", a, part[2]), 32, 32);
    b.dense("head", b.node("sum", "Add", "stem", "o"), 32, 4);
    return b;
  }

  private static String[] sliced(Build b, String all) {
    String[] part = new String[3];
    b.ints("axis", 2);
    for (int i = 0; i < 3; i++) {
      String from = b.ints("from" + i, 32 * i);
      part[i] = b.node("part" + i, "Slice", all, from, b.ints("to" + i, 32 * (i + 1)), "axis");
    }
    return part;
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void fusedProjectionIsLessForQueryAndKeyOnly(boolean split) {
    Graph g = fusedAttention(split).graph("head");
    Solution s = solve(g);
    assertEquals(0, lnM2(s.after(), "scores"), .1);
    TensorPlan qkv = plan(s.plan(), "qkv.weight");
    Draw.Parts parts = assertInstanceOf(Draw.Parts.class, qkv.draw());
    assertEquals(1, parts.axis());
    double[] bounds =
        parts.parts().stream()
            .mapToDouble(d -> assertInstanceOf(Draw.Uniform.class, d).high())
            .toArray();
    // Logits of √32·32^-½ parts: q and k each give up a factor of √32 in variance, v none.
    assertEquals(bounds[0], bounds[1], 1e-9);
    assertEquals(Math.sqrt(32), Math.pow(bounds[2] / bounds[0], 2), .2);
    assertEquals(3.0 / 32, bounds[2] * bounds[2], .05 * 3 / 32);
    assertTrue(qkv.because().contains("logits"), qkv.because());
    // What is written is what was solved.
    Forecast f = PlanForecast.predict(g, s.plan(), SETTINGS);
    assertEquals(lnM2(s.after(), "mix"), lnM2(f, "mix"), 1e-12);
    // The stream's branch is as large as with three matrices.
    Solution apart = solve(attention().graph("head"));
    assertEquals(lnM2(apart.after(), "mix"), lnM2(s.after(), "mix"), .02);
  }

  @Test
  void scoresOfAValueWithItselfAreNoError() {
    Build b = new Build();
    String x = b.dense("stem", b.input("x", 12, 12), 12, 12);
    b.dense("head", b.node("a", "Softmax", b.node("s", "MatMul", x, x)), 12, 4);
    assertTrue(variance(solve(b.graph("head")).plan(), "stem.weight") > 0);
  }

  @Test
  void specsAreThoseOfTheGraph() {
    Graph g = residual(4, false, "").graph("head");
    InitPlan p = solve(g).plan();
    assertEquals(Specs.of(g), p.tensors().stream().map(TensorPlan::spec).toList());
    assertEquals(3, plan(p, "b3.weight").spec().layer());
  }

  // ---- shared and sliced ----

  @Test
  void sharedWeightIsAskedByEveryUse() {
    Build b = new Build();
    String x = b.dense("stem", b.input("x", 64), 64, 64);
    b.weight("w", 64, 64);
    x = b.node("u1", "MatMul", b.node("r1", "Relu", x), "w");
    x = b.node("u2", "MatMul", b.node("r2", "Relu", x), "w");
    b.dense("head", b.node("r3", "Relu", x), 64, 4);
    Solution s = solve(b.graph("head"));
    assertEquals(2.0 / 64, variance(s.plan(), "w"), .1 * 2 / 64);
    assertTrue(plan(s.plan(), "w").because().contains("used 2 times"));
    assertTrue(s.passes() > 1 && s.passes() <= 4);
  }

  @Test
  void sliceOfAWeightIsSolvedInASecondPass() {
    Build b = new Build();
    String x = b.node("r", "Relu", b.dense("stem", b.input("x", 64), 64, 64));
    b.weight("w", 64, 128);
    String[] cut = {"from", "to", "axis"};
    long[] at = {0, 64, 1};
    for (int i = 0; i < 3; i++) {
      b.ints(cut[i], at[i]);
    }
    b.node("half", "Slice", "w", "from", "to", "axis");
    b.dense("head", b.node("a", "Relu", b.node("u", "MatMul", x, "half")), 64, 4);
    Solution s = solve(b.graph("head"));
    assertEquals(0, lnM2(s.after(), "u"), .02);
  }

  // ---- norms ----

  @Test
  void normedSigmoidsMoveTheirOperatingPoint() {
    Build b = new Build();
    String x = b.input("x", 32);
    for (int i = 1; i <= 30; i++) {
      x = norm(b, "ln" + i, b.dense("fc" + i, x, 32, 32));
      x = b.node("s" + i, "Sigmoid", x);
    }
    b.dense("head", x, 32, 4);
    Solution s = solve(b.graph("head"));
    Draw.Constant scale = assertInstanceOf(Draw.Constant.class, plan(s.plan(), "ln9.scale").draw());
    assertTrue(scale.value() > 4 && scale.value() < 9, "scale " + scale.value());
    double before = lnG(s.before(), "ln1") - lnG(s.before(), "ln30");
    double after = lnG(s.after(), "ln1") - lnG(s.after(), "ln30");
    assertTrue(before < -30 && Math.abs(after) < 4, before + " → " + after);
  }

  @Test
  void usualNormsStartAsTheIdentity() {
    Solution s = solve(attention().graph("head"));
    assertEquals(new Draw.Constant(1), plan(s.plan(), "ln.scale").draw());
    assertEquals(new Draw.Constant(0), plan(s.plan(), "ln.shift").draw());
  }
}
