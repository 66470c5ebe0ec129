package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.fanin.graph.Graph;
import org.fanin.math.Addressed;
import org.fanin.predict.PredictSettings.Mode;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.spectrum.JacobianSpectrum;
import org.fanin.spectrum.JacobianSpectrum.Unit;
import org.fanin.spectrum.Spectra;
import org.fanin.spectrum.SpectrumSettings;
import org.fanin.spectrum.TangentKernel;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// Jacobians and kernels of networks as they are in files.
class SpectrumTest {
  private static final TorchEngine ENGINE = new TorchEngine();
  private static final SpectrumSettings STANDARD = SpectrumSettings.standard();

  private static Path example(String name) {
    Path beside = Path.of("..", "examples");
    return (Files.isDirectory(beside) ? beside : Path.of("examples")).resolve(name + ".onnx");
  }

  private static double[] normals(long stream, long n) {
    double[] v = new double[(int) n];
    for (int i = 0; i < v.length; i++) {
      v[i] = Addressed.normal(5, stream, i);
    }
    return v;
  }

  private static double[] value(Graph g, ProbeRequest r) {
    try (Linearised l = ENGINE.linearise(g, r)) {
      return l.value();
    }
  }

  private static double norm(double[] a) {
    double s = 0;
    for (double x : a) {
      s += x * x;
    }
    return Math.sqrt(s);
  }

  private static void assertClose(double[] want, double[] have, double relative) {
    double top = norm(want) / Math.sqrt(want.length);
    assertTrue(top > 0);
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], have[i], relative * top, "element " + i);
    }
  }

  private static JacobianSpectrum jacobian(Linearised l, long batch, SpectrumSettings s) {
    return Spectra.jacobian(l, batch, s, ProbeListener.none()).known().orElseThrow();
  }

  private static Tensor moved(Shape s, double[] x, double h, double[] along) {
    double[] y = x.clone();
    for (int i = 0; i < y.length; i++) {
      y[i] += h * along[i];
    }
    return Tensor.ofDoubles(s, y);
  }

  /// Central differences of a smooth network: error h² and rounding/h, both about 1e-9.
  @Test
  void productsWithJacobianAreFiniteDifferences() throws Exception {
    Graph g = Sample.batched(example("lenet_tanh"), 2);
    ProbeRequest r = ProbeRequest.defaults(2).withThreads(1);
    String name = g.value(g.inputs().getFirst()).name();
    Shape shape = g.value(g.inputs().getFirst()).shape().orElseThrow();
    double[] x = normals(1, shape.count());
    double[] t = normals(2, shape.count());
    double h = 1e-5;
    double[] up = value(g, r.withArrays(Map.of(name, moved(shape, x, h, t))));
    double[] down = value(g, r.withArrays(Map.of(name, moved(shape, x, -h, t))));
    double[] slope = new double[up.length];
    for (int i = 0; i < slope.length; i++) {
      slope[i] = (up[i] - down[i]) / (2 * h);
    }
    ProbeRequest here = r.withArrays(Map.of(name, Tensor.ofDoubles(shape, x)));
    try (Linearised l = ENGINE.linearise(g, here)) {
      assertClose(slope, l.pushForward(t), 1e-7);
    }
  }

  /// A token has no derivative: the embedding's rows do. Moving the whole table moves the rows that
  /// were looked up.
  @Test
  void tokensAreDifferentiatedAtTheirEmbedding() throws Exception {
    Graph g = Sample.batched(example("gru_clf"), 2);
    ProbeRequest r = ProbeRequest.defaults(2).withThreads(1);
    int table = -1;
    for (int i = 0; i < g.parameters().size(); i++) {
      if (g.parameters().get(i).name().contains("emb")) {
        table = i;
      }
    }
    Tensor file = g.parameters().get(table).data();
    double[] along = normals(3, file.count());
    double h = 1e-5;
    int at = table;
    double[] up =
        value(g, r.withWeights(Map.of(at, () -> moved(file.shape(), file.toDoubles(), h, along))));
    double[] down =
        value(g, r.withWeights(Map.of(at, () -> moved(file.shape(), file.toDoubles(), -h, along))));
    double[] slope = new double[up.length];
    for (int i = 0; i < slope.length; i++) {
      slope[i] = (up[i] - down[i]) / (2 * h);
    }
    double[] rows =
        embedded(g, r.withWeights(Map.of(at, () -> Tensor.ofDoubles(file.shape(), along))));
    try (Linearised l = ENGINE.linearise(g, r)) {
      assertEquals(1, l.from().size());
      assertEquals(rows.length, l.inputs());
      assertClose(slope, l.pushForward(rows), 1e-7);
      JacobianSpectrum s = jacobian(l, 2, STANDARD);
      assertEquals(Unit.SAMPLE, s.unit());
      assertTrue(s.largest() > 0);
    }
  }

  /// What the first lookup gives.
  private static double[] embedded(Graph g, ProbeRequest r) {
    double[][] seen = new double[1][];
    int out =
        g.nodes().stream()
            .filter(
                n ->
                    n.onnxOp().equals("Gather")
                        && g.value(n.outputs().getFirst()).dtype().floating())
            .findFirst()
            .orElseThrow()
            .outputs()
            .getFirst();
    ENGINE.measure(
        g,
        r,
        new ProbeListener() {
          @Override
          public boolean wants(int value) {
            return value == out;
          }

          @Override
          public void forward(int value, Tensor elements) {
            seen[0] = elements.toDoubles();
          }
        });
    return seen[0];
  }

  /// The mean of σ² is the second moment of the gradient at the input, for a cotangent N(0,1): here
  /// of one cotangent, so within 5 standard errors of the measurement over 16 samples (Student's t,
  /// 15 degrees of freedom: a false alarm in 6,000; the seed is fixed).
  @Test
  void meanSquareIsTheGradientAtTheInput() throws Exception {
    Graph g = Sample.batched(example("lenet_tanh"), 16);
    ProbeRequest r = ProbeRequest.defaults(16).withThreads(1);
    Readings once = ENGINE.measure(g, r, ProbeListener.none());
    var reading = once.values().get(g.inputs().getFirst());
    try (Linearised l = ENGINE.linearise(g, r)) {
      JacobianSpectrum s = jacobian(l, 16, STANDARD.withSamples(16));
      assertEquals(Unit.SAMPLE, s.unit());
      double mean = Math.exp(s.lnMeanSquare().value()) * s.directions() / s.columns();
      assertTrue(reading.errors().gm2() < reading.gm2() / 3);
      assertEquals(reading.gm2(), mean, 5 * reading.errors().gm2());
      JacobianSpectrum p = jacobian(l, 16, STANDARD.withExact(0).withSamples(16).withProbes(6, 10));
      assertEquals(s.worst().condition(), p.worst().condition(), 1e-6 * s.worst().condition());
      assertEquals(
          s.lnMeanSquare().value(), p.lnMeanSquare().value(), 5 * p.lnMeanSquare().probeError());
    }
  }

  @Test
  void batchStatisticsCoupleSamples() throws Exception {
    Graph g = Sample.batched(example("pointnet"), 4);
    ProbeRequest r = ProbeRequest.defaults(4).withThreads(1);
    Map<Mode, Unit> units = new HashMap<>();
    for (Mode m : List.of(Mode.TRAIN, Mode.EVAL)) {
      try (Linearised l = ENGINE.linearise(g, r.withMode(m))) {
        units.put(m, jacobian(l, 4, STANDARD).unit());
      }
    }
    assertEquals(Map.of(Mode.TRAIN, Unit.BATCH_COUPLED, Mode.EVAL, Unit.SAMPLE), units);
  }

  /// Σ over outputs and samples of the squared length of each one's gradient.
  @Test
  void kernelsTraceIsTheParametersGradients() throws Exception {
    Graph g = Sample.batched(example("mlp5_relu_default"), 8);
    ProbeRequest r = ProbeRequest.defaults(8).withThreads(1);
    try (Linearised l = ENGINE.linearise(g, r)) {
      TangentKernel k = Spectra.kernel(l, 8, STANDARD, ProbeListener.none()).known().orElseThrow();
      assertTrue(k.exact());
      double trace = Math.exp(k.lnMeanDiagonal().value()) * k.samples() * k.outputs();
      double byHand = 0;
      double[] u = new double[(int) l.outputs()];
      for (int i = 0; i < u.length; i++) {
        u[i] = 1;
        double n = norm(l.pullBackToParameters(u));
        byHand += n * n;
        u[i] = 0;
      }
      assertEquals(byHand, trace, 1e-9 * trace);
      assertEquals(1, k.shares().stream().mapToDouble(TangentKernel.Share::share).sum(), 1e-12);
    }
  }

  /// Each pass makes about 3 MB of gradients here: 200 of them not let go would be 500 MB.
  @Test
  void passesLetGoOfTheirGradients() throws Exception {
    Graph g = Sample.batched(example("lenet_tanh"), 16);
    try (Linearised l = ENGINE.linearise(g, ProbeRequest.defaults(16).withThreads(1))) {
      double[] u = normals(1, l.outputs());
      double[] v = normals(2, l.inputs());
      long before = 0;
      for (int i = 0; i < 220; i++) {
        if (i == 20) {
          before = Pointer.physicalBytes();
        }
        assertTrue(l.pullBack(u).length > 0);
        if (i % 4 == 0) {
          assertTrue(l.pushForward(v).length > 0);
        }
      }
      long grown = Pointer.physicalBytes() - before;
      assertTrue(grown < 200_000_000, grown + " bytes more after 200 passes");
    }
  }
}
