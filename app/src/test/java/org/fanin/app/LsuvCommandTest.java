package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.compare.Verification;
import org.fanin.formats.JsonTree;
import org.fanin.formats.NpzReader;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What `init --recipe lsuv` writes is measured again by the engine's full measurement. Seeds are
/// fixed and the bounds are the recipe's own, so there are no false alarms.
class LsuvCommandTest {
  @TempDir private Path dir;

  private Run init(String model, String out, String... more) {
    List<String> args =
        new ArrayList<>(List.of("init", Run.example(model), "-o", dir.resolve(out).toString()));
    args.addAll(List.of(more));
    return Run.of(args.toArray(String[]::new));
  }

  private Map<?, ?> json(String model, String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of("--force", "--json", "-"));
    args.addAll(List.of(more));
    Run r = init(model, "out.onnx", args.toArray(String[]::new));
    assertEquals("", r.err());
    assertEquals(0, r.code());
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  private static List<?> layers(Map<?, ?> j) {
    return (List<?>) ((Map<?, ?>) j.get("lsuv")).get("layers");
  }

  private static double number(Object o, String key) {
    return (Double) ((Map<?, ?>) o).get(key);
  }

  private static Graph graph(Path file, Map<String, Shape> shapes)
      throws ModelFormatException, IOException {
    return GraphBuilder.build(OnnxReader.read(file), new Bindings(16, shapes));
  }

  /// Deviations of nodes' outputs by a measurement that knows nothing of the recipe.
  private Map<String, Double> measured(Map<String, Tensor> arrays, long seed)
      throws ModelFormatException, IOException {
    Map<String, Shape> shapes = new HashMap<>();
    arrays.forEach((k, t) -> shapes.put(k.replaceFirst("^in_", ""), t.shape()));
    long batch =
        arrays.entrySet().stream()
            .filter(e -> e.getKey().startsWith("in_"))
            .mapToLong(e -> e.getValue().shape().dim(0))
            .findFirst()
            .orElse(16);
    Graph g = graph(dir.resolve("out.onnx"), shapes);
    ProbeRequest request =
        ProbeRequest.defaults(batch)
            .withMode(PredictSettings.Mode.TRAIN)
            .withArrays(arrays)
            .withThreads(1)
            .withSeed(seed);
    Readings r = Engines.require().measure(g, request, ProbeListener.none());
    Map<String, Double> std = new HashMap<>();
    g.nodes()
        .forEach(
            n -> {
              Reading at = r.values().get(n.outputs().getFirst());
              if (at != null) {
                std.put(n.name(), Math.sqrt(at.m2() - at.mean() * at.mean()));
              }
            });
    return std;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp30_relu_default",
        "mlp50_sigmoid_xavier",
        "lenet_tanh",
        "resnet20_nonorm",
        "gpt2_pre_ln_op17",
        "pointnet",
        "lstm_clf"
      })
  void everyLayerOfTheFileIsAtItsTarget(String model) throws Exception {
    Map<?, ?> j = json(model, "--recipe", "lsuv", "--seed", "5");
    Map<String, Double> std = measured(Map.of(), 5);
    assertTrue(layers(j).size() >= 2);
    for (Object l : layers(j)) {
      assertEquals("scaled", ((Map<?, ?>) l).get("state"), l.toString());
      double there = std.get(((Map<?, ?>) l).get("node"));
      assertEquals(1, there / number(l, "target"), .05, l.toString());
      assertEquals(1, there / number(l, "std"), 1e-5, "weights are float32: " + l);
    }
    assertTrue(number(j.get("lsuv"), "passes") <= 10);
    boolean residual = model.startsWith("resnet") || model.startsWith("gpt2");
    assertEquals(residual, layers(j).stream().anyMatch(l -> number(l, "target") < .9));
  }

  @Test
  void dataOfAFileDecidesAndIsNamedByItsHash() throws Exception {
    Path npz = Path.of(Run.example("lenet_tanh").replace(".onnx", ".io.npz"));
    Map<?, ?> j = json("lenet_tanh", "--recipe", "lsuv", "--data", npz.toString());
    String recipe = (String) j.get("recipe");
    assertTrue(recipe.matches("lsuv\\(data=sha256:[0-9a-f]{16}, batch=\\d+\\)"), recipe);
    Map<String, Double> std = measured(NpzReader.read(npz), 0);
    for (Object l : layers(j)) {
      assertEquals(1, std.get(((Map<?, ?>) l).get("node")), .05, l.toString());
    }
    Object synthetic = json("lenet_tanh", "--recipe", "lsuv").get("plan_sha256");
    assertNotEquals(j.get("plan_sha256"), synthetic);
  }

  /// The first feature stands at 1000 ± 1, the second is small: 96 units see both alike once they
  /// are standardised.
  @Test
  void tablesAreStandardisedWhenAsked() throws IOException {
    StringBuilder csv = new StringBuilder("label,a,b\n");
    for (int i = 0; i < 40; i++) {
      csv.append(i % 3).append(',').append(1000 + (i * 7 % 11) - 5).append(',');
      csv.append(.001 * (i * 5 % 13 - 6)).append('\n');
    }
    String file = Files.writeString(dir.resolve("d.csv"), csv).toString();
    String[] data = {"--recipe", "lsuv", "--data", file, "--columns", "!label", "--standardise"};
    Map<?, ?> j = json("siren5", data);
    assertTrue(((String) j.get("recipe")).contains(" !label standardised, batch=16)"));
    Object first = layers(j).getFirst();
    // Orthonormal columns: 96·σ² of an output is the sum of the inputs' second moments, here of 16
    // of the 40 samples.
    assertEquals(Math.sqrt(2 / 96.0), number(first, "unscaled_std"), .03);
    for (Object l : layers(j)) {
      assertEquals("scaled", ((Map<?, ?>) l).get("state"), l.toString());
    }
    assertEquals(2, init("siren5", "o.onnx", "--recipe", "lsuv", "--standardise").code());
  }

  @Test
  void thePlanGivesTheSameBytesWithoutDataAndThreadsChangeNothing() throws IOException {
    Path npz = Path.of(Run.example("gru_clf").replace(".onnx", ".io.npz"));
    String[] plans = new String[2];
    for (int i = 0; i < 2; i++) {
      Path plan = dir.resolve(i + ".yaml");
      String[] more = {
        "--recipe",
        "lsuv",
        "--data",
        npz.toString(),
        "--plan",
        plan.toString(),
        "--threads",
        "" + (1 + i)
      };
      assertEquals(0, init("gru_clf", i + ".onnx", more).code());
      plans[i] = Files.readString(plan);
    }
    assertEquals(plans[0], plans[1]);
    String plan = dir.resolve("0.yaml").toString();
    assertEquals(0, init("gru_clf", "again.onnx", "--recipe", plan).code());
    byte[] first = Files.readAllBytes(dir.resolve("0.onnx"));
    assertArrayEquals(first, Files.readAllBytes(dir.resolve("1.onnx")));
    assertArrayEquals(first, Files.readAllBytes(dir.resolve("again.onnx")));
  }

  @Test
  void schemesOfTheUserAreMeasuredThroughAndDeadLayersNamed() {
    Run r =
        Run.of(
            "init",
            Run.example("mlp5_relu_default"),
            "--plan-only",
            "--recipe",
            "lsuv",
            "--scheme",
            "^4\\.weight=zeros");
    assertEquals(0, r.code(), r.err());
    String text = r.out().replaceAll("\\s+", " ");
    assertTrue(text.contains("2 of 4 layers at their target"), r.out());
    assertTrue(text.contains("lsuv at /6/Gemm (6.weight): its output does not vary"), r.out());
    assertTrue(text.contains("lsuv at /8/Gemm (8.weight): its output does not vary"), r.out());
  }

  // ---- verify ----

  @ParameterizedTest
  @CsvSource({"mlp30_relu_default, auto", "resnet20_nonorm, lsuv", "lenet_tanh, he-normal"})
  void whatWasWrittenIsMeasured(String model, String recipe) throws IOException {
    Map<?, ?> j = json(model, "--recipe", recipe, "--verify");
    Map<?, ?> v = (Map<?, ?>) j.get("verification");
    assertEquals(true, v.get("as_planned"), v.toString());
    Map<?, ?> gradient = (Map<?, ?>) v.get("log10_gm2_spread_layers");
    double predicted = number(j.get("after"), "log10_gm2_spread_layers");
    assertEquals(predicted, number(gradient, "predicted"), .2, "heads and gates aside");
    assertEquals(predicted, number(gradient, "after"), 1);
    if (model.startsWith("mlp30")) {
      assertTrue(number(gradient, "before") > 20);
    }
    for (Object l : (List<?>) v.get("layers")) {
      Object after = ((Map<?, ?>) l).get("after");
      assertTrue(number(after, "std") > 0 && number(after, "gm2") > 0, l.toString());
    }
  }

  /// The old weights, passed off as the plan's.
  @Test
  void aMeasurementThatContradictsThePlanIsSaid() throws Exception {
    Path file = Path.of(Run.example("mlp30_relu_default"));
    Graph g = graph(file, Map.of());
    PredictSettings settings = PredictSettings.defaults();
    Readings old =
        Engines.require()
            .measure(g, ProbeRequest.defaults(16).withThreads(1), ProbeListener.none());
    var plan = org.fanin.solve.Auto.solve(g, org.fanin.solve.Target.BOTH, 0, settings);
    Verification v = Verification.of(plan.after(), old, g, old);
    assertEquals(2, v.contradictions().size(), v.toString());
    assertTrue(v.contradictions().get(1).startsWith("the gradient varies by 2"), v.toString());
    Verification honest = Verification.of(Predictor.predict(g, settings), old, g, old);
    assertTrue(honest.asPlanned(), honest.contradictions().toString());
    InitOutcome outcome = InitOutcome.NOTHING.with(v);
    assertEquals(ExitCode.UNHEALTHY, InitCommand.verdict(outcome, new Told().console));
    assertEquals(ExitCode.OK, InitCommand.verdict(outcome.with(honest), new Told().console));
  }

  @Test
  void weightsThatAreNotFiniteContradict() throws IOException {
    Run r = init("mlp5_relu_default", "out.onnx", "--recipe", "normal(1e10)", "--verify");
    assertEquals(3, r.code(), r.err());
    assertTrue(r.err().startsWith("fanin: the measurement contradicts the plan: "), r.err());
    assertEquals(1, r.err().lines().count());
    assertTrue(Files.exists(dir.resolve("out.onnx")), "written all the same");
  }

  @Test
  void largeNetworksAreNotVerifiedUnasked() {
    Run r = init("mlp5_relu_default", "large.onnx", "--batch", "50000000", "--verify");
    assertEquals(2, r.code(), r::toString);
    assertTrue(r.err().contains("--verify: not measured: about 50 minutes for 2 passes"), r.err());
    assertTrue(r.err().contains("; --measure asks for it; nothing was written"), r.err());
    assertEquals(1, r.err().lines().count());
    assertFalse(Files.exists(dir.resolve("large.onnx")));
    Run small = init("mlp5_relu_default", "small.onnx", "--verify", "--measure");
    assertEquals(0, small.code(), small::toString);
  }

  @Test
  void wishesThatCannotBeMetAreUsage() throws IOException {
    Run plan = Run.of("init", Run.example("lenet_tanh"), "--plan-only", "--verify");
    assertEquals(2, plan.code());
    assertEquals(2, init("lenet_tanh", "out.npz", "--verify").code());
    Path shapes = Files.writeString(dir.resolve("shapes.json"), "{\"a.weight\": [4, 4]}");
    Run r = Run.of("init", shapes.toString(), "--plan-only", "--recipe", "lsuv");
    assertEquals(2, r.code());
    assertTrue(r.err().contains("--recipe lsuv measures a graph, which"), r.err());
  }

  @Test
  void withoutAnEngineASentenceSaysWhatIsMissing() {
    Thread thread = Thread.currentThread();
    ClassLoader own = thread.getContextClassLoader();
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      Run lsuv = init("lenet_tanh", "out.onnx", "--recipe", "lsuv");
      assertEquals(2, lsuv.code());
      assertTrue(lsuv.err().contains("the module fanin-torch"), lsuv.err());
      Run verify = init("lenet_tanh", "out.onnx", "--verify");
      assertEquals(2, verify.code());
      assertTrue(!Files.exists(dir.resolve("out.onnx")), "said before anything was written");
    } finally {
      thread.setContextClassLoader(own);
    }
  }

  /// A console that nobody looks at.
  private static final class Told {
    final Console console =
        new Console(
            System.out,
            new java.io.PrintStream(java.io.OutputStream.nullOutputStream()),
            java.io.InputStream.nullInputStream(),
            Map.of(),
            false);
  }
}
