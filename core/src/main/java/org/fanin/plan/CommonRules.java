package org.fanin.plan;

import static org.fanin.plan.RecipeRule.name;
import static org.fanin.plan.RecipeRule.role;

import java.util.List;
import org.fanin.graph.Role;
import org.fanin.plan.RecipeRule.Given;

/// What every recipe does with tensors it has no rule of its own for. Each says so in its reason.
final class CommonRules {
  private static final String LN_10 = "constant(2.302585092994046)";
  private static final String PLAIN = "no rule in this recipe; ";

  private CommonRules() {}

  /// Before the recipe's own: what is no weight.
  static List<RecipeRule> first() {
    return List.of(
        RecipeRule.of(
            name("(.*\\.)?num_batches_tracked"),
            "zeros",
            "a counter of a normalisation starts at 0"),
        RecipeRule.of(
            s -> !s.dtype().floating(), (s, _) -> Given.keep(s.dtype() + " values are not drawn")),
        RecipeRule.of(
            s -> s.buffer().filter(b -> b.kind().keeps()).isPresent(),
            (s, _) -> Given.keep(s.buffer().orElseThrow().because())),
        RecipeRule.of(
            role(Role.TABLE),
            (s, _) -> Given.keep("a table is computed, not drawn: " + s.because())),
        RecipeRule.of(role(Role.RUNNING_MEAN), "zeros", "running statistics start at mean 0"),
        RecipeRule.of(
            role(Role.RUNNING_VARIANCE), "ones", "running statistics start at variance 1"));
  }

  /// Low-rank adapters, whatever the recipe of the rest.
  ///
  /// @param gaussian A is N(0, 1/r²) instead of kaiming_uniform(√5)
  static List<RecipeRule> adapters(boolean gaussian) {
    return List.of(
        RecipeRule.of(
            name(".*\\.lora_embedding_b(\\..*)?"),
            "normal(1)",
            "PEFT: an embedding's B is N(0, 1)"),
        RecipeRule.of(
            name(".*\\.lora_a(\\..*)?"),
            gaussian ? "lora-gaussian" : "pytorch-default",
            gaussian
                ? "adapter A is N(0, 1/r²)"
                : "adapter A as PEFT draws it, kaiming_uniform(√5); the paper: Gaussian"),
        RecipeRule.of(
            name(".*\\.lora_(b|embedding_a)(\\..*)?"), "zeros", "an adapter starts as nothing"));
  }

  /// After the recipe's own.
  static List<RecipeRule> last() {
    return List.of(
        RecipeRule.of(
            name("(.*\\.)?grn\\.(weight|bias|gamma|beta)"),
            "zeros",
            "global response norm (ConvNeXt V2): x + γ·n(x) + β starts as x"),
        RecipeRule.of(role(Role.NORM_SCALE), "ones", "a normalisation starts as the identity"),
        RecipeRule.of(role(Role.NORM_SHIFT), "zeros", "a normalisation starts as the identity"),
        RecipeRule.of(
            name("(.*\\.)?(dt_bias|dt_proj\\.bias)"),
            "mamba-dt-bias",
            "time steps log-uniform on [.001, .1]"),
        RecipeRule.of(name("(.*\\.)?a_logs?"), "log-range", "state matrix −(1, 2, …), S4D-real"),
        RecipeRule.of(
            name("(.*\\.)?d").and(role(Role.OTHER)), "ones", "skip gain of a state-space model"),
        RecipeRule.of(
            role(Role.LSTM_BIAS).and(s -> s.gates().contains("f") && !s.name().contains("bias_hh")),
            "forget-bias(1)",
            "forget gates start open"),
        RecipeRule.of(role(Role.BIAS, Role.LSTM_BIAS), "zeros", "a bias starts at 0"),
        RecipeRule.of(
            role(Role.PRELU_SLOPE), "constant(0.25)", "He et al. 2015: slopes start at .25"),
        RecipeRule.of(
            role(Role.LAYER_SCALE),
            "constant(1e-5)",
            PLAIN + "layer scales start at 1e-5 (timm LayerScale)"),
        RecipeRule.of(
            name("(.*\\.)?(resweight|rezero\\w*|skip_?init\\w*)"),
            "zeros",
            "ReZero, SkipInit: closed"),
        RecipeRule.of(role(Role.GATE), "ones", PLAIN + "a factor of unknown purpose starts at 1"),
        RecipeRule.of(
            name("(.*\\.)?logit_scale").and(s -> s.shape().rank() == 3),
            LN_10,
            "Swin V2: ln 10 for each head (pytorch/vision 0.14 swin_transformer.py)"),
        new RecipeRule(
            name("(.*\\.)?logit_scale"),
            (s, m) -> {
              if (m.find(s.name().replace("logit_scale", "logit_bias")).isEmpty()) {
                throw new IllegalArgumentException("no logit_bias beside it: not SigLIP");
              }
              return Given.of(
                  Schemes.named(LN_10), s, "beside a logit_bias, SigLIP: ln 10 (Zhai et al. 2023)");
            }),
        RecipeRule.of(
            name("(.*\\.)?logit_scale"),
            "constant(2.659260036932778)",
            "CLIP: ln(1/.07) (Radford et al. 2021, §2.5)"),
        RecipeRule.of(
            name("(.*\\.)?logit_bias"), "constant(-10)", "SigLIP: −10 (Zhai et al. 2023)"),
        RecipeRule.of(
            role(Role.LOGIT_SCALE), (_, _) -> Given.keep(PLAIN + "a temperature of unknown form")),
        RecipeRule.of(
            role(Role.POSITION, Role.CLASS_TOKEN),
            "normal(0.02)",
            PLAIN + "N(0, .02²), as ViT and BERT have it"),
        RecipeRule.of(
            role(Role.EMBEDDING),
            "normal(1)",
            PLAIN + "E w² = 1, so that the laws of the layers above hold"),
        RecipeRule.of(
            RecipeRule.MATRIX.and(s -> s.fan().isPresent()),
            "lecun-normal",
            PLAIN + "1/n_in keeps the signal of a linear layer"),
        RecipeRule.of(
            RecipeRule.MATRIX, "normal(0.02)", PLAIN + "N(0, .02²), as its fans are unknown"),
        RecipeRule.of(
            RecipeRule.ALL,
            (s, _) -> Given.keep("no rule knows what this is (" + s.because() + ")")));
  }
}
