package org.fanin.solve;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.math.Addressed;
import org.fanin.probe.Adjuster;
import org.fanin.probe.Engine;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Runs matrices, sums and functions forward, in plain Java; what it cannot run it says.
class ToyEngine implements Engine {
  private final double noise;

  /// @param noise relative error of every element, as another order of sums would make it
  ToyEngine(double noise) {
    this.noise = noise;
  }

  /// A forward pass with its values.
  private final class Pass {
    private final Graph graph;
    private final ProbeRequest request;
    private final Adjuster adjuster;
    private final Map<Integer, double[]> held = new HashMap<>();
    private final Map<Integer, String> unknown = new HashMap<>();

    Pass(Graph graph, ProbeRequest request, Adjuster adjuster) {
      this.graph = graph;
      this.request = request;
      this.adjuster = adjuster;
    }

    private void put(int id, double[] x) {
      held.put(id, x);
      if (adjuster.wants(id)) {
        Tensor t = Tensor.ofDoubles(shape(id), x.clone());
        adjuster.adjust(id, t).forEach((v, f) -> held.computeIfPresent(v, (_, y) -> times(y, f)));
      }
    }

    private static double[] times(double[] x, double f) {
      return Arrays.stream(x).map(v -> v * f).toArray();
    }

    private Shape shape(int id) {
      return graph.value(id).shape().orElseThrow();
    }

    private double[] load(Value v) {
      for (int p = 0; p < graph.parameters().size(); p++) {
        if (graph.parameters().get(p).value() == v.id() && request.weights().containsKey(p)) {
          return request.weights().get(p).get().toDoubles();
        }
      }
      if (v.constant().isPresent()) {
        return v.constant().get().toDoubles();
      }
      double[] x = new double[(int) shape(v.id()).count()];
      for (int i = 0; i < x.length; i++) {
        x[i] = Addressed.normal(request.seed(), v.id(), i);
      }
      return x;
    }

    void run(Node n) {
      for (int in : n.inputs()) {
        if (unknown.containsKey(in)) {
          unknown.put(n.outputs().getFirst(), "it comes after what cannot be run");
          return;
        }
        if (!held.containsKey(in)) {
          put(in, load(graph.value(in)));
        }
      }
      int out = n.outputs().getFirst();
      double[] y = made(n, out);
      if (y == null) {
        unknown.put(out, "no rule for " + n.onnxOp());
        return;
      }
      for (int i = 0; i < y.length; i++) {
        y[i] *= 1 + noise * Addressed.normal(7, out, i);
      }
      put(out, y);
    }

    private double[] made(Node n, int out) {
      double[] a = held.get(n.input(0));
      double[] b = held.get(n.input(1));
      return switch (n.op()) {
        case Op.Pointwise(var fn) -> Arrays.stream(a).map(fn::at).toArray();
        case Op.Contract _ when shape(n.input(1)).rank() == 2 ->
            product(a, b, (int) shape(n.input(1)).dim(0), (int) shape(n.input(1)).dim(1));
        case Op.Arithmetic(Op.Arithmetic.Kind kind)
            when kind == Op.Arithmetic.Kind.ADD || kind == Op.Arithmetic.Kind.MUL -> {
          double[] y = new double[(int) shape(out).count()];
          for (int i = 0; i < y.length; i++) {
            double l = a[i % a.length];
            double r = b[i % b.length];
            y[i] = kind == Op.Arithmetic.Kind.ADD ? l + r : l * r;
          }
          yield y;
        }
        case Op _ -> null;
      };
    }

    private static double[] product(double[] a, double[] b, int inner, int cols) {
      int rows = a.length / inner;
      double[] y = new double[rows * cols];
      for (int r = 0; r < rows; r++) {
        for (int k = 0; k < inner; k++) {
          for (int c = 0; c < cols; c++) {
            y[r * cols + c] += a[r * inner + k] * b[k * cols + c];
          }
        }
      }
      return y;
    }
  }

  @Override
  public String name() {
    return "toy";
  }

  @Override
  public Map<Integer, String> forward(
      Graph graph, ProbeRequest request, Adjuster adjuster, ProbeListener listener) {
    Pass pass = new Pass(graph, request, adjuster);
    graph.nodes().forEach(pass::run);
    return pass.unknown;
  }

  @Override
  public Readings measure(Graph graph, ProbeRequest request, ProbeListener listener) {
    throw new UnsupportedOperationException("forward only");
  }

  @Override
  public Linearised linearise(Graph graph, ProbeRequest request) {
    throw new UnsupportedOperationException("forward only");
  }
}
