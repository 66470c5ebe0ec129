package org.fanin.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fanin.graph.Role;

/// The recipes Fanin knows by name. Every scheme that is named without brackets is one as well:
/// weights by the scheme, everything else as the common rules say.
public final class Recipes {
  private static final Map<String, Supplier<Recipe>> KNOWN = new TreeMap<>();

  static {
    KNOWN.put("pytorch-default", FrameworkRecipes::pytorch);
    KNOWN.put("keras-default", FrameworkRecipes::keras);
    KNOWN.put("jax-lecun", FrameworkRecipes::flax);
    KNOWN.put("siren", FrameworkRecipes::siren);
    KNOWN.put("dcgan", FrameworkRecipes::dcgan);
    KNOWN.put("lora", () -> FrameworkRecipes.lora(false));
    KNOWN.put("lora-gaussian", () -> FrameworkRecipes.lora(true));
    KNOWN.put("gpt2", TransformerRecipes::gpt2);
    KNOWN.put("llama", () -> TransformerRecipes.plain("llama", "llama/modeling_llama.py @5dd4a63"));
    KNOWN.put("gemma", () -> TransformerRecipes.plain("gemma", "gemma/modeling_gemma.py @c4cdd1a"));
    KNOWN.put(
        "whisper",
        () -> TransformerRecipes.plain("whisper", "whisper/modeling_whisper.py, _init_weights"));
    KNOWN.put("bert", () -> TransformerRecipes.plain("bert", "bert/modeling_bert.py @8ec5810"));
    KNOWN.put("bert-tf", TransformerRecipes::bertTf);
    KNOWN.put("llama-depth", TransformerRecipes::torchtitan);
    KNOWN.put("t5", TransformerRecipes::t5);
    KNOWN.put("mamba", TransformerRecipes::mamba);
    KNOWN.put("mitchell", TransformerRecipes::mitchell);
    KNOWN.put("small-init", TransformerRecipes::smallInit);
    KNOWN.put("t-fixup", TransformerRecipes::tFixup);
    KNOWN.put("deepnorm", TransformerRecipes::deepNorm);
    KNOWN.put("mup", TransformerRecipes::mup);
    KNOWN.put("vit", () -> VisionRecipes.vit(false));
    KNOWN.put("deit", () -> VisionRecipes.vit(true));
    KNOWN.put("vit-torchvision", VisionRecipes::vitTorchvision);
    KNOWN.put("mixer", VisionRecipes::mixer);
    KNOWN.put("detr", VisionRecipes::detr);
    KNOWN.put("resnet", () -> VisionRecipes.resnet(false));
    KNOWN.put("resnet-zero-gamma", () -> VisionRecipes.resnet(true));
    KNOWN.put("convnext", VisionRecipes::convnext);
    KNOWN.put("mobilenet", VisionRecipes::mobilenet);
    KNOWN.put("efficientnet", VisionRecipes::efficientnet);
    KNOWN.put("efficientnet-torchvision", VisionRecipes::efficientnetTorchvision);
    KNOWN.put("fixup", VisionRecipes::fixup);
    KNOWN.put(Mimetic.NAME, () -> Mimetic.named(Mimetic.NAME).recipe());
    KNOWN.put("zero", Recipes::zero);
    KNOWN.put("lstm", Recipes::lstm);
  }

  private Recipes() {}

  /// Names of the recipes proper, sorted.
  public static List<String> known() {
    return List.copyOf(KNOWN.keySet());
  }

  /// A recipe, or a scheme as one: `gpt2`, `he-normal(gain=1.2)`.
  ///
  /// @throws IllegalArgumentException naming the known ones
  public static Recipe named(String spelling) {
    String s = spelling.strip().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    Supplier<Recipe> known = KNOWN.get(s);
    if (known != null) {
      return known.get();
    }
    if (Mimetic.spells(s)) {
      return Mimetic.named(s).recipe();
    }
    Scheme scheme;
    try {
      scheme = Schemes.named(s);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "unknown recipe \""
              + spelling
              + "\"; known: "
              + String.join(", ", KNOWN.keySet())
              + ", and any scheme. "
              + e.getMessage(),
          e);
    }
    return of(scheme);
  }

  /// Weights by one scheme; a tied matrix counts as a head.
  public static Recipe of(Scheme scheme) {
    List<RecipeRule> rules = new ArrayList<>();
    rules.add(
        RecipeRule.of(
            RecipeRule.role(Role.TIED),
            (s, _) ->
                RecipeRule.Given.of(
                    scheme,
                    s,
                    "tied: drawn for the head it is; as an embedding it would rather have E w² ="
                        + " 1, and a first normalisation makes up for that")));
    rules.add(
        RecipeRule.of(
            RecipeRule.MATRIX,
            (s, _) ->
                RecipeRule.Given.of(
                    scheme,
                    s,
                    scheme.formula() + s.fan().map(f -> ", " + f.because()).orElse(""))));
    return new Recipe(
        scheme.name(), "all weights by one scheme: " + scheme.formula(), scheme.source(), rules);
  }

  private static Recipe zero() {
    return new Recipe(
        "zero",
        "ZerO: identities, and Hadamard matrices where the width grows; nothing random",
        "Zhao et al. 2022, ZerO, algorithm 1 and 2",
        List.of(
            RecipeRule.of(
                RecipeRule.MATRIX.and(RecipeRule.role(Role.TIED).negate()),
                "hadamard",
                "identity, or Hadamard where the width grows")));
  }

  private static Recipe lstm() {
    return new Recipe(
        "lstm",
        "Glorot inputs, orthogonal recurrent matrices, each gate by itself, forget bias 1",
        "from the papers: Saxe et al. 2014; Jozefowicz et al. 2015, §4",
        List.of(
            RecipeRule.of(
                RecipeRule.role(Role.LSTM_RECURRENT), "orthogonal", "each gate orthogonal"),
            RecipeRule.of(
                RecipeRule.role(Role.LSTM_INPUT), "glorot-uniform", "each gate by its own fans"),
            RecipeRule.of(RecipeRule.LINEAR, "glorot-uniform", "layers around the cells")));
  }

  /// Plans of several recipes for the same tensors, by name in the given order; those that do not
  /// apply to the tensors are left out.
  public static Map<String, InitPlan> plans(Collection<String> names, List<TensorSpec> specs) {
    Model model = new Model(specs);
    Map<String, InitPlan> plans = new LinkedHashMap<>();
    for (String n : names) {
      try {
        plans.put(n, named(n).plan(specs, model, 0, PlanOptions.none()));
      } catch (IllegalArgumentException _) {
        // A guess that does not apply is none.
      }
    }
    return plans;
  }
}
