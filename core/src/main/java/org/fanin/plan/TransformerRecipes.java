package org.fanin.plan;

import static org.fanin.plan.RecipeRule.BIAS;
import static org.fanin.plan.RecipeRule.EMBEDDING;
import static org.fanin.plan.RecipeRule.END;
import static org.fanin.plan.RecipeRule.LINEAR;
import static org.fanin.plan.RecipeRule.MATRIX;
import static org.fanin.plan.RecipeRule.name;
import static org.fanin.plan.RecipeRule.of;
import static org.fanin.plan.RecipeRule.role;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.fanin.graph.Role;
import org.fanin.plan.RecipeRule.Given;

/// Language models.
final class TransformerRecipes {
  private static final String HF = "huggingface/transformers src/transformers/models/";
  private static final Predicate<TensorSpec> ANY_TABLE =
      EMBEDDING.or(role(Role.POSITION, Role.CLASS_TOKEN));

  private TransformerRecipes() {}

  static Recipe gpt2() {
    return new Recipe(
        "gpt2",
        "N(0, .02²), residual projections by 1/√(2L)",
        "Radford et al. 2019, §2.3; " + HF + "gpt2/modeling_gpt2.py @0010f60",
        List.of(
            of(
                LINEAR.and(END),
                "gpt2-residual(0.02)",
                "adds to the residual stream: σ/√(2L), so that 2L branches add up to O(1)"),
            of(
                role(Role.TIED),
                "normal(0.02)",
                "tied: small enough for the head, where logits"
                    + " start near 0; as an embedding the first norm rescales it"),
            of(MATRIX.or(ANY_TABLE), "normal(0.02)", "every weight and embedding N(0, .02²)")));
  }

  /// N(0, .02²) for all matrices and embeddings, as most of Hugging Face's models.
  static Recipe plain(String spelled, String file) {
    List<RecipeRule> rules = new ArrayList<>();
    if (spelled.equals("bert") || spelled.equals("gemma")) {
      rules.add(
          of(
              name("(.*\\.)?(word_embeddings|embed_tokens)\\.weight"),
              (s, _) ->
                  new Given(
                      new Draw.Slice(new Draw.Normal(0, 0.02), 0, 0, 0),
                      "normal(0.02)",
                      "N(0, .02²); row 0 is padding and zero (padding_idx = pad_token_id = 0)",
                      HF + file)));
    }
    if (spelled.equals("gemma")) {
      rules.add(
          of(
              role(Role.NORM_SCALE),
              "zeros",
              "Gemma's norm multiplies by 1 + w: 0 is the identity"));
    }
    if (spelled.equals("whisper")) {
      rules.add(
          of(
              name("(.*\\.)?encoder\\.embed_positions\\.weight"),
              (_, _) -> Given.keep("the encoder's positions are sinusoids, computed")));
    }
    rules.add(
        of(
            MATRIX.or(EMBEDDING).or(role(Role.POSITION, Role.CLASS_TOKEN)),
            "normal(0.02)",
            "initializer_range .02 for every matrix and embedding, not scaled with depth"));
    return new Recipe(
        spelled, "N(0, .02²) everywhere, biases 0, norms the identity", HF + file, rules);
  }

  static Recipe torchtitan() {
    return new Recipe(
        "llama-depth",
        "torchtitan's Llama 3: .02, outputs of block l by 1/√(2(l+1)), head 1/√d",
        "pytorch/torchtitan torchtitan/models/llama3/model/model.py @018740b, depth_init = True",
        List.of(
            of(EMBEDDING.and(role(Role.EMBEDDING)), "normal(1)", "tok_embeddings: N(0, 1)"),
            of(
                role(Role.HEAD, Role.TIED),
                (s, _) ->
                    Given.of(
                        Schemes.truncatedNormal(1 / Math.sqrt(RecipeRule.fan(s).in()), 3),
                        s,
                        "output: d^(−1/2), cut at ±3σ")),
            of(
                LINEAR.and(END.or(name(".*\\b(w3|up_proj)\\.weight"))),
                (s, _) ->
                    Given.of(
                        Schemes.torchTruncNormal(byLayer(s), 2),
                        s,
                        "wo, w2 and w3: .02/√(2(l+1)); bounds are absolute, so nothing is cut")),
            of(
                LINEAR,
                "torch-trunc-normal(0.02)",
                "wq, wk, wv, w1: .02; bounds are absolute, so nothing is cut")));
  }

  private static double byLayer(TensorSpec s) {
    if (s.layer() < 0) {
      throw new IllegalArgumentException("the number of the block is unknown");
    }
    return 0.02 / Math.sqrt(2.0 * (s.layer() + 1));
  }

  static Recipe bertTf() {
    return new Recipe(
        "bert-tf",
        "truncated normal .02, cut at ±2σ without correction",
        "Devlin et al. 2019; google-research/bert modeling.py create_initializer",
        List.of(
            of(
                MATRIX.or(ANY_TABLE),
                "truncated-normal(0.02, ±2)",
                "tf.truncated_normal(.02): the deviation that remains is .0176")));
  }

  /// Mesh TensorFlow's scaling, which lets attention do without 1/√d_kv.
  static Recipe t5() {
    return new Recipe(
        "t5",
        "N(0, 1/n_in) with queries divided by √d_kv in addition, embeddings N(0, 1)",
        HF + "t5/modeling_t5.py @001359e, initializer_factor 1",
        List.of(
            of(role(Role.EMBEDDING, Role.TIED), "normal(1)", "shared: N(0, factor²)"),
            of(
                role(Role.HEAD).and(name("(.*\\.)?lm_head\\.weight")),
                "normal(1)",
                "lm_head: N(0, factor²), tied or not"),
            new RecipeRule(
                name(".*attention\\.q\\.weight"),
                (s, m) -> {
                  double d = RecipeRule.fan(s).in();
                  double head = RecipeRule.fan(s).out() / heads(m);
                  return Given.of(
                      Schemes.normal(1 / Math.sqrt(d * head)),
                      s,
                      "queries: (d·d_kv)^(−1/2) with d_kv = "
                          + Spelling.rounded(head)
                          + ", as T5's logits are not divided by √d_kv");
                }),
            of(
                name(".*relative_attention_bias\\.weight"),
                (s, m) -> {
                  if (m.width() == 0) {
                    throw new IllegalArgumentException("the model's width is unknown");
                  }
                  return Given.of(
                      Schemes.normal(1 / Math.sqrt(m.width())), s, "relative positions: d^(−1/2)");
                }),
            of(LINEAR, "lecun-normal", "k, v, o, wi, wo, heads of other tasks: n_in^(−1/2)")));
  }

  /// Columns of the table of relative positions; 64 wide heads where it is missing.
  private static double heads(Model m) {
    for (String stack : List.of("encoder", "decoder")) {
      for (String prefix : List.of("", "transformer.")) {
        String n = prefix + stack + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight";
        if (m.find(n).isPresent()) {
          return m.find(n).get().shape().dim(1);
        }
      }
    }
    return Math.max(1, m.width() / 64.0);
  }

  static Recipe mamba() {
    String source =
        "state-spaces/mamba mamba_ssm/models/mixer_seq_simple.py @107eb60, modules/mamba2.py @03a38fb";
    return new Recipe(
        "mamba",
        "PyTorch's default, outputs by 1/√L, embedding .02, time steps log-uniform",
        source,
        List.of(
            of(EMBEDDING, "normal(0.02)", "embedding N(0, .02²), tied to the head"),
            of(role(Role.HEAD), "normal(0.02)", "the head is the embedding"),
            of(name("(.*\\.)?dt_proj\\.weight"), "pytorch-default", "dt_proj: U(±dt_rank^(−1/2))"),
            of(
                LINEAR.and(END),
                (s, _) -> {
                  if (s.layers() < 1) {
                    throw new IllegalArgumentException("the number of blocks is unknown");
                  }
                  Scheme base = Schemes.pytorchDefault().times(1 / Math.sqrt(s.layers()));
                  return Given.of(base, s, "kaiming_uniform(√5)/√L, one branch per block");
                }),
            of(BIAS.and(name("(.*\\.)?conv1d\\.bias")), FrameworkRecipes::torchBias),
            of(LINEAR, "pytorch-default", "nn.Linear, nn.Conv1d as they are made")));
  }

  static Recipe mitchell() {
    return new Recipe(
        "mitchell",
        "OLMo 1: 1/√n_in cut at ±3σ, outputs of block l by 1/√(2(l+1))",
        "allenai/OLMo olmo/model.py @0079490, init_fn mitchell",
        List.of(
            of(
                LINEAR.and(END),
                "mitchell-residual",
                "adds to the residual stream: 1/√(2·n_in·(l+1))"),
            new RecipeRule(
                ANY_TABLE.and(role(Role.HEAD).negate()),
                (s, m) -> {
                  double d = s.shape().dim(-1);
                  return Given.of(
                      Schemes.truncatedNormal(1 / Math.sqrt(d), 3),
                      s,
                      "wte, wpe: 1/√d, cut at ±3σ");
                }),
            of(LINEAR, "mitchell", "reads the normalised stream: 1/√n_in")));
  }

  /// GPT-NeoX: small-init inside, Wang's at the outputs.
  static Recipe smallInit() {
    return new Recipe(
        "small-init",
        "GPT-NeoX: √(2/(5d)), outputs of branches 2/(L√d)",
        "Nguyen & Salazar 2019, §2.2; EleutherAI/gpt-neox megatron/model/init_functions.py @05c4de3",
        List.of(
            new RecipeRule(
                LINEAR.and(END),
                (s, m) -> {
                  Scheme scheme = m.width() > 0 ? DeepSchemes.wang(m.width()) : DeepSchemes.wang();
                  return Given.of(scheme, s, "adds to the residual stream: 2/(L√d)");
                }),
            new RecipeRule(
                MATRIX.or(ANY_TABLE),
                (s, m) -> {
                  Scheme scheme =
                      m.width() > 0 ? DeepSchemes.smallInit(m.width()) : DeepSchemes.smallInit();
                  return Given.of(scheme, s, "every other matrix and embedding: √(2/(5d))");
                })));
  }

  // ---- deep post-norm and norm-free ----

  private static final String VALUE = ".*(\\bv|v_proj|value|to_v|w_?v)(_proj)?\\.?(weight|kernel)";

  static Recipe tFixup() {
    Predicate<TensorSpec> scaled =
        END.or(name(VALUE)).or(name(".*(fc1|linear1|\\bwi\\w*|c_fc|up_proj|gate_proj)\\.weight"));
    return new Recipe(
        "t-fixup",
        "Glorot; values, outputs and feed-forward by .67N^(−1/4), in decoders and in embeddings by"
            + " (9N)^(−1/4); no norm, no warm-up",
        "Huang et al. 2020, T-Fixup, §3.2; layer6ai-labs/T-Fixup fairseq/models/transformer.py and"
            + " modules/transformer_layer.py @cce506a",
        List.of(
            new RecipeRule(
                EMBEDDING,
                (s, m) -> {
                  double factor = StrictMath.pow(9.0 * Math.max(1, m.layers()), -0.25);
                  return Given.of(
                      Schemes.normal(factor / Math.sqrt(s.shape().dim(-1))),
                      s,
                      "embeddings N(0, 1/d), times (9N)^(−1/4), the encoder's as well");
                }),
            of(
                role(Role.FUSED_QKV),
                (s, m) ->
                    valuePart(
                        s, Schemes.glorotUniform(), factor(s, m), "values by the depth factor")),
            new RecipeRule(
                LINEAR.and(scaled),
                (s, m) ->
                    Given.of(
                        Schemes.glorotUniform().times(factor(s, m)),
                        s,
                        "values, outputs, feed-forward: Glorot by "
                            + (decoder(s) ? "(9N)^(−1/4)" : ".67N^(−1/4)"))),
            of(MATRIX, "glorot-uniform", "queries, keys, head: Glorot uniform")));
  }

  private static boolean decoder(TensorSpec s) {
    return s.name().contains("decoder");
  }

  private static double factor(TensorSpec s, Model m) {
    int n = s.layers() > 0 ? s.layers() : m.layers();
    if (n < 1) {
      throw new IllegalArgumentException("the number of blocks is unknown");
    }
    return decoder(s) ? StrictMath.pow(9.0 * n, -0.25) : 0.67 * StrictMath.pow(n, -0.25);
  }

  /// Query and key as they are, the value scaled.
  private static Given valuePart(TensorSpec s, Scheme base, double factor, String because) {
    var axes = s.fan().flatMap(f -> f.axes()).filter(a -> a.parts() == 3);
    if (axes.isEmpty()) {
      throw new IllegalArgumentException("query, key and value cannot be told apart");
    }
    Draw plain = base.draw(s);
    Draw value = base.times(factor).draw(s);
    return new Given(
        new Draw.Parts(axes.get().partAxis(), List.of(plain, plain, value)),
        base.name() + ", value (gain=" + Spelling.rounded(factor) + ")",
        "fused: query and key " + base.name() + ", " + because,
        base.source());
  }

  static Recipe deepNorm() {
    Predicate<TensorSpec> scaled =
        END.or(name(VALUE))
            .or(
                name(
                    ".*(fc1|linear1|\\bwi\\w*|c_fc|up_proj|gate_proj|intermediate\\.dense)\\.weight"));
    return new Recipe(
        "deepnorm",
        "Glorot normal; values, outputs and feed-forward by β = (8N)^(−1/4), with encoder and"
            + " decoder by table 1; the graph must multiply each skip by α",
        "Wang et al. 2022, DeepNet, §3 and table 1",
        List.of(
            of(
                role(Role.FUSED_QKV),
                (s, m) ->
                    valuePart(
                        s, Schemes.glorotNormal(), Beta.of(s, m).value(), Beta.of(s, m).because())),
            of(LINEAR.and(scaled), TransformerRecipes::byBeta),
            of(MATRIX, "glorot-normal", "queries, keys, head: Glorot normal, gain 1")));
  }

  private static Given byBeta(TensorSpec s, Model m) {
    Beta b = Beta.of(s, m);
    Scheme scheme = b.both() ? Schemes.glorotNormal().times(b.value()) : DeepSchemes.deepNorm();
    return Given.of(scheme, s, b.because());
  }

  /// DeepNet's β (table 1).
  ///
  /// @param both an encoder and a decoder, whose depths meet in both formulas
  private record Beta(double value, boolean both, String because) {
    static Beta of(TensorSpec s, Model m) {
      int n = m.layersOf("(.*[._])?encoder\\..*");
      int d = m.layersOf("(.*[._])?decoder\\..*");
      String what = "values, outputs, feed-forward: β = ";
      if (n > 0 && d > 0) {
        return decoder(s)
            ? new Beta(
                StrictMath.pow(12.0 * d, -0.25),
                true,
                what + "(12M)^(−1/4); the graph must multiply its skips by α = (3M)^(1/4)")
            : new Beta(
                0.87 * StrictMath.pow(StrictMath.pow(n, 4) * d, -0.0625),
                true,
                what
                    + ".87(N⁴M)^(−1/16); the graph must multiply its skips by α ="
                    + " .81(N⁴M)^(1/16)");
      }
      return new Beta(
          StrictMath.pow(8.0 * Math.max(1, s.layers()), -0.25),
          false,
          what + "(8N)^(−1/4); the graph must multiply each skip by α = (2N)^(1/4)");
    }
  }

  // ---- μP ----

  static Recipe mup() {
    return new Recipe(
        "mup",
        "maximal update: input O(1), hidden 1/n_in, output 1/n_in²",
        "from the paper: Yang et al. 2022, Tensor Programs V, table 3; tied: table 8",
        List.of(
            of(
                role(Role.TIED),
                "mup-input",
                "tied: as an input O(1); the output multiplier 1/d" + " must be in the graph"),
            of(ANY_TABLE, "mup-input", "input: O(1); learning rate of Adam O(1)"),
            of(role(Role.HEAD), "mup-output", "output: 1/n_in²; learning rate of Adam ∝ 1/n_in"),
            new RecipeRule(
                LINEAR,
                (s, m) ->
                    Given.of(
                        DeepSchemes.mup("hidden"),
                        s,
                        m.isFirst(s)
                            ? "first layer: 1/n_in of the data, fixed while the width grows;"
                                + " learning rate O(1)"
                            : "hidden: 1/n_in; learning rate of Adam ∝ 1/n_in, attention logits"
                                + " divided by d_head")),
            of(MATRIX, "mup-hidden", "hidden: 1/n_in; learning rate of Adam ∝ 1/n_in")));
  }
}
