package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.graph.Net;
import org.fanin.math.Addressed;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Rules of single operators against what the operator does to N(0, 1) inputs: mean, second moment,
/// cosine between samples, and the second moment of the gradient for N(0, 1) cotangents.
///
/// Each case draws 3000 inputs of 32 or more elements and 300 gradients: standard errors of the
/// second moments are below .01 in ln units (heavy tails .03), so a tolerance of .05 is five of
/// them; where a case asks for more room, the rule approximates.
class RuleMeasureTest {
  private static final int DRAWS = 3000;
  private static final int GRADIENTS = 300;
  private static final double EPS = 1e-5;

  /// @param inputs names and element counts of the graph's inputs, laid one after the other in the
  ///   argument of `f`
  /// @param batch samples, the first axis of the output
  record Case(
      String name,
      Net net,
      Map<String, int[]> inputs,
      int batch,
      UnaryOperator<double[]> f,
      double tolerance,
      double gradientTolerance) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Net one(long... dims) {
    return Net.of().input("x", dims);
  }

  static Net two(long... dims) {
    return one(dims).input("z", dims);
  }

  static Map<String, int[]> of(int n) {
    return Map.of("x", new int[] {0, n});
  }

  static Map<String, int[]> of(int n, int m) {
    return Map.of("x", new int[] {0, n}, "z", new int[] {n, m});
  }

  interface Row {
    double[] of(double[] row);
  }

  /// A function of rows of `n` elements.
  static UnaryOperator<double[]> rows(int n, Row f) {
    return x -> {
      double[] all = null;
      for (int r = 0; r < x.length / n; r++) {
        double[] y = f.of(java.util.Arrays.copyOfRange(x, r * n, (r + 1) * n));
        all = all == null ? new double[x.length / n * y.length] : all;
        System.arraycopy(y, 0, all, r * y.length, y.length);
      }
      return all;
    };
  }

  private interface Pair {
    double of(double a, double b);
  }

  /// A function of two inputs of equal size, element by element.
  private static UnaryOperator<double[]> pairs(Pair f) {
    return x -> {
      double[] y = new double[x.length / 2];
      for (int i = 0; i < y.length; i++) {
        y[i] = f.of(x[i], x[i + y.length]);
      }
      return y;
    };
  }

  private static double fold(double[] x, double start, Pair f) {
    double r = start;
    for (double v : x) {
      r = f.of(r, v);
    }
    return r;
  }

  private static double[] sorted(double[] x, int k, boolean largest) {
    double[] s = x.clone();
    java.util.Arrays.sort(s);
    double[] y = new double[k];
    for (int i = 0; i < k; i++) {
      y[i] = s[largest ? s.length - 1 - i : i];
    }
    return y;
  }

  private static double[] running(double[] x, boolean exclusive, boolean reverse) {
    double[] y = new double[x.length];
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      int at = reverse ? x.length - 1 - i : i;
      y[at] = exclusive ? sum : sum + x[at];
      sum += x[at];
    }
    return y;
  }

  static double relu(double x) {
    return Math.max(0, x);
  }

  static Stream<Case> cases() {
    return Stream.of(joins(), reductions(), runs(), picks(), scatters()).flatMap(s -> s);
  }

  private static Stream<Case> joins() {
    Tensor cubes = Tensor.ofDoubles(Shape.of(8), 3, 3, 3, 3, 3, 3, 3, 3);
    return Stream.of(
        new Case(
            "max of two",
            two(4, 8).node("y = Max x z").output("y"),
            of(32, 32),
            4,
            pairs(Math::max),
            0.05,
            0.05),
        new Case(
            "min of two with different means and scales",
            two(4, 8)
                .scalar("1", 0.7)
                .scalar("2", 2)
                .node("u = Add x 1")
                .node("v = Mul z 2")
                .node("y = Min u v")
                .output("y"),
            of(32, 32),
            4,
            pairs((a, b) -> Math.min(a + 0.7, 2 * b)),
            0.05,
            0.05),
        new Case(
            "max of two functions of one tensor",
            one(4, 8).scalar("1", 0.3).node("u = Mul x 1").node("y = Max x u").output("y"),
            of(32),
            4,
            rows(1, v -> new double[] {Math.max(v[0], 0.3 * v[0])}),
            0.05,
            0.05),
        new Case(
            "power with equal exponents",
            one(4, 8)
                .tensor("p", cubes)
                .scalar("1", 0.5)
                .node("u = Mul x 1")
                .node("y = Pow u p")
                .output("y"),
            of(32),
            4,
            rows(1, v -> new double[] {Math.pow(0.5 * v[0], 3)}),
            0.1,
            0.1));
  }

  private static Stream<Case> reductions() {
    return Stream.of(
        new Case(
            "ReduceL1",
            one(4, 8).node("y = ReduceL1 x", "axes", Net.longs(1)).output("y"),
            of(32),
            4,
            rows(8, v -> new double[] {fold(v, 0, (s, a) -> s + Math.abs(a))}),
            0.05,
            0.05),
        new Case(
            "ReduceProd",
            one(16, 3).node("y = ReduceProd x", "axes", Net.longs(1)).output("y"),
            of(48),
            16,
            rows(3, v -> new double[] {v[0] * v[1] * v[2]}),
            0.1,
            0.1),
        new Case(
            "ReduceMin",
            one(4, 8).node("y = ReduceMin x", "axes", Net.longs(1)).output("y"),
            of(32),
            4,
            rows(8, v -> new double[] {fold(v, 1e9, Math::min)}),
            0.05,
            0.05),
        new Case(
            "ReduceLogSum",
            one(4, 8)
                .scalar("2", 2)
                .node("q = Pow x 2")
                .node("y = ReduceLogSum q", "axes", Net.longs(1))
                .output("y"),
            of(32),
            4,
            rows(8, v -> new double[] {Math.log(fold(v, 0, (s, a) -> s + a * a))}),
            0.1,
            0.4),
        new Case(
            "ReduceLogSumExp",
            one(4, 8)
                .scalar("1", 1.5)
                .node("u = Mul x 1")
                .node("y = ReduceLogSumExp u", "axes", Net.longs(1))
                .output("y"),
            of(32),
            4,
            rows(8, v -> new double[] {Math.log(fold(v, 0, (s, a) -> s + Math.exp(1.5 * a)))}),
            0.05,
            0.05));
  }

  private static Stream<Case> runs() {
    return Stream.of(
        new Case(
            "CumSum",
            one(4, 8).ints("axis", 1).node("y = CumSum x axis").output("y"),
            of(32),
            4,
            rows(8, v -> running(v, false, false)),
            0.05,
            0.05),
        new Case(
            "CumSum of rectified elements, exclusive and reversed",
            one(4, 8)
                .ints("axis", 1)
                .node("u = Relu x")
                .node("y = CumSum u axis", "exclusive", 1, "reverse", 1)
                .output("y"),
            of(32),
            4,
            rows(
                8,
                v -> {
                  double[] u = java.util.Arrays.stream(v).map(RuleMeasureTest::relu).toArray();
                  return running(u, true, true);
                }),
            0.05,
            0.05));
  }

  private static Stream<Case> picks() {
    Tensor tuples = Tensor.ofLongs(Shape.of(7, 2), 0, 0, 1, 3, 2, 4, 3, 1, 0, 2, 2, 2, 3, 3);
    return Stream.of(
        new Case(
            "TopK",
            one(4, 10).ints("k", 3).node("y i = TopK x k", "axis", 1).output("y"),
            of(40),
            4,
            rows(10, v -> sorted(v, 3, true)),
            0.05,
            0.05),
        new Case(
            "TopK of the smallest, around a mean",
            one(4, 10)
                .ints("k", 4)
                .scalar("1", 1)
                .node("u = Add x 1")
                .node("y i = TopK u k", "axis", 1, "largest", 0)
                .output("y"),
            of(40),
            4,
            rows(10, v -> sorted(java.util.Arrays.stream(v).map(a -> a + 1).toArray(), 4, false)),
            0.05,
            0.05),
        new Case(
            "GatherND into another rank",
            one(4, 5, 3).tensor("at", tuples).node("y = GatherND x at").output("y"),
            of(60),
            7,
            x -> {
              double[] y = new double[21];
              for (int i = 0; i < 7; i++) {
                long row = tuples.longAt(2 * i) * 5 + tuples.longAt(2 * i + 1);
                System.arraycopy(x, (int) row * 3, y, i * 3, 3);
              }
              return y;
            },
            0.05,
            0.05));
  }

  private static Stream<Case> scatters() {
    int[] columns = {1, 4, 6};
    Tensor slice = Tensor.ofLongs(Shape.of(4, 3, 2), slice(4, columns));
    Tensor rows = Tensor.ofLongs(Shape.of(6, 1), 0, 2, 2, 5, 7, 1);
    Tensor items = Tensor.ofLongs(Shape.of(4, 2), 0, 5, 3, 1, 7, 2, 4, 6);
    return Stream.of(
        new Case(
            "ScatterND: a slice assigned",
            one(4, 8)
                .input("z", 4, 3)
                .scalar("1", 3)
                .tensor("at", slice)
                .node("u = Mul z 1")
                .node("y = ScatterND x at u")
                .output("y"),
            of(32, 12),
            4,
            x -> {
              double[] y = java.util.Arrays.copyOf(x, 32);
              for (int b = 0; b < 4; b++) {
                for (int j = 0; j < 3; j++) {
                  y[b * 8 + columns[j]] = 3 * x[32 + b * 3 + j];
                }
              }
              return y;
            },
            0.05,
            0.05),
        new Case(
            "ScatterND: rows added",
            one(8, 4)
                .input("z", 6, 4)
                .tensor("at", rows)
                .node("y = ScatterND x at z", "reduction", "add")
                .output("y"),
            of(32, 24),
            8,
            x -> {
              double[] y = java.util.Arrays.copyOf(x, 32);
              for (int r = 0; r < 6; r++) {
                for (int j = 0; j < 4; j++) {
                  y[(int) rows.longAt(r) * 4 + j] += x[32 + r * 4 + j];
                }
              }
              return y;
            },
            0.1,
            0.1),
        new Case(
            "ScatterElements",
            one(4, 8)
                .input("z", 4, 2)
                .scalar("1", 2)
                .tensor("at", items)
                .node("u = Mul z 1")
                .node("y = ScatterElements x at u", "axis", 1)
                .output("y"),
            of(32, 8),
            4,
            x -> {
              double[] y = java.util.Arrays.copyOf(x, 32);
              for (int i = 0; i < 8; i++) {
                y[i / 2 * 8 + (int) items.longAt(i)] = 2 * x[32 + i];
              }
              return y;
            },
            0.05,
            0.05));
  }

  private static long[] slice(int rows, int[] columns) {
    long[] v = new long[rows * columns.length * 2];
    for (int i = 0; i < v.length; i += 2) {
      v[i] = i / 2 / columns.length;
      v[i + 1] = columns[i / 2 % columns.length];
    }
    return v;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheOperator(Case test) throws ModelFormatException {
    check(test);
  }

  static void check(Case test) throws ModelFormatException {
    Graph g = test.net().build();
    Forecast f =
        Predictor.predict(
            g,
            new PredictSettings(
                PredictSettings.Mode.FILE,
                test.batch(),
                Map.of(),
                OptionalDouble.empty(),
                Optional.empty()));
    assertEquals(f.coverage().nodes(), f.coverage().understood(), test.name());
    checkForward(test, f);
    for (Map.Entry<String, int[]> in : test.inputs().entrySet()) {
      checkBackward(test, f, in.getKey(), in.getValue());
    }
  }

  private static Forecast.TensorForecast tensor(Forecast f, String name) {
    return f.tensors().stream()
        .filter(t -> f.graph().value(t.value()).name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static double[] draw(Case test, int draw) {
    int n = test.inputs().values().stream().mapToInt(v -> v[1]).sum();
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = Addressed.normal(7, draw, i);
    }
    return x;
  }

  private static void checkForward(Case test, Forecast f) {
    double m2 = 0;
    double mean = 0;
    double cross = 0;
    for (int d = 0; d < DRAWS; d++) {
      double[] y = test.f().apply(draw(test, d));
      int each = y.length / test.batch();
      for (int i = 0; i < y.length; i++) {
        m2 += y[i] * y[i] / y.length / DRAWS;
        mean += y[i] / y.length / DRAWS;
        // The next sample stands for all others.
        cross += y[i] * y[(i + each) % y.length] / y.length / DRAWS;
      }
    }
    Forecast.Forward.Known k = (Forecast.Forward.Known) tensor(f, "y").forward();
    assertEquals(Math.log(m2), k.lnM2(), test.tolerance(), test.name() + " m2 " + m2);
    assertEquals(mean, k.mean(), test.tolerance() * Math.sqrt(m2), test.name() + " mean");
    if (!Double.isNaN(k.cos())) {
      assertEquals(cross / m2, k.cos(), test.tolerance(), test.name() + " cos");
    }
  }

  private static void checkBackward(Case test, Forecast f, String input, int[] range) {
    double gm2 = 0;
    for (int d = 0; d < GRADIENTS; d++) {
      double[] x = draw(test, d);
      double[] up = x.clone();
      for (int i = range[0]; i < range[0] + range[1]; i++) {
        up[i] = x[i] + EPS;
        double[] high = test.f().apply(up);
        up[i] = x[i] - EPS;
        double[] low = test.f().apply(up);
        up[i] = x[i];
        double slope = 0;
        for (int j = 0; j < high.length; j++) {
          slope += Addressed.normal(8, d, j) * (high[j] - low[j]) / (2 * EPS);
        }
        gm2 += slope * slope / range[1] / GRADIENTS;
      }
    }
    Forecast.Backward b = tensor(f, input).backward();
    assertTrue(b instanceof Forecast.Backward.Known, test.name() + ": " + b);
    double ln = ((Forecast.Backward.Known) b).lnGm2();
    // 300 gradients of some 30 elements: two standard errors are .03 to .06.
    assertEquals(
        Math.log(gm2), ln, test.gradientTolerance() + 0.05, test.name() + " gm2 of " + input);
  }
}
