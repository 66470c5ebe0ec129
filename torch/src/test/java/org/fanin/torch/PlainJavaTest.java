package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.math.Fn;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Multilayer perceptrons by three nested loops: what the truth's 7 digits cannot show.
class PlainJavaTest {
  private static final TorchEngine ENGINE = new TorchEngine();

  /// A dense layer or an activation on [batch][width].
  private sealed interface Layer {
    record Dense(int weight, int bias) implements Layer {}

    record Curve(Fn fn) implements Layer {}
  }

  private final Map<Integer, double[]> values = new HashMap<>();
  private final Map<Integer, double[]> gradients = new HashMap<>();

  /// Sums of up to 4,096 products of doubles, 30 to 50 layers: 1e-12 is thousands of roundings.
  @ParameterizedTest
  @ValueSource(
      strings = {"mlp5_relu_default.onnx", "mlp30_relu_default.onnx", "mlp50_sigmoid_xavier.onnx"})
  void momentsAreThoseOfPlainLoops(String name) throws Exception {
    Sample s = Sample.of(Models.examples().resolve(name));
    Graph g = s.graph();
    Readings r = ENGINE.measure(g, s.request().withThreads(1), ProbeListener.none());
    run(g, s);
    int compared = 0;
    for (Map.Entry<Integer, double[]> e : values.entrySet()) {
      Reading x = r.values().get(e.getKey());
      String what = name + ": " + g.value(e.getKey()).name();
      close(square(e.getValue()), x.m2(), what + " m2");
      close(square(gradients.get(e.getKey())), x.gm2(), what + " gm2");
      compared++;
    }
    assertTrue(compared >= 20, compared + " tensors");
  }

  private static void close(double want, double found, String what) {
    assertEquals(want, found, 1e-12 * want, what);
  }

  private static double square(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v * v;
    }
    return sum / x.length;
  }

  private void run(Graph g, Sample s) {
    int rows = (int) s.truth().batch();
    List<Node> nodes = new ArrayList<>();
    values.put(g.inputs().getFirst(), s.request().input("input").orElseThrow().toDoubles());
    for (Node n : g.nodes()) {
      if (!(n.op() instanceof Op.Folded)) {
        nodes.add(n);
        values.put(n.outputs().getFirst(), forward(g, n, rows));
      }
    }
    Tensor cotangent = s.request().arrays().get("cotangent");
    gradients.put(g.outputs().getFirst(), cotangent.toDoubles());
    for (Node n : nodes.reversed()) {
      backward(g, n, rows);
    }
  }

  private static Layer layer(Graph g, Node n) {
    return switch (n.op()) {
      case Op.Contract _ -> new Layer.Dense(n.input(1), n.input(2));
      case Op.Pointwise p -> new Layer.Curve(p.fn());
      case Op o -> throw new IllegalStateException(g.source() + ": " + o);
    };
  }

  private double[] constant(Graph g, int id) {
    return values.computeIfAbsent(id, i -> g.value(i).constant().orElseThrow().toDoubles());
  }

  /// Weights are [out][in], as torch exports them.
  private double[] forward(Graph g, Node n, int rows) {
    double[] x = values.get(n.input(0));
    return switch (layer(g, n)) {
      case Layer.Curve(Fn fn) -> java.util.Arrays.stream(x).map(fn::at).toArray();
      case Layer.Dense(int weight, int bias) -> {
        double[] w = constant(g, weight);
        double[] b = constant(g, bias);
        int in = x.length / rows;
        double[] y = new double[rows * b.length];
        for (int k = 0; k < y.length; k++) {
          double sum = b[k % b.length];
          for (int j = 0; j < in; j++) {
            sum += w[k % b.length * in + j] * x[k / b.length * in + j];
          }
          y[k] = sum;
        }
        yield y;
      }
    };
  }

  private void backward(Graph g, Node n, int rows) {
    double[] dy = gradients.get(n.outputs().getFirst());
    double[] x = values.get(n.input(0));
    double[] dx = new double[x.length];
    gradients.put(n.input(0), dx);
    switch (layer(g, n)) {
      case Layer.Curve(Fn fn) -> {
        for (int k = 0; k < dx.length; k++) {
          dx[k] = dy[k] * fn.slopeAt(x[k]);
        }
      }
      case Layer.Dense(int weight, int bias) -> {
        double[] w = constant(g, weight);
        double[] dw = new double[w.length];
        double[] db = new double[constant(g, bias).length];
        int in = x.length / rows;
        for (int k = 0; k < dy.length; k++) {
          int o = k % db.length;
          db[o] += dy[k];
          for (int j = 0; j < in; j++) {
            dw[o * in + j] += dy[k] * x[k / db.length * in + j];
            dx[k / db.length * in + j] += dy[k] * w[o * in + j];
          }
        }
        gradients.put(weight, dw);
        gradients.put(bias, db);
      }
    }
  }
}
