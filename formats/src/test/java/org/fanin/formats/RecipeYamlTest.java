package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Role;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.Draw;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanHash;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.PlanText;
import org.fanin.plan.Recipes;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Plans and recipes go to text and come back.
class RecipeYamlTest {
  private static final List<Specs.Named> GPT =
      List.of(
          named("wte.weight", 50, 8),
          named("h.0.attn.bias", 1, 1, 4, 4),
          named("h.0.attn.c_attn.weight", 8, 24),
          named("h.0.attn.c_proj.weight", 8, 8),
          named("h.0.mlp.c_proj.weight", 32, 8),
          named("h.1.attn.c_proj.weight", 8, 8),
          named("lstm.weight_hh_l0", 16, 4),
          named("lstm.bias_ih_l0", 16),
          named("conv.weight", 4, 4, 3, 3),
          named("mixer.A_log", 4, 2),
          named("mixer.dt_proj.bias", 4));

  private static Specs.Named named(String name, long... dims) {
    return new Specs.Named(name, Shape.of(dims), DType.F32);
  }

  private static InitPlan plan(String text) throws ModelFormatException {
    return assertInstanceOf(RecipeYaml.Content.Plan.class, RecipeYaml.parse("p", text)).plan();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2",
        "lstm",
        "orthogonal",
        "delta-orthogonal",
        "zero",
        "identity",
        "sparse(3, 0.5)",
        "he-truncated",
        "pytorch-default",
        "t-fixup",
        "small-init"
      })
  void aPlanComesBackWithTheSameDrawsAndHash(String recipe) throws Exception {
    PlanOptions o = PlanOptions.none().withPaddingRow(1);
    InitPlan p = Recipes.named(recipe).plan(Specs.named(GPT), -7, o);
    String text = PlanText.write(p, "0.1");
    InitPlan back = plan(text);
    assertEquals(
        p.tensors().stream().map(TensorPlan::draw).toList(),
        back.tensors().stream().map(TensorPlan::draw).toList());
    assertEquals(p.kept(), back.kept());
    assertEquals(PlanHash.of(p), PlanHash.of(back));
    assertEquals(text, PlanText.write(back, "0.1"));
    assertTrue(text.contains("hash: " + PlanHash.of(p)));
    InitPlan again = PlanText.replay(back, Specs.named(GPT));
    assertEquals(back, again);
  }

  @Test
  void theHashIsOfWhatDecidesBytes() {
    List<TensorSpec> specs = Specs.named(GPT);
    String h = PlanHash.of(Recipes.named("gpt2").plan(specs, 1, PlanOptions.none()));
    assertEquals(
        h, PlanHash.of(Recipes.named("gpt2").plan(specs.reversed(), 1, PlanOptions.none())));
    assertNotEquals(h, PlanHash.of(Recipes.named("gpt2").plan(specs, 2, PlanOptions.none())));
    PlanOptions half = PlanOptions.none().withDtype(DType.F16);
    assertNotEquals(h, PlanHash.of(Recipes.named("gpt2").plan(specs, 1, half)));
    PlanOptions rounded =
        new PlanOptions(half.overrides(), half.paddingRow(), Optional.empty(), true);
    assertNotEquals(h, PlanHash.of(Recipes.named("gpt2").plan(specs, 1, rounded)));
  }

  @Test
  void alignedDrawsSurviveAPlanFile() throws Exception {
    List<Specs.Named> names =
        List.of(
            new Specs.Named("a \"b\": .blocks.0.attn.qkv.weight", Shape.of(24, 8), DType.F32),
            new Specs.Named("a \"b\": .blocks.0.attn.proj.weight", Shape.of(8, 8), DType.F32));
    InitPlan p = Recipes.named("mimetic").plan(Specs.named(names), 1, PlanOptions.none());
    String text = PlanText.write(p, "t");
    assertTrue(text.contains("aligned: {factor: "), text);
    InitPlan read = plan(text);
    for (int i = 0; i < 2; i++) {
      assertEquals(p.tensors().get(i).draw(), read.tensors().get(i).draw());
    }
    assertEquals(PlanHash.of(p), PlanHash.of(read));
    for (String bad : List.of("number: -1", "std: -1.0", "turned: maybe", "number: 1")) {
      String key = bad.substring(0, bad.indexOf(':'));
      String broken = text.replaceFirst("(?s)" + key + ": [^,]+,(?=.*$)", bad + ",");
      assertThrows(ModelFormatException.class, () -> RecipeYaml.parse("p", broken), bad);
    }
  }

  /// Must never change. By `printf 'fanin.plan/1 fill 1 seed 42\n"w" [2, 3] bf16 nearest {normal:
  /// [0.0, 0.02]}\n' | sha256sum` (one line).
  @Test
  void goldenHash() {
    TensorSpec s =
        new TensorSpec(
            "w", Shape.of(2, 3), DType.BF16, Role.WEIGHT, Optional.empty(), false, -1, 0, "", "t");
    InitPlan p =
        new InitPlan(
            "r", 42, List.of(new TensorPlan(s, new Draw.Normal(0, 0.02), false, "x", 0, "", "")));
    assertEquals(
        "d2f40611d367e8a77e7476616b5ad7c6b1a937ac4b3c8e39c50ce45a3d88162d", PlanHash.of(p));
  }

  @Test
  void namesOfEveryKindSurvive() throws Exception {
    List<Specs.Named> odd = new ArrayList<>();
    for (String n :
        List.of(
            "a: b",
            "- x",
            "\"q\"",
            "tab\there",
            "\u00e9",
            "e\u0301",
            "null",
            "é\u2028",
            "𝒳",
            "a\\b",
            "#")) {
      odd.add(named(n, 2));
    }
    InitPlan p = Recipes.named("gpt2").plan(Specs.named(odd), 0, PlanOptions.none());
    InitPlan back = plan(PlanText.write(p, "\"v\"\n"));
    assertEquals(p.kept(), back.kept());
    assertEquals(PlanHash.of(p), PlanHash.of(back));
  }

  @Test
  void replayWantsTheSameTensors() throws Exception {
    InitPlan p = Recipes.named("gpt2").plan(Specs.named(GPT), 1, PlanOptions.none());
    List<Specs.Named> fewer = GPT.subList(0, 5);
    String m =
        assertThrows(IllegalArgumentException.class, () -> PlanText.replay(p, Specs.named(fewer)))
            .getMessage();
    assertTrue(m.contains("matches none of 5"), m);
    List<Specs.Named> more = new ArrayList<>(GPT);
    more.add(named("new", 3));
    assertThrows(IllegalArgumentException.class, () -> PlanText.replay(p, Specs.named(more)));
  }

  // ---- recipes of one's own ----

  private static final String MINE =
      """
      recipe: mine        # a comment
      base: pytorch-default
      seed: 5
      rules:
      - match: 'c_proj\\.weight$'
        scheme: normal(0.02)
        scale-by-depth: gpt2
        because: outputs by 1/√(2L)
      - role: embedding
        scheme: normal(0.01)
        dtype: bf16
      - match: lstm
        end: false
        scheme: keep
      """;

  private static InitPlan mine(String text, List<Specs.Named> list) throws ModelFormatException {
    return assertInstanceOf(RecipeYaml.Content.Custom.class, RecipeYaml.parse("m.yaml", text))
        .recipe()
        .plan(Specs.named(list), 5, PlanOptions.none());
  }

  @Test
  void rulesOfOnesOwn(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("mine.yaml");
    Files.writeString(file, MINE);
    assertInstanceOf(RecipeYaml.Content.Custom.class, RecipeYaml.read(file));
    List<Specs.Named> list = new ArrayList<>(GPT);
    list.add(named("lm_head.weight", 50, 8));
    InitPlan p = mine(MINE, list);
    TensorPlan end =
        p.tensors().stream()
            .filter(t -> t.name().equals("h.1.attn.c_proj.weight"))
            .findFirst()
            .get();
    assertEquals(4e-4 / 4, end.variance(), 1e-18);
    assertEquals("outputs by 1/√(2L); variance by 1/(2L)", end.because());
    TensorPlan table = p.tensors().getFirst();
    assertEquals(DType.BF16, table.dtype());
    assertEquals(1e-4, table.variance(), 1e-18);
    assertTrue(p.kept().stream().anyMatch(k -> k.name().equals("lstm.weight_hh_l0")));
  }

  @Test
  void aRuleThatMatchesNothingIsAnError() throws Exception {
    String text = MINE.replace("c_proj", "c_prj");
    String m = assertThrows(IllegalArgumentException.class, () -> mine(text, GPT)).getMessage();
    assertTrue(m.contains("line 5") && m.contains("c_prj") && m.contains("c_proj.weight"), m);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "just text",
        "- a\n- b",
        "recipe: x\nrules:\n- scheme: zeros",
        "recipe: x\nrules:\n- match: '('\n  scheme: zeros",
        "recipe: x\nrules:\n- match: a\n  scheme: nothing",
        "recipe: x\nrules:\n- match: a\n  scheme: zeros\n  colour: red",
        "recipe: x\nrecipe: y",
        "recipe: &a x\nbase: *a",
        "recipe: !!java.net.URL x",
        "recipe: x\nbase: nonsense",
        "recipe: x\n---\nrecipe: y",
        "{a: [",
        "? [a]\n: b",
        "\u0000",
        "format: fanin.plan/1",
        "format: fanin.plan/2\nfill: 1\ntensors: []",
        "format: fanin.plan/1\nfill: 1\nrecipe: r\nseed: 1\ntensors: [{name: a, shape: [2], dtype:"
            + " f32, draw: {parts: {axis: 0, of: [{times: 2000000000, draw: {constant: 0}}]}}}]",
        "format: fanin.plan/1\nfill: 1\nrecipe: r\nseed: 1\ntensors: [{name: a, shape: [2], dtype:"
            + " f32, draw: {normal: [0, .nan]}}]",
        "format: fanin.plan/1\nfill: 1\nrecipe: r\nseed: 1\ntensors: [{name: a, shape: [-2], dtype:"
            + " f32, draw: {constant: 0}}]",
        "format: fanin.plan/1\nfill: 1\nrecipe: r\nseed: 1\ntensors: [{name: a, shape: [2], dtype:"
            + " f32, draw: {log-range: 5}}]",
        "format: fanin.plan/1\nfill: 1\nrecipe: r\nseed: 99999999999999999999\ntensors: []"
      })
  void badFilesAreRefusedInOneLine(String text) {
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> RecipeYaml.parse("bad.yaml", text));
    assertTrue(e.getMessage().startsWith("bad.yaml"), e.getMessage());
    assertTrue(e.getMessage().lines().count() == 1, e.getMessage());
  }

  @Test
  void deepAndLargeFilesAreRefused() {
    for (String text :
        List.of(
            "[".repeat(100_000),
            "{a: ".repeat(100_000),
            "- ".repeat(100_000),
            "a:\n ".repeat(50_000))) {
      assertThrows(ModelFormatException.class, () -> RecipeYaml.parse("deep", text));
    }
  }
}
