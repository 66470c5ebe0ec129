package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Recipes give each tensor of a public layout the deviation that the framework or paper gives it.
class RecipesTest {
  private static final double S2 = Math.sqrt(2);

  private static InitPlan plan(String recipe, String list) {
    return Recipes.named(recipe).plan(NameLists.specs(list), 1, PlanOptions.none());
  }

  private static TensorPlan find(InitPlan p, String name) {
    return p.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    // recipe, layout, tensor, σ
    "gpt2, gpt2, wte.weight, .02",
    "gpt2, gpt2, wpe.weight, .02",
    "gpt2, gpt2, h.7.attn.c_attn.weight, .02",
    "gpt2, gpt2, h.7.attn.c_proj.weight, .00408248290463863",
    "gpt2, gpt2, h.0.mlp.c_proj.weight, .00408248290463863",
    "gpt2, gpt2, h.0.mlp.c_fc.weight, .02",
    "llama, llama, model.layers.3.mlp.down_proj.weight, .02",
    "llama-depth, llama, model.layers.3.mlp.down_proj.weight, .00707106781186548",
    "llama-depth, llama, model.layers.0.mlp.up_proj.weight, .0141421356237310",
    "llama-depth, llama, model.layers.0.mlp.gate_proj.weight, .02",
    "llama-depth, llama, model.embed_tokens.weight, 1",
    "vit, vit, blocks.3.attn.qkv.weight, .02",
    "vit, vit, cls_token, .000001",
    "deit, vit, cls_token, .02",
    "vit, vit, patch_embed.proj.weight, .0208333333333333",
    "vit, vit, patch_embed.proj.bias, .0208333333333333",
    "vit-torchvision, vit, head.weight, 0",
    "resnet, resnet18, conv1.weight, .0252538136138053",
    "resnet, resnet18, layer2.0.conv1.weight, .0416666666666667",
    "resnet, resnet18, layer2.0.downsample.0.weight, .125",
    "resnet, resnet18, fc.weight, .0255155181539914",
    "resnet, resnet18, fc.bias, .0255155181539914",
    "efficientnet, resnet18, fc.weight, .0182574185835055",
    "mobilenet, resnet18, fc.weight, .01",
    "pytorch-default, lstm, emb.weight, 1",
    "pytorch-default, lstm, lstm.weight_ih_l0, .0721687836487032",
    "pytorch-default, lstm, lstm.bias_hh_l1, .0721687836487032",
    "pytorch-default, lstm, fc.weight, .0510310363079829",
    "keras-default, lstm, emb.weight, .0288675134594813",
    "lstm, lstm, lstm.weight_hh_l0, .125",
    "keras-default, lstm, lstm.weight_hh_l0, .0625",
    "jax-lecun, lstm, lstm.weight_ih_l0, .176776695296637",
    "jax-lecun, lstm, emb.weight, .176776695296637",
    "he-normal, gpt2, h.0.mlp.c_fc.weight, .0510310363079829",
    "he-normal, gpt2, h.0.attn.c_attn.weight, .0510310363079829",
    "he-normal, gpt2, wte.weight, .0510310363079829",
    "he-normal, gpt2, wpe.weight, .02",
    "orthogonal, gpt2, h.0.attn.c_attn.weight, .0360843918243516",
    "small-init, gpt2, h.0.mlp.c_fc.weight, .0228217732293819",
    "small-init, gpt2, h.0.mlp.c_proj.weight, .00601406530405860",
    "mup, llama, lm_head.weight, .00048828125",
    "mup, llama, model.layers.0.mlp.up_proj.weight, .0220970869120796",
    "mup, llama, model.embed_tokens.weight, 1",
    "fixup, resnet18, layer1.0.conv1.weight, .0208333333333333",
    "fixup, resnet18, layer1.0.conv2.weight, 0",
    "fixup, resnet18, conv1.weight, .116642368703961",
    "fixup, resnet18, fc.weight, 0",
    "deepnorm, llama, model.layers.0.self_attn.q_proj.weight, .0220970869120796",
    "deepnorm, llama, model.layers.0.self_attn.o_proj.weight, .00929068058595876"
  })
  void deviations(String recipe, String list, String tensor, double sigma) {
    assertEquals(
        sigma, Math.sqrt(find(plan(recipe, list), tensor).variance()), 2e-14 + 1e-12 * sigma);
  }

  /// 1/√768 cut at ±3σ keeps .986578 of the deviation; the outputs of block 3 have 1/√8 of it.
  @Test
  void mitchell() {
    InitPlan p = plan("mitchell", "gpt2");
    double inner = 0.986578 / Math.sqrt(768);
    assertEquals(inner, Math.sqrt(find(p, "h.3.mlp.c_fc.weight").variance()), 1e-7);
    assertEquals(inner, Math.sqrt(find(p, "wte.weight").variance()), 1e-7);
    assertEquals(
        0.986578 / Math.sqrt(3072 * 8),
        Math.sqrt(find(p, "h.3.mlp.c_proj.weight").variance()),
        1e-7);
  }

  @Test
  void t5() {
    List<TensorSpec> specs =
        Specs.named(
            NameLists.of(
                "shared.weight 100x32",
                "encoder.block.0.layer.0.SelfAttention.q.weight 48x32",
                "encoder.block.0.layer.0.SelfAttention.k.weight 48x32",
                "encoder.block.0.layer.0.SelfAttention.o.weight 32x48",
                "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight 32x6",
                "encoder.block.0.layer.1.DenseReluDense.wo.weight 32x64"));
    InitPlan p = Recipes.named("t5").plan(specs, 1, PlanOptions.none());
    double[] variance = {1, 1.0 / (32 * 8), 1.0 / 32, 1.0 / 48, 1.0 / 32, 1.0 / 64};
    for (int i = 0; i < variance.length; i++) {
      TensorPlan t = p.tensors().get(i);
      assertEquals(variance[i], t.variance(), 1e-15, t.name());
    }
  }

  @Test
  void mamba() {
    List<TensorSpec> specs =
        Specs.named(
            NameLists.of(
                "backbone.embeddings.weight 100x8",
                "backbone.layers.0.mixer.A_log 16x4",
                "backbone.layers.0.mixer.D 16",
                "backbone.layers.0.mixer.dt_proj.weight 16x2",
                "backbone.layers.0.mixer.dt_proj.bias 16",
                "backbone.layers.0.mixer.out_proj.weight 8x16",
                "backbone.layers.1.mixer.out_proj.weight 8x16"));
    InitPlan p = Recipes.named("mamba").plan(specs, 1, PlanOptions.none());
    assertEquals(new Draw.LogRange(1), find(p, "backbone.layers.0.mixer.A_log").draw());
    assertEquals(new Draw.Constant(1), find(p, "backbone.layers.0.mixer.D").draw());
    assertEquals(
        new Draw.SoftplusInverse(0.001, 0.1),
        find(p, "backbone.layers.0.mixer.dt_proj.bias").draw());
    Draw.Uniform dt =
        assertInstanceOf(
            Draw.Uniform.class, find(p, "backbone.layers.0.mixer.dt_proj.weight").draw());
    assertEquals(1 / S2, dt.high(), 1e-15);
    // U(±1/√16) over √2 blocks.
    assertEquals(
        1.0 / 48 / 2, find(p, "backbone.layers.0.mixer.out_proj.weight").variance(), 1e-15);
  }

  @Test
  void forgetGatesOfPyTorchNames() {
    InitPlan p = plan("lstm", "lstm");
    Draw.Parts b = assertInstanceOf(Draw.Parts.class, find(p, "lstm.bias_ih_l0").draw());
    assertEquals(new Draw.Constant(1), b.parts().get(1));
    assertEquals(new Draw.Constant(0), b.parts().get(0));
    assertEquals(new Draw.Constant(0), find(p, "lstm.bias_hh_l0").draw());
    Draw.Parts r = assertInstanceOf(Draw.Parts.class, find(p, "lstm.weight_hh_l0").draw());
    assertEquals(4, r.parts().size());
    assertInstanceOf(
        Draw.Orthogonal.class, find(plan("keras-default", "lstm"), "lstm.weight_hh_l0").draw());
  }

  @Test
  void fusedInProjectionIsOneMatrixForPyTorch() {
    List<TensorSpec> specs =
        Specs.named(
            NameLists.of(
                "layers.0.self_attn.in_proj_weight 24x8",
                "layers.0.self_attn.in_proj_bias 24",
                "layers.0.self_attn.out_proj.weight 8x8",
                "layers.0.self_attn.out_proj.bias 8"));
    InitPlan p = Recipes.named("pytorch-default").plan(specs, 1, PlanOptions.none());
    assertEquals(2.0 / 32, p.tensors().get(0).variance(), 1e-15);
    assertEquals(0, p.tensors().get(1).variance());
    assertEquals(1.0 / 24, p.tensors().get(2).variance(), 1e-15);
    assertEquals(new Draw.Constant(0), p.tensors().get(3).draw());
    InitPlan g = Recipes.named("glorot-uniform").plan(specs, 1, PlanOptions.none());
    assertEquals(2.0 / 16, g.tensors().getFirst().variance(), 1e-15);
  }

  @Test
  void tFixupScalesTheValuesOfAFusedProjection() {
    Draw.Parts qkv =
        assertInstanceOf(
            Draw.Parts.class, find(plan("t-fixup", "gpt2"), "h.0.attn.c_attn.weight").draw());
    double q = assertInstanceOf(Draw.Uniform.class, qkv.parts().get(0)).high();
    double v = assertInstanceOf(Draw.Uniform.class, qkv.parts().get(2)).high();
    assertEquals(0.67 * Math.pow(12, -0.25), v / q, 1e-12);
  }

  // ---- what every recipe promises ----

  @Test
  void everyTensorIsDrawnOrKeptWithAReason() {
    for (String list : List.of("gpt2", "llama", "vit", "resnet18", "lstm")) {
      List<TensorSpec> specs = NameLists.specs(list);
      for (String recipe : Recipes.known()) {
        // It refuses networks that it would change nothing of (MimeticTest).
        if (recipe.equals("mimetic") && !List.of("gpt2", "vit").contains(list)) {
          continue;
        }
        InitPlan p = Recipes.named(recipe).plan(specs, 1, PlanOptions.none());
        assertEquals(specs.size(), p.tensors().size() + p.kept().size(), recipe + " " + list);
        for (TensorPlan t : p.tensors()) {
          assertFalse(t.because().isEmpty() || t.scheme().isEmpty(), t.name());
          assertTrue(t.variance() >= 0 && t.variance() < 2, recipe + " " + t.name());
          assertFalse(t.because().contains("[instead"), recipe + " " + t.name() + t.because());
        }
        p.kept().forEach(k -> assertFalse(k.because().isEmpty(), k.name()));
      }
    }
  }

  @Test
  void tablesAreKeptAndStatisticsStart() {
    InitPlan g = plan("gpt2", "gpt2");
    assertEquals(12, g.kept().size());
    assertTrue(g.kept().getFirst().because().contains("table"), g.kept().getFirst().because());
    InitPlan r = plan("resnet", "resnet18");
    assertEquals(new Draw.Constant(0), find(r, "bn1.num_batches_tracked").draw());
    assertEquals(new Draw.Constant(1), find(r, "bn1.running_var").draw());
    assertEquals(new Draw.Constant(1), find(r, "layer1.0.bn2.weight").draw());
    InitPlan z = plan("resnet-zero-gamma", "resnet18");
    assertEquals(new Draw.Constant(0), find(z, "layer1.0.bn2.weight").draw());
    assertEquals(new Draw.Constant(1), find(z, "layer1.0.bn1.weight").draw());
    assertEquals(new Draw.Constant(0), find(plan("gemma", "llama"), "model.norm.weight").draw());
  }

  @Test
  void aSchemeThatCannotBeAppliedSaysSo() {
    List<TensorSpec> one = Specs.named(NameLists.of("proj.weight 4x4", "attn.c_proj.weight 8x8"));
    TensorSpec shallow =
        new TensorSpec(
            "deep",
            one.getFirst().shape(),
            DType.F32,
            one.getFirst().role(),
            one.getFirst().fan(),
            true,
            -1,
            0,
            "",
            "test");
    InitPlan p = Recipes.named("gpt2").plan(List.of(shallow), 1, PlanOptions.none());
    String why = p.tensors().getFirst().because();
    assertTrue(why.contains("[instead") && why.contains("1/(2L)"), why);
    assertEquals(4e-4, p.tensors().getFirst().variance(), 1e-18);
  }

  @Test
  void paddingRowAndType() {
    PlanOptions o = PlanOptions.none().withPaddingRow(3).withDtype(DType.BF16);
    InitPlan p = Recipes.named("llama").plan(NameLists.specs("llama"), 1, o);
    TensorPlan e = find(p, "model.embed_tokens.weight");
    assertEquals(new Draw.Slice(new Draw.Normal(0, 0.02), 0, 3, 0), e.draw());
    assertEquals(DType.BF16, e.dtype());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Recipes.named("llama")
                .plan(NameLists.specs("llama"), 1, PlanOptions.none().withPaddingRow(32000)));
  }

  @Test
  void overridesComeFirstAndMustMatch() {
    Overrides o = Overrides.of(List.of("c_proj\\.weight$=he-normal(gain=1.2)", "wpe=zeros"));
    InitPlan p = Recipes.named("gpt2").plan(NameLists.specs("gpt2"), 1, PlanOptions.none().with(o));
    TensorPlan t = find(p, "h.0.attn.c_proj.weight");
    assertEquals("he-normal(gain=1.2)", t.scheme());
    assertEquals(1.44 * 2 / 768, t.variance(), 1e-15);
    assertEquals(0, find(p, "wpe.weight").variance());
    assertEquals("gpt2 with overrides", p.recipe());
    assertTrue(find(p, "h.0.attn.c_attn.weight").source().startsWith("Radford"));
    assertTrue(find(p, "ln_f.bias").source().startsWith("common"));
    Overrides wrong = Overrides.of(List.of("attn.c_prj.weight=zeros"));
    String m =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    Recipes.named("gpt2")
                        .plan(NameLists.specs("gpt2"), 1, PlanOptions.none().with(wrong)))
            .getMessage();
    assertTrue(m.contains("attn.c_prj.weight") && m.contains("attn.c_proj.weight"), m);
    for (String bad : List.of("no-scheme", "(=zeros", "x=nothing", "=zeros")) {
      assertThrows(IllegalArgumentException.class, () -> Overrides.of(List.of(bad)), bad);
    }
  }

  @Test
  void unknownRecipesNameTheKnown() {
    String m =
        assertThrows(IllegalArgumentException.class, () -> Recipes.named("gpt5")).getMessage();
    assertTrue(m.contains("gpt2") && m.contains("he-normal"), m);
    for (String name : Recipes.known()) {
      assertEquals(name, Recipes.named(name).name());
      assertFalse(Recipes.named(name).source().isEmpty(), name);
    }
  }

  /// docs/recipes.md names every recipe and every scheme that has no fan in its name.
  @Test
  void theDocsNameThemAll() throws Exception {
    String docs = java.nio.file.Files.readString(java.nio.file.Path.of("../docs/recipes.md"));
    for (String name : Recipes.known()) {
      assertTrue(docs.contains("`" + name + "`"), name);
    }
    for (String name : SchemeNames.known()) {
      boolean alias = name.startsWith("xavier") || name.startsWith("kaiming");
      if (!alias && !name.matches("(lecun|glorot|he)-.*-fan-.*")) {
        assertTrue(docs.contains("`" + name), name);
      }
    }
  }
}
