package org.fanin.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fanin.graph.Arrival;
import org.fanin.graph.Storage;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the elements themselves show without a recipe: scales that nobody means, memory never
/// filled, one seed for several tensors, fans of all groups.
class ScaleAndSeedTest {
  private static List<String> kinds(AuditReport r, String tensor) {
    return r.tensors().stream()
        .filter(t -> t.name().equals(tensor))
        .flatMap(t -> t.findings().stream())
        .filter(f -> f.level() != Finding.Level.NOTE)
        .map(Finding::kind)
        .toList();
  }

  private static void assertClean(AuditReport r) {
    for (TensorAudit t : r.tensors()) {
      assertEquals(List.of(), kinds(r, t.name()), t.name());
    }
    assertTrue(r.healthy());
  }

  private static Weights dense(int layers, double bound) {
    var w = new Weights(DType.F32, 3);
    for (int l = 0; l < layers; l++) {
      double k = bound > 0 ? bound : 1 / Math.sqrt(64);
      w.add("fc" + l + ".weight", w.uniform(-k, k), 64, 64);
      double b = 1 / Math.sqrt(64);
      w.add("fc" + l + ".bias", w.uniform(-b, b), 64);
    }
    return w;
  }

  @Test
  void uninitialisedBias() {
    for (double x : new double[] {4.6e33, -3e12, 1.4e-45, 7e-39}) {
      Weights w = dense(4, 0);
      assertClean(w.audit());
      w.get("fc2.bias").values[17] = x;
      assertEquals(List.of("garbage"), kinds(w.audit(), "fc2.bias"), "planted " + x);
    }
  }

  @Test
  void anOutlierInABias() {
    Weights w = dense(4, 0);
    w.get("fc1.bias").values[3] = 5e3;
    assertEquals(List.of("garbage"), kinds(w.audit(), "fc1.bias"));
  }

  @ParameterizedTest
  @CsvSource({"1.41, true", "8e-4, true", "0.125, false", "0.02, false"})
  void scaleWithoutARecipe(double std, boolean odd) {
    var w = new Weights(DType.F32, 5);
    for (int l = 0; l < 4; l++) {
      w.add("fc" + l + ".weight", w.normal(std), 64, 64);
    }
    assertEquals(odd ? List.of("scale") : List.of(), kinds(w.audit(), "fc1.weight"));
    assertEquals(!odd, w.audit().healthy());
  }

  @Test
  void expertsUnlikeTheOtherLayers() {
    Weights w = Weights.llama(4);
    w.add("model.layers.0.mlp.experts.w1", w.normal(0.001), 4, 64, 160);
    assertEquals(List.of("scale"), kinds(w.audit(), "model.layers.0.mlp.experts.w1"));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, -0.5, 3})
  void oneTensorIsTheBeginningOfAnother(double times) {
    var w = new Weights(DType.F32, 6);
    var stream = w.normal(0.05);
    w.add("fc1.weight", stream, 64, 48);
    w.add("fc2.weight", i -> times * stream.applyAsDouble(i), 32, 64);
    w.add("fc3.weight", w.normal(0.05), 16, 32);
    assertEquals(List.of("same-seed"), kinds(w.audit(), "fc2.weight"));
    assertEquals(List.of(), kinds(w.audit(), "fc3.weight"));
    assertEquals(List.of(), kinds(w.audit(), "fc1.weight"));
    assertFalse(w.audit().healthy());
  }

  @Test
  void aTransposedCopy() {
    var w = new Weights(DType.F32, 7);
    var stream = w.normal(0.1);
    w.add("enc.weight", stream, 32, 48);
    w.add("dec.weight", i -> stream.applyAsDouble(i % 32 * 48 + i / 32), 48, 32);
    assertEquals(List.of("same-seed"), kinds(w.audit(), "dec.weight"));
  }

  @Test
  void aTiedHeadIsNoRepeatedSeed() {
    var w = new Weights(DType.F32, 8);
    var stream = w.normal(0.02);
    w.add("tok_embeddings.weight", stream, 200, 32);
    w.add("output.weight", stream, 196, 32);
    assertClean(w.audit());
  }

  @Test
  void sparseAndStructuredStartsAreNoRepeatedSeed() {
    var w = new Weights(DType.F32, 9);
    w.add("a.weight", i -> i % 33 == 0 ? 1 : 0, 32, 32);
    w.add("b.weight", i -> i % 33 == 0 ? 1 : 0, 32, 64);
    AuditReport r = w.audit();
    assertFalse(kinds(r, "b.weight").contains("same-seed"));
  }

  // ---- shards ----

  /// U(±.05) everywhere is one law, not the fan of a shard.
  @Test
  void oneBoundEverywhereIsNoShard() {
    var w = new Weights(DType.F32, 10);
    int[] widths = {64, 128, 256, 64, 512, 128};
    for (int l = 1; l < widths.length; l++) {
      w.add("dense_" + l + "/kernel", w.uniform(-.05, .05), widths[l - 1], widths[l]);
      w.add("dense_" + l + "/bias", Weights.constant(0), widths[l]);
    }
    assertClean(w.audit());
  }

  private static Weights pairs(double up, double down) {
    var w = new Weights(DType.F32, 11);
    for (int l = 0; l < 4; l++) {
      String b = "decoder.layers." + l + ".mlp.";
      w.add(b + "linear_fc1.weight", w.normal(Math.sqrt(up * 2 / 64)), 192, 64);
      w.add(b + "linear_fc2.weight", w.normal(Math.sqrt(down * 2 / 192)), 64, 192);
    }
    return w;
  }

  @Test
  void shardsAreLargerNeverSmaller() {
    assertClean(pairs(1, 1).audit());
    AuditReport four = pairs(1, 4).audit();
    assertEquals(List.of("shard-fans"), kinds(four, "decoder.layers.1.mlp.linear_fc2.weight"));
    assertEquals(List.of(), kinds(four, "decoder.layers.1.mlp.linear_fc1.weight"));
    AuditReport less = pairs(1, 0.25).audit();
    assertFalse(kinds(less, "decoder.layers.1.mlp.linear_fc2.weight").contains("shard-fans"));
    // Cut along the outputs, a fan-in is whole: 4 times the variance has another cause.
    AuditReport first = pairs(4, 1).audit();
    assertFalse(kinds(first, "decoder.layers.1.mlp.linear_fc1.weight").contains("shard-fans"));
  }

  // ---- groups ----

  @Test
  void kerasDepthwiseWithTheFanOfAllChannels() {
    var w = new Weights(DType.F32, 12);
    for (int l = 0; l < 4; l++) {
      String s = "separable_conv2d_" + l + "/";
      double wrong = Math.sqrt(6.0 / (576 + 576));
      double right = Math.sqrt(6.0 / 128);
      w.add(s + "depthwise_kernel", w.uniform(-wrong, wrong), 3, 3, 64, 1);
      w.add(s + "pointwise_kernel", w.uniform(-right, right), 1, 1, 64, 64);
      w.add(s + "bias", Weights.constant(0), 64);
    }
    AuditReport r = w.audit();
    assertEquals(List.of("depthwise-fan"), kinds(r, "separable_conv2d_1/depthwise_kernel"));
    assertEquals(List.of(), kinds(r, "separable_conv2d_1/pointwise_kernel"));
    Finding f =
        r.tensors().stream()
            .filter(t -> t.name().endsWith("0/depthwise_kernel"))
            .flatMap(t -> t.findings().stream())
            .findFirst()
            .orElseThrow();
    assertEquals(1.0 / 64, f.value(), 1e-9);
  }

  /// MLX stores `[out, taps…, in/groups]` and draws with the fan of all channels.
  @Test
  void mlxGroupsLeftOutOfTheFan() {
    var w = new Weights(DType.F32, 13);
    int[] groups = {1, 2, 4, 64};
    for (int l = 0; l < groups.length; l++) {
      double k = 1 / Math.sqrt(9 * 64);
      w.add("layers." + l + ".conv2d.weight", w.uniform(-k, k), 64, 3, 3, 64 / groups[l]);
      w.add("layers." + l + ".conv2d.bias", Weights.constant(0), 64);
    }
    AuditReport r = w.audit();
    assertEquals(List.of(), kinds(r, "layers.0.conv2d.weight"));
    for (int l = 1; l < groups.length; l++) {
      String name = "layers." + l + ".conv2d.weight";
      assertEquals(List.of("depthwise-fan"), kinds(r, name), name);
    }
  }

  // ---- norms stored as w, used as 1 + w ----

  @Test
  void gemmaNormsStartAtZero() {
    var w = new Weights(DType.BF16, 14);
    w.add("model.embed_tokens.weight", w.normal(0.02), 256, 64);
    for (int l = 0; l < 3; l++) {
      String b = "model.layers." + l + ".";
      for (String p : new String[] {"q", "k", "v", "o"}) {
        w.add(b + "self_attn." + p + "_proj.weight", w.normal(0.02), 64, 64);
      }
      w.add(b + "input_layernorm.weight", Weights.constant(0), 64);
      w.add(b + "pre_feedforward_layernorm.weight", Weights.constant(0), 64);
    }
    w.add("model.norm.weight", Weights.constant(0), 64);
    String norm = "model.layers.2.input_layernorm.weight";
    assertEquals(List.of(), kinds(w.auditAs("llama"), norm));
    w.get("model.layers.1.input_layernorm.weight").fill(_ -> 1);
    assertEquals(List.of("not-constant"), kinds(w.auditAs("llama"), norm), "unlike the others");
  }

  /// Equalised learning rate: N(0, 1), and the graph multiplies by √(2/n).
  @ParameterizedTest
  @CsvSource({"0.17677669529663687, false", "1, true"})
  void aConstantOnTheWayCounts(double factor, boolean odd) throws Exception {
    var w = new Weights(DType.F32, 5);
    for (int l = 0; l < 4; l++) {
      w.add("fc" + l + ".weight", w.normal(1), 64, 64);
    }
    List<TensorSpec> specs =
        w.specs().stream()
            .map(
                s ->
                    new TensorSpec(
                        s.name(),
                        s.shape(),
                        s.dtype(),
                        s.role(),
                        s.fan(),
                        s.residualEnd(),
                        s.layer(),
                        s.layers(),
                        s.activation(),
                        s.because(),
                        s.gates(),
                        s.buffer(),
                        new Arrival(Storage.INITIALISER, "", factor),
                        s.gain()))
            .toList();
    AuditReport r =
        Audit.of(
            w.checkpoint(),
            specs,
            Map.of(),
            List.of(),
            new Audit.Settings(1, 1 << 20, 1 << 20),
            _ -> {});
    assertEquals(odd ? List.of("scale") : List.of(), kinds(r, "fc1.weight"));
  }
}
