package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.graph.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Roles, fans, ends and layers from names and shapes of public layouts.
class NameSpecsTest {
  /// "role in→out[×blocks][ end][ layer/of]".
  private static String say(TensorSpec s) {
    StringBuilder b = new StringBuilder(s.role().toString());
    s.fan()
        .ifPresent(
            f -> {
              b.append(' ').append(Spelling.number(f.in())).append("→");
              b.append(Spelling.number(f.out()));
              b.append(f.blocks() > 1 ? "×" + f.blocks() : "");
            });
    b.append(s.residualEnd() ? " end" : "");
    b.append(s.layer() >= 0 ? " " + s.layer() + "/" + s.layers() : "");
    b.append(s.gates().isEmpty() ? "" : " " + s.gates());
    return b.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, wte.weight, TIED 768→50257",
    "gpt2, wpe.weight, POSITION",
    "gpt2, h.10.ln_1.weight, NORM_SCALE 10/12",
    "gpt2, h.10.ln_2.bias, NORM_SHIFT 10/12",
    "gpt2, h.3.attn.bias, TABLE 3/12",
    "gpt2, h.3.attn.c_attn.weight, FUSED_QKV 768→768×3 3/12",
    "gpt2, h.3.attn.c_attn.bias, BIAS 3/12",
    "gpt2, h.3.attn.c_proj.weight, WEIGHT 768→768 end 3/12",
    "gpt2, h.3.mlp.c_fc.weight, WEIGHT 768→3072 3/12",
    "gpt2, h.3.mlp.c_proj.weight, WEIGHT 3072→768 end 3/12",
    "gpt2, ln_f.weight, NORM_SCALE",
    "llama, model.embed_tokens.weight, EMBEDDING 1→2048",
    "llama, model.layers.2.self_attn.q_proj.weight, WEIGHT 2048→2048 2/4",
    "llama, model.layers.2.self_attn.k_proj.weight, WEIGHT 2048→256 2/4",
    "llama, model.layers.2.self_attn.o_proj.weight, WEIGHT 2048→2048 end 2/4",
    "llama, model.layers.2.mlp.gate_proj.weight, WEIGHT 2048→5632 2/4",
    "llama, model.layers.2.mlp.down_proj.weight, WEIGHT 5632→2048 end 2/4",
    "llama, model.layers.2.input_layernorm.weight, NORM_SCALE 2/4",
    "llama, model.norm.weight, NORM_SCALE",
    "llama, lm_head.weight, HEAD 2048→32000",
    "vit, cls_token, CLASS_TOKEN",
    "vit, pos_embed, POSITION",
    "vit, patch_embed.proj.weight, WEIGHT 768→49152",
    "vit, blocks.11.attn.qkv.weight, FUSED_QKV 192→192×3 11/12",
    "vit, blocks.11.attn.proj.weight, WEIGHT 192→192 end 11/12",
    "vit, blocks.11.mlp.fc1.weight, WEIGHT 192→768 11/12",
    "vit, blocks.11.mlp.fc2.weight, WEIGHT 768→192 end 11/12",
    "vit, head.weight, HEAD 192→1000",
    "vit, head.bias, BIAS",
    "resnet18, conv1.weight, WEIGHT 147→3136",
    "resnet18, bn1.weight, NORM_SCALE",
    "resnet18, bn1.running_mean, RUNNING_MEAN",
    "resnet18, bn1.running_var, RUNNING_VARIANCE",
    "resnet18, bn1.num_batches_tracked, TABLE",
    "resnet18, layer1.0.conv1.weight, WEIGHT 576→576 0/8",
    "resnet18, layer1.0.bn2.weight, NORM_SCALE end 0/8",
    "resnet18, layer3.1.conv2.weight, WEIGHT 2304→2304 end 5/8",
    "resnet18, layer4.0.downsample.0.weight, WEIGHT 256→512 6/8",
    "resnet18, layer4.0.downsample.1.weight, NORM_SCALE 6/8",
    "resnet18, fc.weight, HEAD 512→1000",
    "lstm, emb.weight, EMBEDDING 1→32",
    "lstm, lstm.weight_ih_l0, LSTM_INPUT 32→64×4 ifgo",
    "lstm, lstm.weight_hh_l1_reverse, LSTM_RECURRENT 64→64×4 ifgo",
    "lstm, lstm.bias_hh_l0, LSTM_BIAS ifgo",
    "lstm, fc.weight, HEAD 128→4"
  })
  void publicLayouts(String list, String name, String expected) {
    assertEquals(expected, say(NameLists.find(NameLists.specs(list), name)));
  }

  private static void assertSays(List<Specs.Named> list, String... expected) {
    List<TensorSpec> specs = Specs.named(list);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], say(specs.get(i)), specs.get(i).name());
    }
  }

  @Test
  void nanoGptStoresOutIn() {
    assertSays(
        NameLists.of(
            "transformer.h.0.attn.c_attn.weight 24x8",
            "transformer.h.0.mlp.c_proj.weight 8x32",
            "transformer.wte.weight 50x8",
            "lm_head.weight 50x8"),
        "FUSED_QKV 8→8×3 0/1",
        "WEIGHT 32→8 end 0/1",
        "EMBEDDING 1→8",
        "HEAD 8→50");
  }

  @Test
  void megatronCore() {
    assertSays(
        NameLists.of(
            "embedding.word_embeddings.weight 100x8",
            "embedding.position_embeddings.weight 16x8",
            "decoder.layers.0.self_attention.linear_qkv.layer_norm_weight 8",
            "decoder.layers.0.self_attention.linear_qkv.layer_norm_bias 8",
            "decoder.layers.0.self_attention.linear_qkv.weight 24x8",
            "decoder.layers.0.self_attention.linear_qkv.bias 24",
            "decoder.layers.0.self_attention.linear_proj.weight 8x8",
            "decoder.layers.0.mlp.linear_fc1.weight 32x8",
            "decoder.layers.0.mlp.linear_fc2.weight 8x32",
            "decoder.layers.1.mlp.experts.local_experts.0.linear_fc2.weight 8x32",
            "decoder.layers.1.mlp.experts.linear_fc2.weight0 8x32",
            "decoder.final_layernorm.weight 8",
            "output_layer.weight 100x8"),
        "EMBEDDING 1→8",
        "POSITION",
        "NORM_SCALE 0/2",
        "NORM_SHIFT 0/2",
        "FUSED_QKV 8→8×3 0/2",
        "BIAS 0/2",
        "WEIGHT 8→8 end 0/2",
        "WEIGHT 8→32 0/2",
        "WEIGHT 32→8 end 0/2",
        "WEIGHT 32→8 end 1/2",
        "WEIGHT 32→8 end 1/2",
        "NORM_SCALE",
        "HEAD 8→100");
  }

  @Test
  void torchtitan() {
    assertSays(
        NameLists.of(
            "tok_embeddings.weight 100x8",
            "layers.0.attention.wq.weight 8x8",
            "layers.0.attention.wk.weight 4x8",
            "layers.0.attention.wo.weight 8x8",
            "layers.0.feed_forward.w1.weight 24x8",
            "layers.0.feed_forward.w2.weight 8x24",
            "layers.0.feed_forward.w3.weight 24x8",
            "layers.0.attention_norm.weight 8",
            "layers.0.ffn_norm.weight 8",
            "norm.weight 8",
            "output.weight 100x8"),
        "EMBEDDING 1→8",
        "WEIGHT 8→8 0/1",
        "WEIGHT 8→4 0/1",
        "WEIGHT 8→8 end 0/1",
        "WEIGHT 8→24 0/1",
        "WEIGHT 24→8 end 0/1",
        "WEIGHT 8→24 0/1",
        "NORM_SCALE 0/1",
        "NORM_SCALE 0/1",
        "NORM_SCALE",
        "HEAD 8→100");
  }

  @Test
  void keras() {
    assertSays(
        NameLists.of(
            "conv1/kernel:0 3x3x3x16",
            "conv1_bn/gamma:0 16",
            "conv1_bn/beta:0 16",
            "conv1_bn/moving_mean:0 16",
            "conv1_bn/moving_variance:0 16",
            "stem/gamma:0 16",
            "stem/beta:0 16",
            "conv_dw_1/depthwise_kernel:0 3x3x16x2",
            "conv_pw_1/kernel:0 1x1x32x64",
            "up/conv2d_transpose/kernel:0 4x4x8x64",
            "normalization/mean 3",
            "dense/kernel:0 64x10",
            "dense/bias:0 10"),
        "WEIGHT 27→144",
        "NORM_SCALE",
        "NORM_SHIFT",
        "RUNNING_MEAN",
        "RUNNING_VARIANCE",
        "NORM_SCALE",
        "NORM_SHIFT",
        "WEIGHT 9→18",
        "WEIGHT 32→64",
        "WEIGHT 1024→128",
        "TABLE",
        "WEIGHT 64→10",
        "BIAS");
  }

  /// `[out, taps…, in/groups]`; one convolution alone may be read either way.
  @Test
  void mlx() {
    assertSays(
        NameLists.of(
            "conv1.weight 16x3x3x3",
            "layers.0.conv2d.weight 32x3x3x16",
            "layers.1.depthwise.weight 32x3x3x1",
            "layers.2.conv1d.weight 64x5x32",
            "fc.weight 10x64"),
        "WEIGHT 27→144",
        "WEIGHT 144→288 0/3",
        "WEIGHT 9→9 1/3",
        "WEIGHT 160→320 2/3",
        "HEAD 64→10");
    assertSays(
        NameLists.of("conv1.weight 16x3x3x3", "layers.0.conv2d.weight 32x16x3x3"),
        "WEIGHT 27→144",
        "WEIGHT 144→288 0/1");
  }

  @Test
  void adapters() {
    String q = "base_model.model.model.layers.0.self_attn.";
    assertSays(
        NameLists.of(
            q + "o_proj.base_layer.weight 8x8",
            q + "o_proj.lora_A.default.weight 2x8",
            q + "o_proj.lora_B.default.weight 8x2",
            q + "o_proj.lora_magnitude_vector.default.weight 8",
            "base_model.model.model.embed_tokens.lora_embedding_A.default 2x100",
            "base_model.model.model.embed_tokens.lora_embedding_B.default 8x2",
            "attn.lora_A 2x8",
            "attn.lora_B 8x2",
            "layers.0.attn.lora_a 8x2",
            "layers.0.attn.lora_b 2x16"),
        "WEIGHT 8→8 end 0/1",
        "WEIGHT 8→2 0/1",
        "WEIGHT 2→8 0/1",
        "OTHER 0/1",
        "WEIGHT 1→2",
        "WEIGHT 2→8",
        "WEIGHT 8→2",
        "WEIGHT 2→8",
        "WEIGHT 8→2 0/1",
        "WEIGHT 2→16 0/1");
  }

  @Test
  void t5() {
    assertSays(
        NameLists.of(
            "shared.weight 100x8",
            "encoder.block.0.layer.0.SelfAttention.q.weight 8x8",
            "encoder.block.0.layer.0.SelfAttention.o.weight 8x8",
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight 32x2",
            "encoder.block.0.layer.0.layer_norm.weight 8",
            "encoder.block.1.layer.1.DenseReluDense.wi.weight 16x8",
            "encoder.block.1.layer.1.DenseReluDense.wo.weight 8x16",
            "decoder.block.0.layer.1.EncDecAttention.o.weight 8x8",
            "decoder.final_layer_norm.weight 8"),
        "EMBEDDING 1→8",
        "WEIGHT 8→8 0/2",
        "WEIGHT 8→8 end 0/2",
        "POSITION 0/2",
        "NORM_SCALE 0/2",
        "WEIGHT 8→16 1/2",
        "WEIGHT 16→8 end 1/2",
        "WEIGHT 8→8 end 0/1",
        "NORM_SCALE");
  }

  @Test
  void bert() {
    assertSays(
        NameLists.of(
            "bert.embeddings.word_embeddings.weight 100x8",
            "bert.embeddings.position_embeddings.weight 64x8",
            "bert.embeddings.token_type_embeddings.weight 2x8",
            "bert.embeddings.LayerNorm.gamma 8",
            "bert.encoder.layer.3.attention.self.query.weight 8x8",
            "bert.encoder.layer.3.attention.output.dense.weight 8x8",
            "bert.encoder.layer.3.intermediate.dense.weight 32x8",
            "bert.encoder.layer.3.output.dense.weight 8x32",
            "bert.encoder.layer.3.output.LayerNorm.weight 8",
            "bert.pooler.dense.weight 8x8",
            "cls.predictions.decoder.weight 100x8",
            "cls.predictions.bias 100"),
        "EMBEDDING 1→8",
        "POSITION",
        "EMBEDDING 1→8",
        "NORM_SCALE",
        "WEIGHT 8→8 0/1",
        "WEIGHT 8→8 end 0/1",
        "WEIGHT 8→32 0/1",
        "WEIGHT 32→8 end 0/1",
        "NORM_SCALE 0/1",
        "WEIGHT 8→8",
        "HEAD 8→100",
        "BIAS");
  }

  @Test
  void mamba() {
    assertSays(
        NameLists.of(
            "backbone.embeddings.weight 100x8",
            "backbone.layers.0.mixer.A_log 16x4",
            "backbone.layers.0.mixer.D 16",
            "backbone.layers.0.mixer.in_proj.weight 32x8",
            "backbone.layers.0.mixer.conv1d.weight 16x1x4",
            "backbone.layers.0.mixer.dt_proj.weight 16x2",
            "backbone.layers.0.mixer.dt_proj.bias 16",
            "backbone.layers.0.mixer.out_proj.weight 8x16",
            "backbone.layers.0.norm.weight 8"),
        "TIED 8→100",
        "OTHER 0/1",
        "OTHER 0/1",
        "WEIGHT 8→32 0/1",
        "WEIGHT 4→4 0/1",
        "WEIGHT 2→16 0/1",
        "BIAS 0/1",
        "WEIGHT 16→8 end 0/1",
        "NORM_SCALE 0/1");
  }

  @Test
  void expertsStackedAndApart() {
    assertSays(
        NameLists.of(
            "model.embed_tokens.weight 100x8",
            "model.layers.0.block_sparse_moe.gate.weight 4x8",
            "model.layers.0.block_sparse_moe.experts.3.w1.weight 16x8",
            "model.layers.0.block_sparse_moe.experts.3.w2.weight 8x16",
            "model.layers.1.mlp.experts.gate_up_proj 4x8x32",
            "model.layers.1.mlp.experts.down_proj 4x16x8",
            "model.layers.2.mlp.experts.gate_up_proj 4x32x8",
            "model.layers.0.input_layernorm.weight 8",
            "model.norm.weight 8",
            "lm_head.weight 100x8"),
        "EMBEDDING 1→8",
        "WEIGHT 8→4 0/3",
        "WEIGHT 8→16 0/3",
        "WEIGHT 16→8 end 0/3",
        "STACKED 8→16×8 1/3",
        "STACKED 16→8×4 end 1/3",
        "STACKED 8→16×8 2/3");
  }

  @Test
  void kerasAndFlax() {
    assertSays(
        NameLists.of(
            "conv2d/kernel:0 3x3x16x32",
            "conv2d/bias:0 32",
            "batch_normalization/gamma:0 32",
            "batch_normalization/moving_variance:0 32",
            "dense/kernel:0 32x10",
            "lstm/lstm_cell/kernel:0 5x16",
            "lstm/lstm_cell/recurrent_kernel:0 4x16",
            "lstm/lstm_cell/bias:0 16",
            "embedding/embeddings:0 50x8",
            "params/encoderblock_1/MultiHeadDotProductAttention_0/query/kernel 8x2x4",
            "params/encoderblock_1/MultiHeadDotProductAttention_0/out/kernel 2x4x8",
            "params/encoderblock_1/LayerNorm_0/scale 8",
            "depthwise_conv2d/depthwise_kernel 3x3x16x1"),
        "WEIGHT 144→288",
        "BIAS",
        "NORM_SCALE",
        "RUNNING_VARIANCE",
        "WEIGHT 32→10",
        "LSTM_INPUT 5→4×4 ifgo",
        "LSTM_RECURRENT 4→4×4 ifgo",
        "LSTM_BIAS ifgo",
        "EMBEDDING 1→8",
        "WEIGHT 8→8 0/1",
        "WEIGHT 8→8 end 0/1",
        "NORM_SCALE 0/1",
        "WEIGHT 9→9");
  }

  @Test
  void convolutionsOfManyKinds() {
    assertSays(
        NameLists.of(
            "conv1.weight 6x1x5x5",
            "conv2.weight 16x6x5x5",
            "features.1.0.block.0.weight 16x1x7x7",
            "features.1.0.block.2.weight 16",
            "features.1.0.block.2.bias 16",
            "features.1.0.block.3.weight 64x16",
            "features.1.0.block.5.weight 16x64",
            "features.1.0.layer_scale 16x1x1",
            "deconv1.weight 8x4x4x4",
            "layer1.0.conv1.weight 128x64x1x1",
            "layer1.0.conv2.weight 128x4x3x3",
            "layer1.0.conv3.weight 256x128x1x1",
            "layer1.0.bn3.weight 256",
            "classifier.1.weight 40x20",
            "classifier.4.weight 10x40",
            "classifier.4.bias 10"),
        "WEIGHT 25→150",
        "WEIGHT 150→400",
        "WEIGHT 49→49 0/1",
        "NORM_SCALE 0/1",
        "NORM_SHIFT 0/1",
        "WEIGHT 16→64 0/1",
        "WEIGHT 64→16 end 0/1",
        "LAYER_SCALE 0/1",
        "WEIGHT 128→64",
        "WEIGHT 64→128 0/1",
        "WEIGHT 36→36 0/1",
        "WEIGHT 128→256 end 0/1",
        "NORM_SCALE end 0/1",
        "WEIGHT 20→40",
        "HEAD 40→10",
        "BIAS");
  }

  @Test
  void torchModulesAndAdapters() {
    assertSays(
        NameLists.of(
            "encoder.layers.0.self_attn.in_proj_weight 24x8",
            "encoder.layers.0.self_attn.in_proj_bias 24",
            "encoder.layers.0.self_attn.out_proj.weight 8x8",
            "encoder.layers.0.linear1.weight 32x8",
            "encoder.layers.0.linear2.weight 8x32",
            "query_embed.weight 100x8",
            "class_embed.weight 92x8",
            "bbox_embed.layers.2.weight 4x8",
            "base.layers.0.q_proj.lora_A.default.weight 4x8",
            "base.layers.0.q_proj.lora_B.default.weight 8x4",
            "act.prelu.weight 8",
            "logit_scale -",
            "gru.weight_ih_l0 12x5",
            "gru.weight_hh_l0 12x4",
            "blocks.0.gamma_1 8",
            "something.strange 3x3",
            "text.position_ids 1x77 i64"),
        "FUSED_QKV 8→8×3 0/1",
        "BIAS 0/1",
        "WEIGHT 8→8 end 0/1",
        "WEIGHT 8→32 0/1",
        "WEIGHT 32→8 end 0/1",
        "EMBEDDING 1→8",
        "HEAD 8→92",
        "HEAD 8→4",
        "WEIGHT 8→4 0/1",
        "WEIGHT 4→8 0/1",
        "PRELU_SLOPE",
        "LOGIT_SCALE",
        "LSTM_INPUT 5→4×3 rzn",
        "LSTM_RECURRENT 4→4×3 rzn",
        "LAYER_SCALE 0/1",
        "OTHER",
        "TABLE");
  }

  @Test
  void everyGuessSaysWhy() {
    for (String list : List.of("gpt2", "llama", "vit", "resnet18", "lstm")) {
      for (TensorSpec s : NameLists.specs(list)) {
        assertTrue(s.because().startsWith("name: ") && s.because().length() > 8, s.because());
        assertFalse(s.role() == Role.OTHER, s.name());
      }
    }
  }

  /// A name of a million letters must not hang the expressions.
  @Test
  void hostileNames() {
    String dots = "a.".repeat(500_000) + "weight";
    String norms = "norm".repeat(70) + "x";
    List<TensorSpec> specs =
        Specs.named(NameLists.of(dots + " 4x4", norms + ".weight 4x4", norms + ".q 4x4"));
    assertEquals(Role.OTHER, specs.getFirst().role());
    assertEquals(3, specs.size());
  }
}
