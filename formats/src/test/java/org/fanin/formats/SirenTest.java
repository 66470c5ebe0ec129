package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.floats;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judge;
import org.fanin.judge.Judgement;
import org.fanin.judge.Thresholds;
import org.fanin.judge.Verdict;
import org.fanin.math.Addressed;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.report.Recommender;
import org.fanin.solve.Auto;
import org.fanin.solve.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A constant between a layer and its activation belongs to the layer: sin(ω₀·(Wx + b)) wants
/// U(±√(6/n)/ω₀), its first layer U(±1/n) (Sitzmann et al. 2020, §3.2).
class SirenTest {
  private static final int WIDTH = 128;
  private static final int LAYERS = 6;

  @TempDir private Path dir;

  /// @param right whether ω₀ is in the weights
  /// @param matmul layers of MatMul and Add, ω₀ the first factor
  private Graph siren(double omega, boolean right, boolean matmul) throws Exception {
    GraphProto.Builder g = GraphProto.newBuilder().setName("siren");
    g.addInput(value("x", "batch", 2)).addOutput(value("y", "batch", 1));
    g.addInitializer(floats("omega", new long[0], (float) omega));
    String from = "x";
    for (int l = 0; l < LAYERS; l++) {
      int in = l == 0 ? 2 : WIDTH;
      int out = l == LAYERS - 1 ? 1 : WIDTH;
      double bound = l == 0 ? 1.0 / in : Math.sqrt(6.0 / in) / (right ? omega : 1);
      String w = "layer." + l + ".weight";
      String b = "layer." + l + ".bias";
      g.addInitializer(uniform(w, bound, in, out)).addInitializer(uniform(b, .05, out));
      String z = l == LAYERS - 1 ? "y" : "z" + l;
      if (matmul) {
        g.addNode(node("MatMul", List.of(from, w), List.of("m" + l)));
        g.addNode(node("Add", List.of("m" + l, b), List.of(z)));
      } else {
        g.addNode(node("Gemm", List.of(from, w, b), List.of(z)));
      }
      if (l < LAYERS - 1) {
        List<String> factors = matmul ? List.of("omega", z) : List.of(z, "omega");
        g.addNode(node("Mul", factors, List.of("s" + l)));
        g.addNode(node("Sin", List.of("s" + l), List.of("h" + l)));
        from = "h" + l;
      }
    }
    Path file = dir.resolve("siren.onnx");
    Files.write(file, OnnxBuild.model(g).toByteArray());
    return GraphBuilder.build(OnnxReader.read(file), new Bindings(16, Map.of()));
  }

  private static ai.onnx.proto.OnnxMl.TensorProto uniform(String name, double bound, long... dims) {
    long n = 1;
    for (long d : dims) {
      n *= d;
    }
    float[] v = new float[Math.toIntExact(n)];
    for (int i = 0; i < v.length; i++) {
      double u = org.fanin.math.Normal.cdf(Addressed.normal(5, name.hashCode(), i));
      v[i] = (float) (bound * (2 * u - 1));
    }
    return floats(name, dims, v);
  }

  private static List<String> rules(Graph g, Verdict.Level... levels) {
    Judgement j =
        Judge.judge(Predictor.predict(g, PredictSettings.defaults()), Thresholds.standard());
    return j.verdicts().stream()
        .filter(v -> List.of(levels).contains(v.level()))
        .map(Verdict::rule)
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"30, false", "30, true", "10, true"})
  void theRightOneIsRightAndTheWrongOneExplodes(double omega, boolean matmul) throws Exception {
    assertEquals(
        List.of(), rules(siren(omega, true, matmul), Verdict.Level.FAIL, Verdict.Level.WARN));
    assertTrue(
        rules(siren(omega, false, matmul), Verdict.Level.FAIL).contains("exploding-gradient"));
  }

  @ParameterizedTest
  @CsvSource({"30, false", "30, true", "10, true"})
  void autoDrawsThePapersLaw(double omega, boolean matmul) throws Exception {
    var plan =
        Auto.solve(siren(omega, false, matmul), Target.BOTH, 1, PredictSettings.defaults()).plan();
    Map<String, Double> variance =
        plan.tensors().stream().collect(Collectors.toMap(TensorPlan::name, TensorPlan::variance));
    assertEquals(1.0 / 12, variance.get("layer.0.weight"), .02 / 12);
    for (int l = 1; l < LAYERS - 1; l++) {
      double wanted = 2 / (omega * omega * WIDTH);
      assertEquals(wanted, variance.get("layer." + l + ".weight"), .05 * wanted);
    }
  }

  @Test
  void theConstantIsPartOfWhatIsSaidOfALayer() throws Exception {
    Graph g = siren(30, true, true);
    TensorSpec spec =
        Specs.of(g).stream()
            .filter(s -> s.name().equals("layer.1.weight"))
            .findFirst()
            .orElseThrow();
    assertEquals("sin", spec.activation());
    assertEquals(30, spec.gain(), 1e-12);
    Recommender r = new Recommender(g);
    Map<String, String> schemes =
        g.parameters().stream()
            .filter(p -> p.name().endsWith("weight"))
            .collect(Collectors.toMap(p -> p.name(), p -> r.of(p).orElseThrow().scheme().name()));
    assertEquals("siren-first", schemes.get("layer.0.weight"));
    assertEquals("siren", schemes.get("layer.1.weight"));
  }
}
