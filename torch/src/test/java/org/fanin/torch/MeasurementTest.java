package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.fanin.graph.Graph;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Reading;
import org.fanin.probe.Readings;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MeasurementTest {
  private static final TorchEngine ENGINE = new TorchEngine();

  private static Path examples() {
    return Models.examples();
  }

  static List<Path> models() throws Exception {
    return Models.sampled(examples(), "");
  }

  /// The truth has 7 digits: half a unit of the last is 5e-7 of the value at most. Weights in half
  /// precision are other weights.
  @ParameterizedTest
  @MethodSource("models")
  void readingsAreTheTruth(Path model) throws Exception {
    Sample s = Sample.of(model);
    Readings r = ENGINE.measure(s.graph(), s.request().withThreads(1), ProbeListener.none());
    Agreement a = Agreement.of(s, r, true);
    boolean half = model.toString().contains("16");
    assertTrue(a.tensors() > 10, a.toString());
    assertEquals(0, a.missing(), a.toString());
    if (!s.truth().dropoutActive()) {
      assertTrue(a.worst().get("m2") < (half ? 2e-3 : 6e-7), a.toString());
      assertTrue(a.worst().get("gm2") < (half ? 5e-2 : 6e-7), a.toString());
      assertTrue(a.worst().get("cos") < (half ? 1e-3 : 1e-6), a.toString());
      assertTrue(a.worst().get("zeros") < (half ? 1e-2 : 1e-6), a.toString());
    }
  }

  @Test
  void theEngineIsFound() {
    assertTrue(Engines.require() instanceof TorchEngine);
  }

  @ParameterizedTest
  @MethodSource("budgets")
  void lessMemorySameReadings(double share) throws Exception {
    Graph g = Sample.batched(examples().resolve("resnet20_nonorm.onnx"), 8);
    ProbeRequest all = ProbeRequest.defaults(8).withThreads(1);
    Readings free = ENGINE.measure(g, all, ProbeListener.none());
    long budget = (long) (free.cost().peakBytes() * share);
    Readings tight =
        ENGINE.measure(g, all.withMaxMemory(OptionalLong.of(budget)), ProbeListener.none());
    assertTrue(tight.cost().recomputed() > 0, "nothing ran twice");
    assertTrue(
        tight.cost().peakBytes() < free.cost().peakBytes(), tight.cost() + " " + free.cost());
    assertSame(free, tight);
  }

  /// However little is given, it ends.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 7, 64})
  void aByteIsEnoughToGoOn(long budget) throws Exception {
    Graph g = Sample.batched(examples().resolve("mlp5_relu_default.onnx"), 4);
    ProbeRequest all = ProbeRequest.defaults(4).withThreads(1);
    Readings free = ENGINE.measure(g, all, ProbeListener.none());
    assertSame(
        free, ENGINE.measure(g, all.withMaxMemory(OptionalLong.of(budget)), ProbeListener.none()));
  }

  static List<Double> budgets() {
    return List.of(0.7, 0.4, 0.2, 0.01);
  }

  private static void assertSame(Readings a, Readings b) {
    assertEquals(a.values().keySet(), b.values().keySet());
    for (Map.Entry<Integer, Reading> e : a.values().entrySet()) {
      Reading x = e.getValue();
      Reading y = b.values().get(e.getKey());
      assertEquals(x.lnM2(), y.lnM2(), 1e-12, "m2 of value " + e.getKey());
      assertEquals(x.lnGm2(), y.lnGm2(), 1e-11, "gm2 of value " + e.getKey());
    }
  }

  /// A weight that is read at both ends of the network: its gradient is complete only when the
  /// first reader is done.
  @Test
  void tiedWeightsWithLessMemory() throws Exception {
    Sample s = Sample.of(examples().resolve("gpt2_pre_ln_op17.onnx"));
    ProbeRequest all = s.request().withThreads(1);
    Readings free = ENGINE.measure(s.graph(), all, ProbeListener.none());
    long budget = free.cost().peakBytes() / 4;
    Readings tight =
        ENGINE.measure(s.graph(), all.withMaxMemory(OptionalLong.of(budget)), ProbeListener.none());
    assertTrue(tight.cost().recomputed() > 0, "nothing ran twice");
    assertSame(free, tight);
  }

  /// To the last bit, one after the other and at once.
  @ParameterizedTest
  @ValueSource(strings = {"lenet_tanh", "gpt2_pre_ln_op17", "lstm_clf", "mlp30_relu_default"})
  void twoEnginesInTwoThreadsAgreeWithOne(String model) throws Exception {
    Sample s = Sample.of(examples().resolve(model + ".onnx"));
    ProbeRequest r = s.request().withThreads(1);
    Readings alone = ENGINE.measure(s.graph(), r, ProbeListener.none());
    CompletableFuture<Readings> other =
        CompletableFuture.supplyAsync(
            () -> new TorchEngine().measure(s.graph(), r, ProbeListener.none()));
    assertIdentical(alone, ENGINE.measure(s.graph(), r, ProbeListener.none()));
    assertIdentical(alone, other.join());
    Readings beside = ENGINE.measure(s.graph(), r.withThreads(2), ProbeListener.none());
    other =
        CompletableFuture.supplyAsync(
            () -> new TorchEngine().measure(s.graph(), r.withThreads(2), ProbeListener.none()));
    assertIdentical(beside, ENGINE.measure(s.graph(), r.withThreads(2), ProbeListener.none()));
    assertIdentical(beside, other.join());
    // libtorch itself may add in another order with two threads.
    assertSame(alone, beside);
  }

  private static void assertIdentical(Readings a, Readings b) {
    assertEquals(a.values(), b.values());
    assertEquals(a.parameters(), b.parameters());
    assertEquals(a.unmeasured(), b.unmeasured());
  }

  @Test
  void interruptStopsBetweenNodes() throws Exception {
    Sample s = Sample.of(examples().resolve("mlp30_relu_default.onnx"));
    ProbeListener stop =
        new ProbeListener() {
          @Override
          public void progress(int done, int total) {
            if (done == total / 2 + 3) {
              Thread.currentThread().interrupt();
            }
          }
        };
    assertThrows(CancellationException.class, () -> ENGINE.measure(s.graph(), s.request(), stop));
    assertTrue(Thread.interrupted());
  }

  @Test
  void otherWeights() throws Exception {
    Sample s = Sample.of(examples().resolve("mlp5_relu_default.onnx"));
    Shape shape = s.graph().parameters().getFirst().data().shape();
    Tensor zeros = Tensor.ofDoubles(shape, new double[(int) shape.count()]);
    Readings r =
        ENGINE.measure(
            s.graph(),
            s.request().withThreads(1).withWeights(Map.of(0, () -> zeros)),
            ProbeListener.none());
    assertEquals(0, r.parameters().getFirst().reading().m2());
    assertEquals(1, r.parameters().getFirst().reading().zeros());
    var wrong = s.request().withWeights(Map.of(0, () -> Tensor.ofDoubles(Shape.of(1), 1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> ENGINE.measure(s.graph(), wrong, ProbeListener.none()));
  }

  @Test
  void listenersSeeElements() throws Exception {
    Sample s = Sample.of(examples().resolve("mlp5_relu_default.onnx"));
    int out = s.graph().outputs().getFirst();
    double[] seen = new double[2];
    ProbeListener see =
        new ProbeListener() {
          @Override
          public boolean wants(int value) {
            return value == out;
          }

          @Override
          public void forward(int value, Tensor elements) {
            seen[0] = elements.count();
          }

          @Override
          public void gradient(int value, Tensor elements) {
            seen[1] = elements.at(0);
          }
        };
    ENGINE.measure(s.graph(), s.request(), see);
    assertEquals(320, seen[0]);
    assertEquals(s.request().arrays().get("cotangent").at(0), seen[1]);
  }

  @Test
  void syntheticInputsAreStandardNormal() throws Exception {
    Graph g = Sample.batched(examples().resolve("siren5.onnx"), 512);
    ProbeRequest r = ProbeRequest.defaults(512).withThreads(1);
    Reading x = ENGINE.measure(g, r, ProbeListener.none()).values().get(g.inputs().getFirst());
    // 5 standard errors: a false alarm in 2 million seeds, and this one is fixed.
    assertEquals(0, x.mean(), 5 * x.errors().mean());
    assertEquals(1, x.m2(), 5 * x.errors().m2());
  }
}
