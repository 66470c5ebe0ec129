package org.fanin.formats;

import static org.fanin.formats.OnnxBuild.graph;
import static org.fanin.formats.OnnxBuild.node;
import static org.fanin.formats.OnnxBuild.of;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Bindings;
import org.fanin.graph.GraphBuilder;
import org.fanin.model.ModelFormatException;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.junit.jupiter.api.Test;

/// Small files that claim much: many axes, many steps, many inputs of one node. What is predicted
/// takes memory and time by the size of the file, not by its numbers.
class LargeGraphsTest {
  private static Forecast forecast(GraphProto.Builder g) throws IOException, ModelFormatException {
    byte[] file = OnnxBuild.model(g).toByteArray();
    var raw = OnnxReader.read(new ByteArrayInputStream(file), "test");
    return Predictor.predict(
        GraphBuilder.build(raw, new Bindings(2, Map.of())), PredictSettings.defaults());
  }

  private static void input(GraphProto.Builder g, String name, long... dims) {
    if (name.equals("x")) {
      g.clearInput().clearOutput();
      g.addOutput(ai.onnx.proto.OnnxMl.ValueInfoProto.newBuilder().setName("y"));
    }
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long d : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(d));
    }
    g.addInput(OnnxBuild.value(name, 1, shape));
  }

  private static Forward last(Forecast f) {
    return f.tensors().getLast().forward();
  }

  @Test
  void moreAxesThanAreFollowed() throws Exception {
    GraphProto.Builder g = graph(node("Relu", List.of("x"), List.of("y")));
    long[] dims = new long[12];
    java.util.Arrays.fill(dims, 2);
    input(g, "x", dims);
    Forecast f = forecast(g);
    assertEquals(
        "a tensor of 12 axes; at most 10 are followed",
        assertInstanceOf(Forward.Unknown.class, last(f)).because());
    assertEquals(0, f.coverage().understood());
    assertEquals(1, f.coverage().nodes());
  }

  @Test
  void anEinsumToSixteenAxes() throws Exception {
    GraphProto.Builder g =
        graph(
            node(
                "Einsum",
                List.of("x", "z"),
                List.of("y"),
                of("equation", "abcdefgh,ijklmnop->abcdefghijklmnop")));
    input(g, "x", 2, 2, 2, 2, 2, 2, 2, 2);
    input(g, "z", 2, 2, 2, 2, 2, 2, 2, 2);
    Forecast f = forecast(g);
    assertEquals(
        "a tensor of 16 axes; at most 10 are followed",
        assertInstanceOf(Forward.Unknown.class, last(f)).because());
  }

  /// An axis of extent 1 takes no room: thirty of them are known.
  @Test
  void axesOfOneElementDoNotCount() throws Exception {
    GraphProto.Builder g = graph(node("Relu", List.of("x"), List.of("y")));
    long[] dims = new long[30];
    java.util.Arrays.fill(dims, 1);
    dims[0] = 4;
    dims[29] = 5;
    input(g, "x", dims);
    assertEquals(
        Math.log(0.5), assertInstanceOf(Forward.Known.class, last(forecast(g))).lnM2(), 1e-9);
  }

  private static double recurrent(long steps) throws IOException, ModelFormatException {
    GraphProto.Builder g =
        graph(node("LSTM", List.of("x", "w", "r"), List.of("y"), of("hidden_size", 8L)));
    input(g, "x", steps, 2, 8);
    g.addInitializer(OnnxBuild.normal("w", 0.3, 1, 1, 32, 8));
    g.addInitializer(OnnxBuild.normal("r", 0.3, 2, 1, 32, 8));
    return assertInstanceOf(Forward.Known.class, last(forecast(g))).lnM2();
  }

  /// 2^28 numbers of 8 bytes are more than this JVM has; the state of a layer is at rest long
  /// before, so a longer sequence has the same level.
  @Test
  void anLstmOfManySteps() throws Exception {
    assertEquals(recurrent(60_000), recurrent(1L << 28), 1e-3);
    assertEquals(recurrent(60_000), recurrent(1L << 40), 1e-3);
  }

  private static Forecast many(String op, int n, boolean distinct) throws Exception {
    List<String> names = new ArrayList<>(Collections.nCopies(n, "x"));
    GraphProto.Builder g = GraphProto.newBuilder().setName("g");
    if (distinct) {
      for (int i = 0; i < n; i++) {
        names.set(i, "r" + i);
        g.addNode(node("Relu", List.of("x"), List.of("r" + i)));
      }
    }
    g.addNode(
        op.equals("Concat")
            ? node(op, names, List.of("y"), of("axis", 1L))
            : node(op, names, List.of("y")));
    input(g, "x", 2, 8);
    return forecast(g);
  }

  /// Quadratic, this would take minutes.
  @Test
  void manyInputsOfOneNode() throws Exception {
    for (String op : List.of("Sum", "Mean", "Concat", "Max", "Min")) {
      for (boolean distinct : new boolean[] {false, true}) {
        Forecast f = many(op, 20_000, distinct);
        assertEquals(f.coverage().nodes(), f.coverage().understood(), op);
        double ln = assertInstanceOf(Forward.Known.class, last(f), op).lnM2();
        assertTrue(Double.isFinite(ln), op + " " + ln);
      }
    }
  }

  /// Joined by halves or one by one: the mean over all blocks.
  @Test
  void aConcatenationOfManyBlocksKeepsTheirLevel() throws Exception {
    double few = assertInstanceOf(Forward.Known.class, last(many("Concat", 3, true))).lnM2();
    double more = assertInstanceOf(Forward.Known.class, last(many("Concat", 1000, true))).lnM2();
    assertEquals(few, more, 1e-9);
  }

  /// The gradient of an axis cut into 20,000 parts, each of which is written out once.
  @Test
  void manyOutputsOfOneNode() throws Exception {
    int n = 20_000;
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      parts.add("p" + i);
    }
    GraphProto.Builder g =
        graph(
            node("MatMul", List.of("x", "w"), List.of("h")),
            node("Split", List.of("h"), parts, of("axis", 1L)),
            node("Sum", parts, List.of("y")));
    input(g, "x", 2, 4);
    g.addInitializer(OnnxBuild.normal("w", 0.5, 1, 4, n));
    Forecast f = forecast(g);
    assertEquals(f.coverage().nodes(), f.coverage().understood());
    // Each of the n columns of W gets the whole gradient of the sum.
    double ln =
        assertInstanceOf(Backward.Known.class, f.parameters().getFirst().gradient()).lnGm2();
    assertTrue(Double.isFinite(ln), "gradient " + ln);
    assertEquals(Math.log(2), ln, 0.05);
  }

  @Test
  void manySmallParametersOfOneSum() throws Exception {
    int n = 20_000;
    GraphProto.Builder g = GraphProto.newBuilder().setName("g");
    List<String> names = new ArrayList<>(List.of("x"));
    for (int i = 0; i < n; i++) {
      names.add("b" + i);
      g.addInitializer(OnnxBuild.normal("b" + i, 1, 1, 8));
    }
    g.addNode(node("Sum", names, List.of("y")));
    input(g, "x", 2, 8);
    Forecast f = forecast(g);
    assertEquals(1, f.coverage().understood());
    assertEquals(Math.log(n + 1), assertInstanceOf(Forward.Known.class, last(f)).lnM2(), 0.05);
  }
}
