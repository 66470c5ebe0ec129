package org.fanin.torch;

import static org.fanin.torch.OnnxNodes.d;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.fanin.graph.Graph;
import org.fanin.math.Addressed;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Gradients of scale and shift of normalisations, which sum g·x̂ and g over positions, beside
/// those that the engine measures: where the gradient came back through an activation it depends on
/// x̂, and all positions behind global pooling share it.
class NormParametersTest {
  private static final TorchEngine ENGINE = new TorchEngine();
  private static final int SEEDS = 24;
  private static final int C = 16;

  /// A convolution of 3 to 16 channels, then what a case adds, from `h`.
  private static OnnxNodes net() {
    OnnxNodes n = OnnxNodes.of(18).input("x", 8, 3, 12, 12);
    conv(n, "stem", C, 3, 3);
    return n.node("h = Conv x stem", "pads", d(1, 1, 1, 1));
  }

  private static void conv(OnnxNodes n, String name, long out, long in, long k) {
    double[] v = new double[Math.toIntExact(out * in * k * k)];
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.sqrt(2.0 / (in * k * k)) * Addressed.normal(3, name.hashCode(), i);
    }
    n.floats(name, d(out, in, k, k), v);
  }

  private static double[] all(double value) {
    double[] v = new double[C];
    java.util.Arrays.fill(v, value);
    return v;
  }

  private static OnnxNodes norm(OnnxNodes n, String from, String to) {
    for (String p : new String[] {"mean", "shift"}) {
      n.floats(to + p, d(C), all(0));
    }
    n.floats(to + "var", d(C), all(1)).floats(to + "scale", d(C), all(1));
    String spec = "%s = BatchNormalization %s %sscale %sshift %smean %svar";
    return n.node(
        String.format(java.util.Locale.ROOT, spec, to, from, to, to, to, to), "training_mode", 1);
  }

  private static Arguments pooled(String name, OnnxNodes n, String last) {
    conv(n, "head", 10, C, 1);
    return Arguments.of(
        name,
        n.node("r = Relu " + last)
            .node("p = GlobalAveragePool r")
            .node("y = Conv p head")
            .output("y"));
  }

  private static OnnxNodes convolved(OnnxNodes n, String from, String to, int k) {
    conv(n, to + "w", C, C, k);
    long pad = k / 2;
    return n.node(to + " = Conv " + from + " " + to + "w", "pads", d(pad, pad, pad, pad));
  }

  static Stream<Arguments> cases() {
    OnnxNodes residual = convolved(norm(net(), "h", "a").node("b = Relu a"), "b", "c", 3);
    residual = norm(residual, "c", "e").node("s = Add e b");
    OnnxNodes shortcut = norm(convolved(norm(net(), "h", "a"), "a", "c", 1), "c", "e");
    OnnxNodes averaged =
        norm(net(), "h", "a")
            .node(
                "b = AveragePool a",
                "kernel_shape",
                d(3, 3),
                "pads",
                d(1, 1, 1, 1),
                "strides",
                d(2, 2),
                "count_include_pad",
                1);
    averaged = norm(convolved(averaged, "b", "c", 1), "c", "e");
    OnnxNodes grouped =
        net()
            .floats("gs", d(C, 1, 1), all(1))
            .floats("gb", d(C, 1, 1), all(0))
            .floats("one", d(4), 1, 1, 1, 1)
            .floats("zero", d(4), 0, 0, 0, 0)
            .longs("in", d(3), 0, 4, -1)
            .longs("out", d(4), 8, C, 12, 12)
            .node("u = Reshape h in")
            .node("v = InstanceNormalization u one zero")
            .node("w = Reshape v out")
            .node("m = Mul w gs")
            .node("a = Add m gb");
    return Stream.of(
        pooled("norm, ReLU, pooling", norm(net(), "h", "a"), "a"),
        pooled("end of a residual branch", residual, "s"),
        pooled("norms one behind another", shortcut, "e"),
        pooled("a padded average between two norms", averaged, "e"),
        pooled("a group norm of single operators", grouped, "a"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void gradientsAreThoseMeasured(String name, OnnxNodes nodes) throws Exception {
    Graph g = nodes.graph();
    Forecast f = Predictor.predict(g, PredictSettings.defaults());
    double[] measured = new double[g.parameters().size()];
    for (int seed = 1; seed <= SEEDS; seed++) {
      ProbeRequest r =
          ProbeRequest.defaults(8)
              .withMode(PredictSettings.defaults().mode())
              .withSeed(seed)
              .withThreads(1);
      ENGINE
          .measure(g, r, ProbeListener.none())
          .parameters()
          .forEach(p -> measured[p.index()] += p.reading().gm2() / SEEDS);
    }
    double largest = java.util.Arrays.stream(measured).max().orElseThrow();
    int seen = 0;
    for (int i = 0; i < measured.length; i++) {
      String of = g.parameters().get(i).name();
      boolean affine = of.endsWith("scale") || of.endsWith("shift") || of.matches("g[sb]");
      if (affine) {
        double lnP =
            assertInstanceOf(Backward.Known.class, f.parameters().get(i).gradient()).lnGm2();
        seen++;
        if (measured[i] < 1e-20 * largest) {
          assertTrue(lnP < Math.log(1e-20 * largest), of + ": " + lnP);
        } else {
          // One set of weights, 24 inputs and cotangents: rules were off by 1.5 to 5.
          assertEquals(Math.log(measured[i]), lnP, 0.9, of);
        }
      }
    }
    assertTrue(seen >= 2);
  }
}
