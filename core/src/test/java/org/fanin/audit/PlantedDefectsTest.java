package org.fanin.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every defect is planted into clean weights: it has to be found at its tensor, and nothing may be
/// found in the clean ones. Limits are 5 standard errors and more; with some 200 comparisons a
/// network a false alarm is expected in fewer than 1 of 5000 networks.
class PlantedDefectsTest {
  /// @param kind of the finding that is wanted
  /// @param at a tensor it must be found at
  /// @param clean network to plant it in
  record Defect(
      String what, String kind, String at, LongFunction<Weights> clean, Consumer<Weights> plant) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static final double ROOT = Math.sqrt(2 * Weights.LAYERS);

  private static void each(Weights w, String part, Consumer<Weights.Planted> change) {
    w.tensors.values().stream().filter(t -> t.name().contains(part)).forEach(change);
  }

  private static void swapScale(Weights w) {
    each(w, "down_proj", t -> t.scale(ROOT));
    each(w, "gate_proj", t -> t.scale(1 / ROOT));
  }

  private static void copyLayers(Weights w) {
    for (Weights.Planted t : w.tensors.values()) {
      String first = t.name().replaceFirst("layers\\.\\d+\\.", "layers.0.");
      System.arraycopy(w.get(first).values, 0, t.values, 0, t.values.length);
    }
  }

  private static void mirror(Weights w, String name) {
    Weights.Planted t = w.get(name);
    int third = 64;
    for (int r = 0; r < 64; r++) {
      System.arraycopy(t.values, r * 192, t.values, r * 192 + third, third);
    }
  }

  static Stream<Defect> defects() {
    String q1 = "model.layers.1.self_attn.q_proj.weight";
    return Stream.of(
        new Defect(
            "one kind of residual projection never scaled",
            "residual-unscaled",
            "transformer.h.2.attn.c_proj.weight",
            Weights::gpt2,
            w -> each(w, "attn.c_proj.weight", t -> t.scale(ROOT))),
        new Defect(
            "residual projections never scaled",
            "residual-unscaled",
            "transformer.h.3.mlp.c_proj.weight",
            Weights::gpt2,
            w -> each(w, "c_proj.weight", t -> t.scale(ROOT))),
        new Defect(
            "gate scaled instead of down projection",
            "wrong-matrix-scaled",
            "model.layers.3.mlp.gate_proj.weight",
            Weights::llama,
            PlantedDefectsTest::swapScale),
        new Defect(
            "the same, at the matrix that was forgotten",
            "residual-unscaled",
            "model.layers.0.mlp.down_proj.weight",
            Weights::llama,
            PlantedDefectsTest::swapScale),
        new Defect(
            "all layers identical",
            "identical-tensors",
            q1,
            Weights::llama,
            PlantedDefectsTest::copyLayers),
        new Defect(
            "fans of one of four shards",
            "shard-fans",
            "layer1.3.conv2.weight",
            Weights::convolutional,
            w -> each(w, "conv2", t -> t.scale(2))),
        new Defect(
            "truncation not corrected",
            "uncorrected-truncation",
            "layer1.0.conv1.weight",
            Weights::convolutional,
            w -> each(w, "conv1.weight", t -> t.fill(w.truncated(Math.sqrt(2.0 / 288))))),
        new Defect(
            "two rows identical",
            "identical-rows",
            q1,
            Weights::llama,
            w -> w.get(q1).copyRow(3, 40)),
        new Defect(
            "a unit of zeros", "dead-rows", q1, Weights::llama, w -> w.get(q1).fillRow(5, 0)),
        new Defect(
            "a unit of one value",
            "constant-rows",
            q1,
            Weights::llama,
            w -> w.get(q1).fillRow(5, 0.02)),
        new Defect(
            "a NaN", "non-finite", q1, Weights::llama, w -> w.get(q1).values[77] = Double.NaN),
        new Defect(
            "an infinity in a norm",
            "non-finite",
            "model.norm.weight",
            Weights::llama,
            w -> w.get("model.norm.weight").values[3] = Double.POSITIVE_INFINITY),
        new Defect(
            "uniform on one side",
            "one-sided",
            "layer1.2.conv1.weight",
            Weights::convolutional,
            w -> w.get("layer1.2.conv1.weight").fill(w.uniform(0, Math.sqrt(6.0 / 288)))),
        new Defect("std twice too large", "std-off", q1, Weights::llama, w -> w.get(q1).scale(2)),
        new Defect(
            "a mean",
            "mean",
            "layer1.1.conv1.weight",
            Weights::convolutional,
            w -> {
              Weights.Planted t = w.get("layer1.1.conv1.weight");
              for (int i = 0; i < t.values.length; i++) {
                t.values[i] += 0.02;
              }
            }),
        new Defect(
            "key equals query",
            "identical-blocks",
            "transformer.h.1.attn.c_attn.weight",
            Weights::gpt2,
            w -> mirror(w, "transformer.h.1.attn.c_attn.weight")),
        new Defect(
            "value block twice as large",
            "blocks-differ",
            "transformer.h.1.attn.c_attn.weight",
            Weights::gpt2,
            w -> {
              double[] v = w.get("transformer.h.1.attn.c_attn.weight").values;
              for (int i = 0; i < v.length; i++) {
                v[i] *= i % 192 < 128 ? 1 : 2;
              }
            }),
        new Defect(
            "depthwise fan over all channels",
            "depthwise-fan",
            "dw.conv.weight",
            Weights::convolutional,
            w -> each(w, "dw", t -> t.scale(1 / Math.sqrt(96)))),
        new Defect(
            "no forget bias",
            "forget-bias",
            "rnn.bias_ih_l0",
            Weights::convolutional,
            w -> w.get("rnn.bias_ih_l0").fill(Weights.constant(0))),
        new Defect("all weights 0", "zero-weights", q1, Weights::llama, w -> w.get(q1).scale(0)),
        new Defect(
            "all weights alike",
            "constant-weights",
            q1,
            Weights::llama,
            w -> w.get(q1).fill(Weights.constant(0.02))),
        new Defect(
            "half of the weights 0",
            "zeros",
            q1,
            Weights::llama,
            w -> {
              for (int i = 0; i < w.get(q1).values.length; i += 2) {
                w.get(q1).values[i] = 0;
              }
            }),
        new Defect(
            "LoRA's B drawn",
            "lora-b",
            "model.layers.0.self_attn.q_proj.lora_B.weight",
            Weights::llama,
            w -> {
              String h = "model.layers.0.self_attn.q_proj.lora_";
              w.add(h + "A.weight", w.uniform(-0.1, 0.1), 8, 64);
              w.add(h + "B.weight", w.normal(0.02), 64, 8);
            }));
  }

  @ParameterizedTest
  @MethodSource("defects")
  void isFoundWhereItWasPlanted(Defect d) {
    AuditReport r = d.clean().apply(7).with(d.plant()).audit();
    TensorAudit at =
        r.tensors().stream().filter(t -> t.name().equals(d.at())).findFirst().orElseThrow();
    assertTrue(
        at.findings().stream().anyMatch(f -> f.kind().equals(d.kind())),
        () -> d.what() + ": found " + at.findings() + ", drawn by " + at.drawnBy());
  }

  @ParameterizedTest
  @MethodSource("defects")
  void isNotFoundInCleanWeights(Defect d) {
    AuditReport r = d.clean().apply(11).audit();
    List<String> alarms =
        r.tensors().stream()
            .flatMap(t -> t.findings().stream().map(f -> t.name() + " " + f))
            .filter(s -> s.contains(d.kind()))
            .toList();
    assertEquals(List.of(), alarms);
  }

  @Test
  void cleanNetworksRaiseNoAlarm() {
    for (long seed = 100; seed < 106; seed++) {
      for (LongFunction<Weights> network :
          List.<LongFunction<Weights>>of(Weights::gpt2, Weights::llama, Weights::convolutional)) {
        AuditReport r = network.apply(seed).audit();
        long at = seed;
        assertEquals(
            List.of(),
            r.tensors().stream()
                .flatMap(t -> t.findings().stream().map(f -> t.name() + " " + f))
                .filter(s -> !s.contains("level=NOTE"))
                .toList(),
            () -> "seed " + at);
        assertTrue(r.healthy(), () -> "seed " + at + ": " + r.verdicts());
      }
    }
  }

  @Test
  void copiedLayersAreAWarningAndOneCopiedTensorAFailure() {
    Weights w = Weights.llama(11);
    copyLayers(w);
    AuditReport r = w.audit();
    assertTrue(r.healthy(), () -> r.verdicts().toString());
    assertTrue(
        r.verdicts().stream()
            .anyMatch(
                v ->
                    v.finding().kind().equals("layers-identical")
                        && v.finding().level() == Finding.Level.WARN),
        () -> r.verdicts().toString());
    Weights one = Weights.llama(11);
    double[] first = one.get("model.layers.0.self_attn.q_proj.weight").values;
    double[] second = one.get("model.layers.1.self_attn.q_proj.weight").values;
    System.arraycopy(first, 0, second, 0, first.length);
    assertEquals(List.of("identical-tensors"), kinds(one.audit()));
  }

  @Test
  void underflowInHalfPrecisionIsTold() {
    var w = new Weights(org.fanin.tensor.DType.F16, 3);
    w.add("fc1.weight", w.normal(2e-8), 64, 64);
    TensorAudit t = w.audit().tensors().getFirst();
    assertTrue(
        t.findings().stream().anyMatch(f -> f.kind().equals("underflow")), t.findings()::toString);
  }

  @Test
  void unscaledResidualsOfAGpt2FailWithoutARecipe() {
    Weights w = Weights.gpt2(5);
    each(w, "c_proj.weight", t -> t.scale(ROOT));
    AuditReport r = w.audit();
    assertEquals("gpt2", r.recipe().orElseThrow());
    assertTrue(
        r.verdicts().stream()
            .anyMatch(
                v ->
                    v.finding().kind().equals("residual-unscaled")
                        && v.finding().level() == Finding.Level.FAIL
                        && v.tensors().size() == 2 * Weights.LAYERS),
        () -> r.verdicts().toString());
  }

  @Test
  void aNamedRecipeIsHeldAgainstEveryTensor() {
    assertTrue(Weights.gpt2(6).auditAs("gpt2").healthy());
    AuditReport r = Weights.gpt2(6).auditAs("he-normal");
    TensorAudit t =
        r.tensors().stream()
            .filter(x -> x.name().contains("c_fc.weight"))
            .findFirst()
            .orElseThrow();
    // He wants 2/64 where .02² is: 78 times as much.
    assertEquals(2.0 / 64, t.expected().orElseThrow().variance(), 1e-12);
    assertTrue(t.expected().get().z() < -50);
    assertEquals("variance", t.findings().getFirst().kind());
    assertEquals(Finding.Level.FAIL, t.findings().getFirst().level());
  }

  @Test
  void recipeMissesPaddingRowAndForgetBias() {
    var w = new Weights(org.fanin.tensor.DType.F32, 9);
    w.add("bert.embeddings.word_embeddings.weight", w.normal(0.02), 100, 64);
    assertTrue(
        kinds(w.auditAs("bert")).contains("padding-row"), kinds(w.auditAs("bert"))::toString);
    w.get("bert.embeddings.word_embeddings.weight").fillRow(0, 0);
    assertTrue(w.auditAs("bert").healthy());
    Weights c = Weights.convolutional(9);
    c.get("rnn.bias_ih_l0").fill(Weights.constant(0));
    assertTrue(
        kinds(c.auditAs("lstm")).contains("forget-bias"), kinds(c.auditAs("lstm"))::toString);
  }

  private static List<String> kinds(AuditReport r) {
    return r.tensors().stream()
        .flatMap(t -> t.findings().stream())
        .filter(f -> f.level() == Finding.Level.FAIL)
        .map(Finding::kind)
        .toList();
  }
}
