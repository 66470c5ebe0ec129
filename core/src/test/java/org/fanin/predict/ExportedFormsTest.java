package org.fanin.predict;

import static org.fanin.predict.RuleMeasureTest.of;
import static org.fanin.predict.RuleMeasureTest.one;
import static org.fanin.predict.RuleMeasureTest.rows;
import static org.fanin.predict.RuleMeasureTest.two;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.graph.Net;
import org.fanin.math.Addressed;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.RuleMeasureTest.Case;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What exporters write in place of the operator that was meant: infinite bounds, masks made of
/// sums and products, lookups made of products, control flow.
class ExportedFormsTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final int T = 6;

  static Stream<Case> cases() {
    return Stream.of(bounds(), masks(), steps()).flatMap(s -> s);
  }

  private static Stream<Case> bounds() {
    Tensor low = Tensor.ofDoubles(Shape.of(8), -INF, -INF, -INF, -INF, -INF, -INF, -INF, -INF);
    return Stream.of(
        same("max with −∞", one(4, 8).scalar("lowest", -INF).node("y = Max lowest x").output("y")),
        same(
            "max with a row of −∞", one(4, 8).tensor("low", low).node("y = Max x low").output("y")),
        same("min with +∞", one(4, 8).scalar("most", INF).node("y = Min x most").output("y")),
        same(
            "clip from −∞ to +∞",
            one(4, 8)
                .scalar("lowest", -INF)
                .scalar("most", INF)
                .node("y = Clip x lowest most")
                .output("y")),
        new Case(
            "clip from −∞ to 1",
            one(4, 8).scalar("lowest", -INF).scalar("1", 1).node("y = Clip x lowest 1").output("y"),
            of(32),
            4,
            rows(1, v -> new double[] {Math.min(1, v[0])}),
            0.05,
            0.05));
  }

  private static Case same(String name, Net net) {
    return new Case(name, net, of(32), 4, x -> x.clone(), 0.05, 0.05);
  }

  // ---- masks ----

  private static Tensor causal(double off) {
    double[] v = new double[T * T];
    for (int i = 0; i < v.length; i++) {
      v[i] = i % T > i / T ? off : 0;
    }
    return Tensor.ofDoubles(Shape.of(T, T), v);
  }

  private static double[] causalSoftmax(double[] x) {
    double[] y = new double[T * T];
    for (int i = 0; i < T; i++) {
      double sum = 0;
      for (int j = 0; j <= i; j++) {
        sum += Math.exp(x[i * T + j]);
      }
      for (int j = 0; j <= i; j++) {
        y[i * T + j] = Math.exp(x[i * T + j]) / sum;
      }
    }
    return y;
  }

  private static Case masked(String name, Net net) {
    return new Case(
        name, net, of(4 * T * T), 4, rows(T * T, ExportedFormsTest::causalSoftmax), 0.07, 0.2);
  }

  private static Stream<Case> masks() {
    Net logits = one(4, T, T);
    return Stream.concat(
        Stream.of(-INF, -1e9, -100.0, (double) -Float.MAX_VALUE)
            .map(
                off ->
                    masked(
                        "a mask of " + off,
                        one(4, T, T)
                            .tensor("m", causal(off))
                            .node("l = Add x m")
                            .node("y = Softmax l")
                            .output("y"))),
        Stream.of(
            masked(
                "a mask unsqueezed, times a number, before the logits",
                logits
                    .tensor("m", causal(-INF))
                    .ints("axis", 0)
                    .scalar("1", 2)
                    .node("u = Unsqueeze m axis")
                    .node("v = Mul u 1")
                    .node("l = Add v x")
                    .node("r = Identity l")
                    .node("y = Softmax r")
                    .output("y")),
            masked(
                "ones and zeros, less than one, times −1e4",
                one(4, T, T)
                    .tensor("keep", kept())
                    .scalar("1", 1)
                    .scalar("2", -1e4)
                    .node("k = Cast keep", "to", 1)
                    .node("u = Sub 1 k")
                    .node("v = Mul u 2")
                    .node("l = Add x v")
                    .node("y = Softmax l")
                    .output("y")),
            masked(
                "−∞ in place of logits, reshaped",
                one(4, T, T)
                    .tensor("keep", kept())
                    .ints("to", 2, 2, T, T)
                    .ints("back", 4, T, T)
                    .scalar("lowest", -INF)
                    .node("k = Cast keep", "to", 9)
                    .node("u = Where k x lowest")
                    .node("v = Reshape u to")
                    .node("w = Softmax v")
                    .node("y = Reshape w back")
                    .output("y")),
            masked(
                "two masks, one after the other, and a scale",
                one(4, T, T)
                    .tensor("m", causal(-1e9))
                    .tensor("n", causal(-INF))
                    .scalar("1", 0.5)
                    .scalar("2", 2)
                    .node("s = Mul x 1")
                    .node("l = Add s m")
                    .node("k = Add l n")
                    .node("u = Mul k 2")
                    .node("y = Softmax u")
                    .output("y"))));
  }

  private static Tensor kept() {
    long[] v = new long[T * T];
    for (int i = 0; i < v.length; i++) {
      v[i] = i % T > i / T ? 0 : 1;
    }
    return Tensor.ofLongs(Shape.of(T, T), v);
  }

  // ---- steps ----

  private static double[] halves(double[] x) {
    double[] y = new double[x.length];
    double h = 0;
    for (int i = 0; i < x.length; i++) {
      h = 0.5 * h + x[i];
      y[i] = h;
    }
    return y;
  }

  private static Stream<Case> steps() {
    Net body =
        Net.of()
            .input("h")
            .input("e")
            .scalar("1", 0.5)
            .node("d = Mul h 1")
            .node("n = Add d e")
            .node("o = Identity n")
            .output("n", "o");
    Net turn =
        Net.of()
            .input("i")
            .input("c")
            .input("h")
            .scalar("1", 3)
            .node("d = Identity c")
            .node("n = Mul h 1")
            .output("d", "n");
    return Stream.of(
        new Case(
            "a scan over the second axis",
            one(16, 8)
                .tensor("start", Tensor.ofDoubles(Shape.of(16), new double[16]))
                .node(
                    "last y = Scan start x",
                    "body",
                    body.graph(),
                    "num_scan_inputs",
                    1,
                    "scan_input_axes",
                    Net.longs(1),
                    "scan_output_axes",
                    Net.longs(1))
                .output("y"),
            of(128),
            16,
            rows(8, ExportedFormsTest::halves),
            0.05,
            0.05),
        new Case(
            "a loop of three steps",
            one(4, 8)
                .tensor("n", Tensor.ofLongs(Shape.of(), 3))
                .node("y = Loop n _ x", "body", turn.graph())
                .output("y"),
            of(32),
            4,
            rows(1, v -> new double[] {27 * v[0]}),
            0.05,
            0.05),
        new Case(
            "a product of vectors",
            two(64).node("p = MatMul x z").ints("to", 1, 1).node("y = Reshape p to").output("y"),
            Map.of("x", new int[] {0, 64}, "z", new int[] {64, 64}),
            1,
            x -> {
              double s = 0;
              for (int i = 0; i < 64; i++) {
                s += x[i] * x[i + 64];
              }
              return new double[] {s};
            },
            0.15,
            0.1));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithWhatIsMeant(Case test) throws Exception {
    RuleMeasureTest.check(test);
  }

  // ---- weights and tables ----

  private static Tensor normal(int stream, double sd, long... dims) {
    double[] v = new double[(int) Shape.of(dims).count()];
    for (int i = 0; i < v.length; i++) {
      v[i] = sd * Addressed.normal(19, stream, i);
    }
    return Tensor.ofDoubles(Shape.of(dims), v);
  }

  private static Forecast predict(Graph g) {
    return Predictor.predict(
        g,
        new PredictSettings(
            PredictSettings.Mode.FILE, 16, Map.of(), OptionalDouble.empty(), Optional.empty()));
  }

  private static double m2(Forecast f, String name) {
    Forward w =
        f.tensors().stream()
            .filter(t -> f.graph().value(t.value()).name().equals(name))
            .findFirst()
            .orElseThrow()
            .forward();
    return Math.exp(assertInstanceOf(Forward.Known.class, w, () -> name + ": " + w).lnM2());
  }

  private static double parameterGradient(Forecast f, String name) {
    int i = 0;
    while (!f.graph().parameters().get(i).name().equals(name)) {
      i++;
    }
    Backward b = f.parameters().get(i).gradient();
    return Math.exp(assertInstanceOf(Backward.Known.class, b, () -> name + ": " + b).lnGm2());
  }

  /// gm2 of W: each element meets 8 samples, times .01².
  @Test
  void aNumberBetweenAParameterAndItsUseCountsSquared() throws Exception {
    Graph g =
        Net.of()
            .input("x", 8, 16)
            .tensor("W", normal(1, 1, 32, 16))
            .scalar("1", 0.01)
            .ints("ax", 0)
            .ints("ax1", 1)
            .ints("ax2", 2)
            .node("U = Unsqueeze W ax")
            .node("V = Mul U 1")
            .node("X = Unsqueeze x ax1")
            .node("P = Mul V X")
            .node("y = ReduceSum P ax2", "keepdims", 0)
            .output("y")
            .build();
    assertEquals(8e-4, parameterGradient(predict(g), "W"), 1e-6);
  }

  @Test
  void aSpectralNormIsTheNumberThatItIs() throws Exception {
    Tensor u = normal(2, 1, 32);
    Tensor v = normal(3, 1, 16);
    Tensor w = normal(4, 1, 32, 16);
    double s = 0;
    for (int i = 0; i < 32; i++) {
      for (int j = 0; j < 16; j++) {
        s += u.at(i) * w.at(16 * i + j) * v.at(j);
      }
    }
    Graph g =
        Net.of()
            .input("x", 8, 16)
            .tensor("W", w)
            .tensor("v", v)
            .tensor("u", u)
            .node("Wv = MatMul W v")
            .node("s = MatMul u Wv")
            .node("Wn = Div W s")
            .node("y = Gemm x Wn", "transB", 1)
            .output("y")
            .build();
    Forecast f = predict(g);
    assertEquals(f.coverage().nodes(), f.coverage().understood());
    assertEquals(s * s, m2(f, "s"), 1e-9 * s * s);
    assertEquals(16 / (s * s), m2(f, "y"), 0.15 * 16 / (s * s));
    assertTrue(parameterGradient(f, "W") > 0);
  }

  @Test
  void onesTimesATableAreALookup() throws Exception {
    Net n =
        Net.of()
            .input("ids", DType.I64, 16, 8)
            .tensor("W", normal(5, 0.2, 50, 32))
            .ints("depth", 50)
            .tensor("values", Tensor.ofLongs(Shape.of(2), 0, 1))
            .node("hot = OneHot ids depth values", "axis", -1)
            .node("h = Cast hot", "to", 1)
            .node("y = MatMul h W")
            .output("y");
    Forecast f = predict(n.build());
    assertEquals(f.coverage().nodes(), f.coverage().understood());
    assertEquals(0.04, m2(f, "y"), 0.002);
    // 128 lookups of 50 rows.
    assertEquals(128 / 50.0, parameterGradient(f, "W"), 0.05);
  }

  @Test
  void aTableOfIntegersIsLookedUp() throws Exception {
    long[] table = new long[50 * 64];
    double q = 0;
    for (int i = 0; i < table.length; i++) {
      table[i] = Math.round(40 * Addressed.normal(19, 6, i));
      q += 1e-4 * (table[i] - 3) * (table[i] - 3) / table.length;
    }
    Net n =
        Net.of()
            .input("ids", DType.I64, 16, 8)
            .tensor("t", Tensor.ofLongs(Shape.of(50, 64), table))
            .scalar("scale", 0.01)
            .tensor("zero", Tensor.ofLongs(Shape.of(), 3))
            .node("g = Gather t ids")
            .node("y = DequantizeLinear g scale zero")
            .output("y");
    Forecast f = predict(n.build());
    assertEquals(f.coverage().nodes(), f.coverage().understood());
    // The numbers are those of a normal law of variance .16, which is recognised.
    assertEquals(q, m2(f, "y"), 0.05 * q);
  }

  @Test
  void bothBranchesAreFollowed() throws Exception {
    Forecast f = predict(conditional("Relu", "Identity").build());
    assertEquals(f.coverage().nodes(), f.coverage().understood());
    double l = m2(f, "l");
    assertEquals(0.75 * l, m2(f, "y"), 1e-9 * l);
    // The whole gradient reaches W by one branch, half of it by the other.
    assertEquals(16 * 0.75, parameterGradient(f, "W"), 0.01);
  }

  @Test
  void branchesOfDifferentShapesAreNotKnown() throws Exception {
    Forecast f = predict(conditional("Flatten", "Size").build());
    int i = 0;
    while (!f.graph().parameters().get(i).name().equals("W")) {
      i++;
    }
    assertInstanceOf(Backward.Unknown.class, f.parameters().get(i).gradient());
    assertFalse(f.coverage().foreign().isEmpty());
  }

  private static Net conditional(String yes, String no) {
    return Net.of()
        .input("x", 16, 64)
        .input("c", DType.BOOL)
        .tensor("W", normal(7, 0.2, 64, 32))
        .node("l = MatMul x W")
        .node(
            "y = If c",
            "then_branch",
            Net.of().node("a = " + yes + " l").output("a").graph(),
            "else_branch",
            Net.of().node("b = " + no + " l").output("b").graph())
        .output("y");
  }
}
