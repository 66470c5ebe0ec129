package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the sources of the frameworks say of single tensors (docs/recipes.md, "Where it was read").
class RecipeFactsTest {
  private static TensorPlan find(String recipe, String name, String... tensors) {
    List<TensorSpec> specs = Specs.named(NameLists.of(tensors));
    return Recipes.named(recipe).plan(specs, 1, PlanOptions.none()).tensors().stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static double deviation(TensorPlan t) {
    return Math.sqrt(t.variance());
  }

  @ParameterizedTest
  @CsvSource({
    // recipe, tensor, another tensor beside it, σ
    "pytorch-default, a.out_proj.bias 64, a.q_proj_weight 64x64, 0",
    "pytorch-default, a.out_proj.bias 64, a.in_proj_weight 192x64, 0",
    "pytorch-default, a.out_proj.bias 64, a.out_proj.weight 64x64, .0721687836487032",
    "pytorch-default, a.bias_k 1x1x64, a.in_proj_weight 192x64, .125",
    "pytorch-default, a.in_proj_weight 192x64, b.weight 2x2, .0883883476483184",
    "keras-default, model/prelu/alpha:0 8, b.weight 2x2, 0",
    "keras-default, p_re_lu/alpha 8, b.weight 2x2, 0",
    "jax-lecun, LSTMCell_0/hi/kernel 16x16, LSTMCell_0/ii/kernel 4x16, .25",
    "jax-lecun, OptimizedLSTMCell_0/hf/kernel 16x16, b.weight 2x2, .25",
    "jax-lecun, LSTMCell_0/ii/kernel 4x16, LSTMCell_0/hi/kernel 16x16, .5",
    "t5, qa_outputs.weight 2x16, shared.weight 50x16, .25",
    "t5, lm_head.weight 50x16, shared.weight 50x16, 1",
    "deit, features.0.0.bias 96, features.0.0.weight 96x3x4x4, .0833333333333333",
    "deit, head.bias 10, head.weight 10x96, 0",
    "vit, patch_embed.proj.bias 48, patch_embed.proj.weight 48x3x4x4, .0833333333333333",
    "efficientnet, blocks.0.0.conv_dw.weight 32x1x3x3, conv_stem.weight 32x3x3x3,"
        + " .471404520791032",
    "efficientnet-torchvision, blocks.0.0.conv_dw.weight 32x1x3x3, fc.weight 9x9,"
        + " .0833333333333333",
    "efficientnet-torchvision, classifier.1.weight 1000x8, a.weight 9x9, .0182574185835055",
    "convnext, stages.0.1.gamma 96, head.weight 9x96, 0",
  })
  void deviations(String recipe, String tensor, String beside, double sigma) {
    TensorPlan t = find(recipe, tensor.split(" ")[0], tensor, beside);
    assertEquals(sigma, deviation(t), 2e-14 + 1e-12 * sigma);
  }

  @ParameterizedTest
  @CsvSource({
    // tensor, another tensor beside it, value
    "stages.3.blocks.2.mlp.grn.weight 96, a.weight 2x2, 0",
    "stages.3.2.grn.gamma 1x1x1x96, a.weight 2x2, 0",
    "features.1.0.attn.logit_scale 3x1x1, a.weight 2x2, 2.302585092994046",
    "logit_scale 1, logit_bias 1, 2.302585092994046",
    "logit_scale 1, a.weight 2x2, 2.659260036932778",
  })
  void constants(String tensor, String beside, double value) {
    TensorPlan t = find("pytorch-default", tensor.split(" ")[0], tensor, beside);
    assertEquals(new Draw.Constant(value), t.draw());
  }

  @Test
  void layerScaleOfConvNext() {
    TensorPlan t = find("convnext", "stages.0.1.gamma", "stages.0.1.gamma 96", "head.weight 9x96");
    assertEquals(new Draw.Constant(1e-6), t.draw());
  }

  /// GemmaConfig.pad_token_id = 0 makes a padding row of nn.Embedding.
  @Test
  void paddingRowOfGemma() {
    String table = "model.embed_tokens.weight";
    TensorPlan t = find("gemma", table, table + " 100x8", "model.layers.0.mlp.up_proj.weight 9x8");
    Draw.Slice s = assertInstanceOf(Draw.Slice.class, t.draw());
    assertEquals(new Draw.Slice(new Draw.Normal(0, 0.02), 0, 0, 0), s);
    assertInstanceOf(
        Draw.Normal.class,
        find("llama", table, table + " 100x8", "model.layers.0.mlp.up_proj.weight 9x8").draw());
  }

  /// (9·2)^(−1/4)/√16 for embeddings of encoder and decoder alike, .67·2^(−1/4) for the encoder's
  /// outputs, (9·2)^(−1/4) for the decoder's.
  @Test
  void embeddingsOfTFixup() {
    String[] net = {
      "encoder.embed_tokens.weight 50x16",
      "encoder.layers.0.fc2.weight 16x16",
      "encoder.layers.1.fc2.weight 16x16",
      "decoder.layers.0.fc2.weight 16x16",
      "decoder.layers.1.fc2.weight 16x16"
    };
    double nine = StrictMath.pow(18, -0.25);
    assertEquals(nine / 4, deviation(find("t-fixup", "encoder.embed_tokens.weight", net)), 1e-15);
    assertEquals(
        0.67 * StrictMath.pow(2, -0.25) / 4,
        deviation(find("t-fixup", "encoder.layers.1.fc2.weight", net)),
        1e-15);
    assertEquals(nine / 4, deviation(find("t-fixup", "decoder.layers.1.fc2.weight", net)), 1e-15);
  }

  /// DeepNet, table 1, with N = 2 and M = 3: .87·(2⁴·3)^(−1/16) and (12·3)^(−1/4).
  @Test
  void deepNormOfEncoderAndDecoder() {
    String[] net = {
      "encoder.layers.0.fc2.weight 16x16",
      "encoder.layers.1.fc2.weight 16x16",
      "encoder.layers.1.self_attn.q_proj.weight 16x16",
      "decoder.layers.0.fc2.weight 16x16",
      "decoder.layers.1.fc2.weight 16x16",
      "decoder.layers.2.fc2.weight 16x16"
    };
    assertEquals(
        0.87 * StrictMath.pow(48, -0.0625) / 4,
        deviation(find("deepnorm", "encoder.layers.1.fc2.weight", net)),
        1e-15);
    assertEquals(
        StrictMath.pow(36, -0.25) / 4,
        deviation(find("deepnorm", "decoder.layers.0.fc2.weight", net)),
        1e-15);
    assertEquals(
        0.25, deviation(find("deepnorm", "encoder.layers.1.self_attn.q_proj.weight", net)), 1e-15);
  }

  /// The paper draws normal numbers; a fused matrix is no exception.
  @Test
  void fusedValuesOfDeepNorm() {
    TensorPlan t =
        find(
            "deepnorm",
            "h.1.attn.c_attn.weight",
            "h.0.ln_1.weight 8",
            "h.1.attn.c_attn.weight 8x24");
    Draw.Parts p = assertInstanceOf(Draw.Parts.class, t.draw());
    Draw.Normal query = assertInstanceOf(Draw.Normal.class, p.parts().get(0));
    Draw.Normal value = assertInstanceOf(Draw.Normal.class, p.parts().get(2));
    assertEquals(1 / Math.sqrt(8), query.std(), 1e-15);
    assertEquals(StrictMath.pow(16, -0.25) / Math.sqrt(8), value.std(), 1e-15);
  }
}
