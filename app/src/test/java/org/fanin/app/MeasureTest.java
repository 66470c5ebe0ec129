package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.formats.JsonTree;
import org.fanin.formats.OnnxReader;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Thresholds;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.report.CheckReport;
import org.junit.jupiter.api.Test;

class MeasureTest {
  private static Map<?, ?> json(String model, String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of("check", Run.example(model), "--json", "-"));
    args.addAll(List.of(more));
    Run r = Run.of(args.toArray(String[]::new));
    assertTrue(r.code() == 0 || r.code() == 3, r::toString);
    return (Map<?, ?>) JsonTree.parse(r.out());
  }

  private static Map<?, ?> map(Object o, String key) {
    return (Map<?, ?>) ((Map<?, ?>) o).get(key);
  }

  private static double number(Object o, String key) {
    return (Double) ((Map<?, ?>) o).get(key);
  }

  @Test
  void everyTensorIsMeasuredAndRightPredictionsAreCalledSo() throws IOException {
    Map<?, ?> j = json("mlp5_relu_default");
    for (Object t : (List<?>) j.get("tensors")) {
      Map<?, ?> m = map(t, "measured");
      assertTrue(m.keySet().containsAll(List.of("mean", "m2", "cos", "gm2", "zeros", "se")));
      double predicted = number(map(t, "predicted"), "m2_typical");
      // Seed to seed ln m2 scatters by about .2 here; these weights, inputs are fixed.
      assertEquals(0, Math.log(number(m, "m2") / predicted), 0.6, t::toString);
      assertTrue(Math.abs(number(map(m, "z"), "m2")) < 4, t::toString);
    }
    for (Object p : (List<?>) j.get("parameters")) {
      assertTrue(number(map(p, "measured"), "gm2") > 0, p::toString);
    }
    Map<?, ?> n = map(j, "measurement");
    double pairs = 2.0 * ((List<?>) j.get("tensors")).size();
    assertEquals(0, number(n, "rule_off"), n::toString);
    // The input's own pair is counted too, and has no gradient pair where none is asked for.
    double sum =
        number(n, "as_predicted")
            + number(n, "unlucky_seed")
            + number(n, "rule_off")
            + number(n, "not_predicted");
    assertTrue(sum >= pairs, n::toString);
  }

  @Test
  void noMeasureLeavesNoTrace() throws IOException {
    Map<?, ?> j = json("mlp5_relu_default", "--no-measure");
    assertFalse(j.containsKey("measurement"));
    for (Object t : (List<?>) j.get("tensors")) {
      assertFalse(((Map<?, ?>) t).containsKey("measured"));
    }
    Run r = Run.of("check", Run.example("mlp5_relu_default"), "--no-measure");
    assertFalse(r.out().contains("measured"), r::toString);
  }

  @Test
  void drawsStandBesideTheBand() throws IOException {
    int k = 8;
    Map<?, ?> j = json("mlp5_relu_default", "--draws", "" + k);
    assertEquals(k, number(j, "draws"));
    assertEquals(0, number(j, "parameters_kept"), "PyTorch's default, biases too");
    for (Object t : (List<?>) j.get("tensors")) {
      Map<?, ?> d = map(t, "measured_draws");
      double sd = number(d, "m2_ln_sd");
      double predicted = number(map(t, "predicted"), "m2_typical");
      double off = Math.log(number(d, "m2_typical") / predicted);
      // Four standard errors of the mean of ln over draws (false alarm 6e-5 each, were they
      // normal), and what the rules may be off by.
      assertTrue(Math.abs(off) < 4 * sd / Math.sqrt(k) + 0.1, t + " off by " + off);
      assertTrue(number(d, "m2") >= number(d, "m2_typical"), "arithmetic over geometric mean");
    }
  }

  @Test
  void inputAndWeightsAreThoseThatTheForecastAssumed() throws IOException {
    double one = firstM2(json("mlp5_relu_default"));
    double four = firstM2(json("mlp5_relu_default", "--input-m2", "4"));
    assertTrue(four / one > 3.7 && four / one <= 4, "bias apart, four times: " + four / one);
    double he = firstM2(json("mlp5_relu_default", "--weights", "he-normal"));
    // Var w of He is six times that of PyTorch's default.
    assertTrue(he / one > 5 && he / one < 7, "he-normal: " + he / one);
  }

  private static double firstM2(Map<?, ?> j) {
    return number(map(((List<?>) j.get("tensors")).getFirst(), "measured"), "m2");
  }

  @Test
  void whatTakesLongIsSkippedWithASentence() {
    Run r = Run.of("check", Run.example("mlp5_relu_default"), "--batch", "50000000");
    assertTrue(
        r.out().contains("Predicted only: not measured: about 25 minutes; --measure asks for it."),
        r.out());
    assertEquals(2, Run.of("check", "x.onnx", "--no-measure", "--draws", "2").code());
    assertEquals(2, Run.of("check", "x.onnx", "--no-measure", "--precision", "float32").code());
    Run s = Run.of("check", Run.example("mlp5_relu_default"), "--spectrum", "--batch", "40000");
    assertTrue(s.out().contains("passes through the network; --measure asks for it."), s.out());
  }

  @Test
  void drawsThatTakeLongAreLeftOutAndTheRunIsMade() throws IOException {
    Map<?, ?> j = json("mlp5_relu_default", "--draws", "100000", "--batch", "64");
    assertNull(j.get("draws"));
    Map<?, ?> m = map(j, "measurement");
    assertEquals(0, number(m, "rule_off"));
    assertTrue(m.get("notes").toString().startsWith("[draws not measured: about "), m + "");
  }

  /// Roundings of single precision are 6e-8 of a number, and of second moments some 1e-7.
  @Test
  void precisionIsAsAskedAndSaid() throws IOException {
    Map<?, ?> twice = json("lenet_tanh");
    assertEquals("float64", map(twice, "measurement").get("arithmetic"));
    Map<?, ?> single = json("lenet_tanh", "--precision", "float32");
    assertEquals("float32", map(single, "measurement").get("arithmetic"));
    double a = firstM2(twice);
    double b = firstM2(single);
    assertEquals(a, b, 1e-5 * a);
    Run r = Run.of("check", Run.example("lenet_tanh"), "--precision", "float32");
    assertTrue(r.out().contains("(CPU) in single precision:"), r.out());
    assertEquals(2, Run.of("check", "x.onnx", "--precision", "float16").code());
  }

  /// Shares of thousands of Gaussian units, at the second moment that is predicted: this seed's may
  /// be another by a fifth, which moves a share by less than .1, an entropy by less than .01.
  @Test
  void elementsDoWhatTheoryExpects() throws IOException {
    int seen = 0;
    for (Object t : (List<?>) json("lenet_tanh", "--weights", "normal(0.5)").get("tensors")) {
      Map<?, ?> s = map(map(t, "measured") == null ? t : map(t, "measured"), "saturated");
      if (s != null) {
        assertEquals(number(s, "predicted"), number(s, "share"), 0.1, t::toString);
        seen += number(s, "share") > 0.3 ? 1 : 0;
      }
    }
    assertTrue(seen >= 2, "saturated layers: " + seen);
    int attentions = 0;
    for (Object t : (List<?>) json("gpt2_pre_ln_op17").get("tensors")) {
      Map<?, ?> h = map(map(t, "measured") == null ? t : map(t, "measured"), "entropy");
      if (h != null) {
        assertEquals(number(h, "predicted"), number(h, "share"), 0.01, t::toString);
        attentions++;
      }
    }
    assertTrue(attentions > 0);
  }

  /// Units that are never active, summed over the 29 layers of 64: half of them where samples have
  /// become alike. Binomial, 4.5 standard errors, and luck that layers share.
  @Test
  void deadUnitsAreCounted() throws IOException {
    double predicted = 0;
    double dead = 0;
    double of = 0;
    for (Object t : (List<?>) json("mlp30_relu_default").get("tensors")) {
      Map<?, ?> n = map(map(t, "measured"), "never_active");
      if (n.containsKey("predicted")) {
        dead += number(n, "units");
        of += number(n, "of");
        predicted += number(n, "predicted") * number(n, "of");
      }
    }
    assertEquals(29 * 64, of);
    assertEquals(predicted, dead, 4.5 * Math.sqrt(of / 4) + 0.03 * of);
    assertTrue(dead > 600, "dead " + dead);
  }

  @Test
  void lossScaleAndUpdatesStandInBothReports() throws IOException {
    Map<?, ?> j = json("mlp30_relu_default");
    Map<?, ?> scale = map(map(map(j, "measurement"), "precision"), "loss_scale");
    assertEquals(false, scale.get("fits"));
    assertTrue(number(scale, "log2_needed") > number(scale, "log2_largest"), scale + "");
    for (Object p : (List<?>) j.get("parameters")) {
      Map<?, ?> m = map(p, "measured");
      double ratio = Math.sqrt(number(m, "gm2") / number(p, "m2"));
      assertEquals(1, number(m, "update_to_weight") / ratio, 1e-5, p::toString);
      assertTrue(map(m, "finding").containsKey("gm2"));
    }
    Run r = Run.of("check", Run.example("mlp30_relu_default"), "--width", "100");
    String text = r.out().replaceAll("\\s+", " ");
    assertTrue(text.contains(" never active: "), r.out());
    assertTrue(text.contains("no loss scale serves all"), r.out());
    assertTrue(text.contains("gradient over weight: "), r.out());
  }

  /// libtorch and OpenBLAS add in another order; the report has no more digits than both agree on.
  @Test
  void reportIsTheSameWithAnyNumberOfThreads() throws Exception {
    for (String model : List.of("mlp30_relu_default", "lenet_tanh")) {
      assertEquals(withThreads(model, 1), withThreads(model, 2), model);
    }
  }

  private static String withThreads(String model, int threads) throws Exception {
    Pipeline pipeline =
        new Pipeline(
            PredictSettings.Mode.TRAIN,
            8,
            Pipeline.SampleFile.NONE,
            OptionalDouble.empty(),
            Optional.empty(),
            Thresholds.standard(),
            false);
    Engine engine = Engines.require();
    CheckReport report = pipeline.check(Run.example(model), InputStream.nullInputStream());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CheckJson.write(report.measure(threaded(engine, threads)), Optional.empty(), out);
    return out.toString(StandardCharsets.UTF_8);
  }

  /// The engine with another number of threads in every request.
  private static Engine threaded(Engine engine, int threads) {
    InvocationHandler handler =
        (_, method, args) -> {
          for (int i = 0; args != null && i < args.length; i++) {
            args[i] = args[i] instanceof ProbeRequest r ? r.withThreads(threads) : args[i];
          }
          return method.invoke(engine, args);
        };
    return (Engine)
        Proxy.newProxyInstance(
            Engine.class.getClassLoader(), new Class<?>[] {Engine.class}, handler);
  }

  @Test
  void drawsHaveATableThatFits() {
    for (int width : new int[] {60, 80, 120}) {
      Run r =
          Run.of("check", Run.example("mlp5_relu_default"), "--draws", "4", "--width", "" + width);
      assertTrue(r.out().contains("m2 over draws"), r.out());
      assertTrue(r.out().lines().allMatch(l -> l.length() <= width), r.out());
    }
  }

  @Test
  void tableShowsBothAndCounts() {
    Run r = Run.of("check", Run.example("mlp5_relu_default"), "--width", "120");
    assertTrue(r.out().contains("0 where Fanin's rule is off"), r.out());
    assertTrue(r.out().contains("measured") && r.out().contains("unlucky seed"), r.out());
    assertTrue(r.out().lines().anyMatch(l -> l.matches(".* m2 +measured +z .*")), r.out());
  }

  /// Threads are libtorch's for the whole process, and others may have changed them before.
  @Test
  void reportsDoNotDependOnThreads() throws Exception {
    String[] args = {"check", Run.example("lenet_tanh"), "--batch", "64", "--json", "-"};
    String once = Run.of(args).out();
    Graph g =
        GraphBuilder.build(
            OnnxReader.read(Path.of(Run.example("mlp5_relu_default"))), new Bindings(4, Map.of()));
    for (int threads : new int[] {2, 5}) {
      ProbeRequest many = ProbeRequest.defaults(4).withThreads(threads);
      Engines.require().measure(g, many, ProbeListener.none());
      assertEquals(once, Run.of(args).out());
    }
    assertTrue(once.contains("\"measured\""), once);
  }
}
