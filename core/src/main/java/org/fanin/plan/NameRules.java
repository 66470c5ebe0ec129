package org.fanin.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.fanin.graph.Role;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// What tensor names mean, by the conventions of the common libraries. First match wins.
final class NameRules {
  /// @param because the convention that applied
  record Guess(Role role, String because) {}

  /// @param name matched against the whole plain name
  /// @param least, most rank
  private record Rule(Pattern name, int least, int most, Role role, String because) {}

  static final Pattern NUMBERED_HEAD =
      Pattern.compile("(.{0,200}?\\b(?:classifier|head|heads|fc))\\.(\\d{1,4})\\.weight");

  private static final int ANY = 99;
  private static final String NORM =
      "(?:\\w*norm\\w*|ln|ln_?\\w{0,6}|bn\\w{0,3}|gn\\d*|\\w*_ln|\\w*_bn|\\w*batchnorm\\w*|n\\d|n|layer_?norm\\w*)";

  private static final List<Rule> RULES =
      List.of(
          rule("(.*\\.)?num_batches_tracked", 0, ANY, Role.TABLE, "a counter"),
          rule("(.*\\.)?(running_mean|moving_mean)", 0, ANY, Role.RUNNING_MEAN, "running mean"),
          rule("batch_stats\\..*\\.mean", 0, ANY, Role.RUNNING_MEAN, "running mean (Flax)"),
          rule(
              "(.*\\.)?(running_var|moving_variance)",
              0,
              ANY,
              Role.RUNNING_VARIANCE,
              "running variance"),
          rule("batch_stats\\..*\\.var", 0, ANY, Role.RUNNING_VARIANCE, "running variance (Flax)"),
          rule(
              ".*(inv_freq|rotary|rope|freqs_cis|(cos|sin)_cached|causal_mask|attn_mask"
                  + "|masked_bias|position_ids|relative_position_index|relative_coords_table"
                  + "|anchor|(pixel|image)_(mean|std)).*|(.*\\.)?(mask|cos|sin|freqs|tril)",
              0,
              ANY,
              Role.TABLE,
              "a table, not trained"),
          rule(".*attn\\.bias|.*attention\\.bias", 3, 4, Role.TABLE, "GPT-2's causal mask"),
          rule("(.*\\.)?a_logs?", 1, 3, Role.OTHER, "A_log of a state-space model"),
          rule("(.*\\.)?d", 1, 1, Role.OTHER, "skip gain D of a state-space model"),
          rule("(.*\\.)?dt_bias", 1, 1, Role.BIAS, "time-step bias"),
          rule("(.*\\.)?lora_(a|b)(\\..*)?(weight)?", 2, 5, Role.WEIGHT, "LoRA adapter"),
          rule("(.*\\.)?lora_embedding_(a|b)(\\..*)?", 2, 2, Role.WEIGHT, "LoRA adapter"),
          rule("(.*\\.)?lora_magnitude_vector(\\..*)?", 1, 2, Role.OTHER, "DoRA's lengths"),
          rule(
              "(.*\\.)?normalization\\w*\\.(mean|variance|count)",
              0,
              ANY,
              Role.TABLE,
              "statistics of the inputs (Keras)"),
          rule(
              "(.*\\.)?\\w*(layer|rms|batch)_?norm_(weight|gamma)",
              1,
              1,
              Role.NORM_SCALE,
              "scale of a norm fused with a layer"),
          rule(
              "(.*\\.)?\\w*(layer|rms|batch)_?norm_(bias|beta)",
              1,
              1,
              Role.NORM_SHIFT,
              "shift of a norm fused with a layer"),
          rule(
              "(.*\\.)?(logit_scale|logit_bias|log_?temperature|temperature)",
              0,
              1,
              Role.LOGIT_SCALE,
              "temperature"),
          rule(
              "(.*\\.)?(cls_token|class_token|class_embedding|dist_token|mask_token|reg_tokens?"
                  + "|register_tokens|cls|probe|query_tokens)(\\.weight)?",
              1,
              3,
              Role.CLASS_TOKEN,
              "a learnt token"),
          rule(
              "(.*\\.)?(\\w*pos(ition)?(al)?_?embed\\w*|wpe|embed_positions|pos|pos_emb|rel_pos\\w*"
                  + "|relative_attention_bias|relative_position_bias_table|(row|col)_embed"
                  + "|posembed_input)(\\.\\w*embed\\w*)?(\\.weight|\\.embedding)?",
              1,
              4,
              Role.POSITION,
              "positions"),
          rule(
              "(.*\\.)?(layer_?scale\\w*(\\.\\w+)?|gamma_?[123]|lambda_?1|ls\\d\\.gamma|ls\\d"
                  + "|(blocks|layers|stages\\.\\d+)\\.\\d+\\.gamma)(\\.weight)?",
              0,
              3,
              Role.LAYER_SCALE,
              "layer scale"),
          rule(
              "(.*\\.)?(alpha|beta|resweight|skip_?init|gate|rezero|scale)(_\\w+)?",
              0,
              0,
              Role.GATE,
              "a scalar gate"),
          rule("(.*\\.)?weight_ih(_\\w+)?", 2, 2, Role.LSTM_INPUT, "gates from the input"),
          rule("(.*\\.)?weight_hh(_\\w+)?", 2, 2, Role.LSTM_RECURRENT, "gates from the state"),
          rule("(.*\\.)?bias_(ih|hh)(_\\w+)?", 1, 1, Role.LSTM_BIAS, "biases of gates"),
          rule(
              "(.*\\.)?\\w*cell\\w*\\.[ih][ifgorzn]?\\.kernel",
              2,
              2,
              Role.WEIGHT,
              "kernel of one gate (Flax)"),
          rule(
              "(.*\\.)?\\w*cell\\w*\\.[ih][ifgorzn]?\\.bias",
              1,
              1,
              Role.BIAS,
              "bias of one gate (Flax)"),
          rule(
              "(.*\\.)?recurrent_kernel",
              2,
              2,
              Role.LSTM_RECURRENT,
              "gates from the state (Keras)"),
          rule(
              "(.*\\.)?(lstm|gru|bidirectional)\\w*\\..*kernel",
              2,
              2,
              Role.LSTM_INPUT,
              "gates from the input (Keras)"),
          rule(
              "(.*\\.)?(lstm|gru|bidirectional)\\w*\\..*bias",
              1,
              2,
              Role.LSTM_BIAS,
              "biases of gates (Keras)"),
          rule("(.*\\.)?p_?re_?lu\\w*\\.(weight|alpha)", 1, 3, Role.PRELU_SLOPE, "PReLU slope"),
          rule(
              "(.*\\.)?" + NORM + "\\.(weight|scale|gamma|g|w)",
              0,
              4,
              Role.NORM_SCALE,
              "scale of a norm"),
          rule(
              "(.*\\.)?" + NORM + "\\.(bias|beta|b|shift)",
              0,
              4,
              Role.NORM_SHIFT,
              "shift of a norm"),
          rule(
              "(.*\\.)?(layer_?norm|batch_?norm\\w*)\\.?\\w*\\.(gamma)",
              0,
              2,
              Role.NORM_SCALE,
              "scale of a norm"),
          rule(
              "(.*\\.)?weight_g|(.*\\.)?parametrizations\\.\\w+\\.original0",
              0,
              ANY,
              Role.OTHER,
              "length of a normalised weight"),
          rule(
              "(.*\\.)?(lm_head|embed_out|output_layer|score|qa_outputs|logits|cls_head|class_labels_classifier"
                  + "|class_embed|mlm_head|output_projection|classification_head\\.out_proj"
                  + "|predictions\\.decoder|bbox_predictor\\.layers\\.2|bbox_embed\\.layers\\.2)"
                  + "\\.(weight|kernel)",
              2,
              4,
              Role.HEAD,
              "the head"),
          rule(
              "(heads?\\.)?(classifier|head|fc|output|out|heads|predictions?|head_dist|aux_head|final_layer\\.linear)\\.(weight|kernel)",
              2,
              4,
              Role.HEAD,
              "the head"),
          rule(
              "(.*\\.)?(wte|embed_tokens|\\w*word_embeddings?|tok(en)?_?emb\\w*|tok|emb|embed"
                  + "|embeddings?|shared|token_type_embeddings|seg|segment_embed\\w*|embed_in"
                  + "|query_embed|label_emb\\w*|codebook|transformer\\.embd)(\\.weight|\\.embeddings?|\\.default\\.weight)",
              2,
              2,
              Role.EMBEDDING,
              "an embedding"),
          rule(
              "(.*\\.)?(word_embeddings|embeddings|embedding_table|embedding)",
              2,
              2,
              Role.EMBEDDING,
              "an embedding"),
          rule(
              "(.*\\.)?(c_attn|qkv|to_qkv|query_key_value|qkv_proj|linear_qkv|w_pack|wqkv|att_proj|in_proj_qkv|self_attn\\.in_proj)(\\.weight|\\.kernel)",
              2,
              4,
              Role.FUSED_QKV,
              "fused query, key, value"),
          rule(
              "(.*\\.)?in_proj_weight",
              2,
              2,
              Role.FUSED_QKV,
              "nn.MultiheadAttention's fused query, key, value"),
          rule(".*(experts?|moe)\\..*|.*_experts\\..*", 3, 3, Role.STACKED, "stacked experts"));

  private final Map<String, Shape> shapes;

  /// By rank and name: strings, because maps find them fast even where their hash codes are made to
  /// collide.
  private final Map<String, Optional<Rule>> known = new HashMap<>();

  private final boolean headless;

  NameRules(Map<String, Shape> shapes) {
    this.shapes = shapes;
    this.headless =
        shapes.keySet().stream()
            .noneMatch(
                n ->
                    n.matches(
                        "(.*\\.)?(lm_head|embed_out|output|output_layer|classifier|head|score|qa_outputs|cls\\..*|pooler.*|fc)\\.?.*"));
  }

  private static Rule rule(String name, int least, int most, Role role, String because) {
    return new Rule(Pattern.compile(name), least, most, role, because);
  }

  Guess guess(String name, Shape shape, DType dtype, Set<String> heads) {
    if (!dtype.floating()) {
      boolean counter = name.endsWith("num_batches_tracked");
      return new Guess(Role.TABLE, counter ? "a counter" : dtype + " is not trained");
    }
    if (heads.contains(name)) {
      return new Guess(Role.HEAD, "the last of " + name.replaceAll("\\.\\d+\\.weight$", ".*"));
    }
    String plain = unnumbered(name);
    return known
        .computeIfAbsent(shape.rank() + " " + plain, _ -> rule(plain, shape.rank()))
        .map(r -> tied(name, r.role(), r.because()))
        .orElseGet(() -> byShape(name, shape));
  }

  private static Optional<Rule> rule(String name, int rank) {
    for (Rule r : RULES) {
      if (rank >= r.least() && rank <= r.most() && r.name().matcher(name).matches()) {
        return Optional.of(r);
      }
    }
    return Optional.empty();
  }

  /// A name whose parts that are numbers of two digits and more are all 10: no rule tells those
  /// apart, so that the blocks of a network are looked up once.
  static String unnumbered(String name) {
    StringBuilder b = new StringBuilder(name.length());
    int at = 0;
    while (at < name.length()) {
      int end = at;
      while (end < name.length() && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
        end++;
      }
      boolean part = (at == 0 || name.charAt(at - 1) == '.') && end < name.length();
      if (end - at > 1 && part && name.charAt(end) == '.') {
        b.append("10");
      } else {
        b.append(name, at, Math.max(end, at + 1));
      }
      at = Math.max(end, at + 1);
    }
    return b.toString();
  }

  /// A decoder without a head in its file multiplies by its embedding again.
  private Guess tied(String name, Role role, String because) {
    boolean decoder =
        name.matches(
                "(.*\\.)?wte\\.weight|(.*\\.)?model\\.embed_tokens\\.weight|embed_tokens\\.weight")
            || name.matches("backbone\\.embeddings?\\.weight");
    return role == Role.EMBEDDING && decoder && headless
        ? new Guess(Role.TIED, "an embedding, and the file has no head: they are tied")
        : new Guess(role, because);
  }

  private Guess byShape(String name, Shape shape) {
    String leaf = name.substring(name.lastIndexOf('.') + 1);
    String parent = name.substring(0, Math.max(0, name.length() - leaf.length() - 1));
    boolean weight =
        leaf.matches(
            "(\\w*_)?(weight|kernel|w|weight_v|original1|embeddings?)|\\w*weight\\d*|w\\d");
    Role norm = normOf(leaf, parent, shape);
    if (norm != null) {
      return new Guess(norm, leaf + " beside its like: a norm");
    }
    if (leaf.matches("(\\w*_)?bias|\\w+bias|b|beta")) {
      Shape sibling = shapes.get(parent.isEmpty() ? "weight" : parent + ".weight");
      return sibling != null && sibling.rank() == 1 && shape.rank() == 1
          ? new Guess(Role.NORM_SHIFT, "bias beside a weight of one axis: a norm")
          : new Guess(Role.BIAS, "bias");
    }
    if (weight && shape.rank() == 1) {
      return new Guess(Role.NORM_SCALE, "a weight of one axis: the scale of a norm");
    }
    if (shape.rank() >= 2
        && (weight || leaf.endsWith("proj") || leaf.matches("w[qkvo]|\\w*_proj"))) {
      return new Guess(
          Role.WEIGHT,
          shape.rank() > 2 ? "a weight of " + shape.rank() + " axes: convolution" : "a matrix");
    }
    return new Guess(Role.OTHER, "no rule knows this name");
  }

  /// `gamma` and `beta` of Keras, whatever their layer is called; null for what is neither.
  private Role normOf(String leaf, String parent, Shape shape) {
    if (shape.rank() != 1 || !leaf.equals("gamma") && !leaf.equals("beta")) {
      return null;
    }
    boolean paired =
        shapes.containsKey(parent + "." + (leaf.equals("gamma") ? "beta" : "gamma"))
            || shapes.containsKey(parent + ".moving_mean");
    return !paired ? null : leaf.equals("gamma") ? Role.NORM_SCALE : Role.NORM_SHIFT;
  }

  // ---- ends of residual branches ----

  private static final Pattern END =
      Pattern.compile(
          ".*\\b(\\w*attn\\w*|\\w*attention\\w*|attn1|attn2|mixer|temporal_block|seq_mixer)\\.(o_proj|out_proj|c_proj|proj|dense"
              + "|wo|o|to_out\\.0|out|output\\.dense|resid_attn|linear_out|linear_proj)\\.(weight|kernel)"
              + "|.*\\b(down_proj|fc2|w2|linear2|linear_2|lin2|fc_out|dense_4h_to_h|ff_out|attn_out|wo"
              + "|conv_pwl|pwconv2|c_proj|ffn_output|output_linear|linear_fc2)\\.(weight\\d*|kernel)"
              + "|.*\\blayer\\.\\d+\\.output\\.dense\\.(weight|kernel)"
              + "|.*\\b(mlp|ff|ffn|feed_forward|net)\\.(3|net\\.2|fc_out|2)\\.weight"
              + "|.*\\bexperts?(\\.\\d+)?\\.(w2|down_proj)(\\.weight)?"
              + "|.*\\bfeatures\\.\\d+\\.\\d+\\.block\\.5\\.weight"
              + "|.*\\bdense_1\\.kernel");

  /// Is this what a residual branch adds, or the norm behind it?
  boolean endsBranch(String name, Role role) {
    String block = Blocks.prefix(name);
    if (block.isEmpty() || name.contains("lora_")) {
      return false;
    }
    String rest = name.substring(block.length() + 1);
    boolean resnet = shapes.containsKey(block + ".conv2.weight");
    if (resnet) {
      String last = shapes.containsKey(block + ".conv3.weight") ? "3" : "2";
      return rest.equals("conv" + last + ".weight") || rest.equals("bn" + last + ".weight");
    }
    return switch (role) {
      case WEIGHT, STACKED, FUSED_QKV -> END.matcher(name).matches();
      case BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          HEAD,
          TIED,
          LSTM_INPUT,
          LSTM_RECURRENT,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          false;
    };
  }
}
