package org.fanin.plan;

import static org.fanin.plan.RecipeRule.BIAS;
import static org.fanin.plan.RecipeRule.CONV;
import static org.fanin.plan.RecipeRule.END;
import static org.fanin.plan.RecipeRule.LINEAR;
import static org.fanin.plan.RecipeRule.MATRIX;
import static org.fanin.plan.RecipeRule.name;
import static org.fanin.plan.RecipeRule.of;
import static org.fanin.plan.RecipeRule.role;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Role;
import org.fanin.plan.RecipeRule.Given;

/// Vision models.
final class VisionRecipes {
  private static final String TORCHVISION = "pytorch/vision 0.14, torchvision/";
  private static final String TIMM = "huggingface/pytorch-image-models timm/models/";
  private static final String ABSOLUTE = "; its bounds ±2 are absolute, 100σ off: nothing is cut";

  private VisionRecipes() {}

  // ---- transformers ----

  static Recipe vit(boolean deit) {
    List<RecipeRule> rules = new ArrayList<>();
    rules.add(of(CONV, FrameworkRecipes.torchModules().get(2).give()));
    rules.add(of(BIAS, VisionRecipes::biasOfConvolution));
    rules.add(
        deit
            ? of(
                role(Role.CLASS_TOKEN), "torch-trunc-normal(0.02)", "trunc_normal_(.02)" + ABSOLUTE)
            : of(role(Role.CLASS_TOKEN), "normal(1e-6)", "class token N(0, (1e-6)²)"));
    rules.add(of(role(Role.POSITION), "torch-trunc-normal(0.02)", "trunc_normal_(.02)" + ABSOLUTE));
    rules.add(
        of(LINEAR, "torch-trunc-normal(0.02)", "every nn.Linear: trunc_normal_(.02)" + ABSOLUTE));
    return new Recipe(
        deit ? "deit" : "vit",
        "linear layers, positions and tokens trunc_normal_(.02); the patch convolution as PyTorch"
            + " makes it",
        deit
            ? "facebookresearch/deit models.py @085308b; pytorch/vision 0.14 swin_transformer.py"
            : TIMM + "vision_transformer.py @9456764, weight_init ''",
        rules);
  }

  /// Only nn.Linear is drawn anew: a convolution keeps its own bias.
  private static Given biasOfConvolution(TensorSpec s, Model m) {
    return m.weightOf(s).filter(CONV).isPresent()
        ? FrameworkRecipes.torchBias(s, m)
        : Given.of(Schemes.zeros(), s, "every nn.Linear: bias 0");
  }

  static Recipe vitTorchvision() {
    return new Recipe(
        "vit-torchvision",
        "patches 1/√n_in, MLPs Glorot uniform with biases 1e-6, a zero head",
        TORCHVISION + "models/vision_transformer.py",
        List.of(
            of(
                CONV,
                (s, _) ->
                    Given.of(
                        Schemes.torchTruncNormal(1 / Math.sqrt(Model.torchFan(s).in()), 2),
                        s,
                        "conv_proj: trunc_normal_(1/√n_in)")),
            of(role(Role.HEAD), "zeros", "the head is zero: first logits are 0"),
            of(
                name(".*pre_logits\\.weight"),
                (s, _) ->
                    Given.of(
                        Schemes.torchTruncNormal(1 / Math.sqrt(Model.torchFan(s).in()), 2),
                        s,
                        "pre_logits: trunc_normal_(1/√n_in)")),
            of(role(Role.CLASS_TOKEN), "zeros", "class token 0"),
            of(role(Role.POSITION), "normal(0.02)", "positions N(0, .02²)"),
            of(
                role(Role.FUSED_QKV),
                (s, _) ->
                    FrameworkRecipes.uniform(
                        Math.sqrt(6 / (Model.torchFan(s).in() + Model.torchFan(s).out())),
                        "nn.MultiheadAttention: xavier_uniform on the fused matrix as one")),
            of(
                name(".*out_proj\\.weight"),
                "pytorch-default",
                "out_proj is left as nn.Linear makes it"),
            of(BIAS.and(name(".*mlp\\..*bias")), "normal(1e-6)", "biases of MLPs N(0, (1e-6)²)"),
            of(LINEAR, "glorot-uniform", "MLPs: xavier_uniform")));
  }

  static Recipe mixer() {
    return new Recipe(
        "mixer",
        "Glorot uniform, biases of MLPs 1e-6, a zero head",
        TIMM + "mlp_mixer.py @029a2cb, _init_weights",
        List.of(
            of(role(Role.HEAD), "zeros", "the head is zero"),
            of(
                CONV,
                (s, _) ->
                    Given.of(
                        Schemes.lecunTruncated(), s, "stem: lecun_normal_, cut at ±2σ, corrected")),
            of(
                BIAS.and(name(".*(mlp|\\.t\\.|\\.c\\.).*bias")),
                "normal(1e-6)",
                "biases of MLPs N(0, (1e-6)²)"),
            of(LINEAR, "glorot-uniform", "xavier_uniform")));
  }

  static Recipe detr() {
    return new Recipe(
        "detr",
        "the transformer Glorot uniform, queries N(0, 1), positions U(0, 1), the rest as made",
        "facebookresearch/detr models/detr.py @0217b40, position_encoding.py @11c5d51, transformer.py",
        List.of(
            of(
                name("(.*\\.)?(row|col)_embed\\.weight"),
                (_, _) ->
                    new Given(
                        new Draw.Uniform(0, 1),
                        "uniform(0, 1)",
                        "learnt positions: uniform_()",
                        "DETR position_encoding.py")),
            of(name("(.*\\.)?query_embed\\.weight"), "normal(1)", "object queries: nn.Embedding"),
            of(
                role(Role.FUSED_QKV),
                (s, _) ->
                    FrameworkRecipes.uniform(
                        Math.sqrt(6 / (Model.torchFan(s).in() + Model.torchFan(s).out())),
                        "xavier_uniform on the fused matrix as one")),
            of(
                LINEAR.and(name(".*(transformer|encoder|decoder)\\..*")).and(CONV.negate()),
                "glorot-uniform",
                "everything in the transformer with more than one axis: xavier_uniform"),
            of(CONV.and(name("(.*\\.)?backbone\\..*")), VisionRecipes::torchFanOut),
            of(LINEAR, FrameworkRecipes.torchModules().get(2).give()),
            of(BIAS, FrameworkRecipes::torchBias)));
  }

  // ---- convolutional ----

  private static Given torchFanOut(TensorSpec s, Model m) {
    double out = Model.torchFan(s).out();
    return new Given(
        new Draw.Normal(0, Math.sqrt(2 / out)),
        "normal(√(2/" + Spelling.number(out) + "))",
        "kaiming_normal(fan_out) with PyTorch's fan-out, taps·C_out: groups and strides are not"
            + " counted",
        "He et al. 2015, eq. 14; torch.nn.init");
  }

  /// @param zeroGamma the last norm of each branch starts at 0 (Goyal et al. 2017, §5.1)
  static Recipe resnet(boolean zeroGamma) {
    List<RecipeRule> rules = new ArrayList<>();
    if (zeroGamma) {
      rules.add(
          of(
              role(Role.NORM_SCALE).and(END),
              "zeros",
              "the last norm of a branch is 0: each block starts as the identity"));
    }
    rules.add(of(CONV, VisionRecipes::torchFanOut));
    rules.add(of(LINEAR, FrameworkRecipes.torchModules().get(2).give()));
    rules.add(of(BIAS, FrameworkRecipes::torchBias));
    return new Recipe(
        zeroGamma ? "resnet-zero-gamma" : "resnet",
        "convolutions kaiming_normal(fan_out), the head as nn.Linear makes it"
            + (zeroGamma ? ", last norms 0 (zero_init_residual)" : ""),
        TORCHVISION + "models/resnet.py",
        rules);
  }

  static Recipe convnext() {
    return new Recipe(
        "convnext",
        "trunc_normal_(.02), layer scales 1e-6",
        TORCHVISION + "models/convnext.py; facebookresearch/ConvNeXt models/convnext.py @06f7b05",
        List.of(
            of(role(Role.LAYER_SCALE), "constant(1e-6)", "layer scales start at 1e-6"),
            of(
                LINEAR,
                "torch-trunc-normal(0.02)",
                "convolutions and linear layers: trunc_normal_(.02)" + ABSOLUTE)));
  }

  static Recipe mobilenet() {
    return new Recipe(
        "mobilenet",
        "convolutions kaiming_normal(fan_out), linear layers N(0, .01²)",
        TORCHVISION + "models/mobilenetv2.py",
        List.of(
            of(CONV, VisionRecipes::torchFanOut),
            of(LINEAR, "normal(0.01)", "linear layers N(0, .01²)")));
  }

  static Recipe efficientnet() {
    return new Recipe(
        "efficientnet",
        "convolutions N(0, 2/fan_out) with groups counted, linear layers U(±1/√n_out)",
        TIMM + "_efficientnet_builder.py @0141934, _init_weight_goog",
        List.of(
            of(
                CONV,
                (s, _) -> {
                  int groups = s.fan().flatMap(f -> f.axes()).map(a -> a.groups()).orElse(1);
                  double out = Model.torchFan(s).out() / groups;
                  return new Given(
                      new Draw.Normal(0, Math.sqrt(2 / out)),
                      "normal(√(2/" + Spelling.number(out) + "))",
                      "N(0, 2/fan_out), fan_out = taps·C_out/groups",
                      "Tan & Le 2019; timm");
                }),
            of(
                LINEAR,
                (s, _) ->
                    FrameworkRecipes.uniform(
                        1 / Math.sqrt(Model.torchFan(s).out()), "linear: U(±1/√n_out)"))));
  }

  /// The convolutions of [#mobilenet], the head of [#efficientnet].
  static Recipe efficientnetTorchvision() {
    return new Recipe(
        "efficientnet-torchvision",
        "convolutions kaiming_normal(fan_out) with groups not counted, linear layers U(±1/√n_out)",
        TORCHVISION + "models/efficientnet.py",
        List.of(
            of(CONV, VisionRecipes::torchFanOut),
            of(
                LINEAR,
                (s, _) ->
                    FrameworkRecipes.uniform(
                        1 / Math.sqrt(Model.torchFan(s).out()), "linear: U(±1/√n_out)"))));
  }

  // ---- without norms ----

  /// Branches of m weights: all but the last He·L^(−1/(2m−2)), the last 0, the head 0.
  static Recipe fixup() {
    return new Recipe(
        "fixup",
        "He; in branches of m layers by L^(−1/(2m−2)), the last of a branch and the head 0",
        "Zhang, Dauphin & Ma 2019, Fixup, §3.1 (their code, hongyi-zhang/Fixup, takes fan_out)",
        List.of(
            of(role(Role.HEAD), "zeros", "rule 1: the classifier is 0"),
            of(LINEAR.and(END), "zeros", "rule 1: the last layer of a branch is 0"),
            new RecipeRule(
                MATRIX.and(s -> s.layer() >= 0 && !s.name().contains("downsample")),
                (s, m) -> {
                  int depth = Math.max(2, m.layersInBlock(s));
                  double gain = StrictMath.pow(s.layers(), -1 / (2.0 * depth - 2));
                  return Given.of(
                      Schemes.heNormal().times(gain),
                      s,
                      "rule 2: He by L^(−1/(2m−2)), L = " + s.layers() + ", m = " + depth);
                }),
            of(MATRIX, "he-normal", "outside of branches: He"),
            of(role(Role.GATE, Role.LAYER_SCALE), "ones", "rule 3: multipliers start at 1")));
  }
}
