package org.fanin.plan;

import static org.fanin.plan.RecipeRule.BIAS;
import static org.fanin.plan.RecipeRule.CONV;
import static org.fanin.plan.RecipeRule.EMBEDDING;
import static org.fanin.plan.RecipeRule.LINEAR;
import static org.fanin.plan.RecipeRule.MATRIX;
import static org.fanin.plan.RecipeRule.name;
import static org.fanin.plan.RecipeRule.of;
import static org.fanin.plan.RecipeRule.role;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.plan.RecipeRule.Given;
import org.fanin.tensor.Shape;

/// What the constructors of the frameworks do by themselves.
final class FrameworkRecipes {
  private static final String TORCH =
      "pytorch/pytorch 1.13 torch/nn/modules/{linear,conv,rnn,sparse,activation}.py";
  private static final String KERAS =
      "keras-team/keras 3, keras/src/layers and keras/src/initializers/random_initializers.py";
  private static final String FLAX =
      "google/flax flax/linen/linear.py @a9eeb77, recurrent.py @006da41";

  private FrameworkRecipes() {}

  // ---- PyTorch ----

  static Recipe pytorch() {
    List<RecipeRule> rules = new ArrayList<>();
    rules.add(
        of(
            name("(.*\\.)?in_proj_weight"),
            (s, _) ->
                uniform(
                    Math.sqrt(6 / (Model.torchFan(s).in() + Model.torchFan(s).out())),
                    "nn.MultiheadAttention: xavier_uniform on the fused matrix as one, so that its"
                        + " fan-out is 3d")));
    rules.add(
        of(
            name("(.*\\.)?[qkv]_proj_weight"),
            "glorot-uniform",
            "nn.MultiheadAttention with separate widths: xavier_uniform each"));
    rules.add(
        of(
            name("(.*\\.)?bias_[kv]"),
            (s, _) ->
                Given.of(
                    Schemes.normal(1 / Math.sqrt((double) s.shape().count())),
                    s,
                    "nn.MultiheadAttention: xavier_normal on [1, 1, d], whose fans are d and d")));
    rules.addAll(torchModules());
    return new Recipe(
        "pytorch-default",
        "what the constructors of torch.nn do: U(±1/√n_in) for weights and biases",
        TORCH,
        rules);
  }

  /// Linear, convolutions, recurrent layers, embeddings as their modules start.
  static List<RecipeRule> torchModules() {
    return List.of(
        of(
            EMBEDDING,
            (s, _) ->
                Given.of(
                    Schemes.normal(1),
                    s,
                    s.role() == Role.TIED
                        ? "nn.Embedding: N(0, 1); tied to the head, whose logits then have"
                            + " deviation √d: what PyTorch does, not what a head wants (1/√d)"
                        : "nn.Embedding: N(0, 1)")),
        of(role(Role.LSTM_INPUT, Role.LSTM_RECURRENT, Role.LSTM_BIAS), FrameworkRecipes::gates),
        of(LINEAR, FrameworkRecipes::kaiming),
        of(BIAS, FrameworkRecipes::torchBias));
  }

  static Given uniform(double bound, String because) {
    return new Given(
        new Draw.Uniform(-bound, bound),
        "uniform(±" + Spelling.rounded(bound) + ")",
        because,
        TORCH);
  }

  /// kaiming_uniform(a = √5) with PyTorch's own fan-in.
  private static Given kaiming(TensorSpec s, Model m) {
    double in = stackedIn(s);
    String odd =
        s.fan().isPresent() && s.fan().get().in() != in
            ? " (PyTorch's fan-in; terms in the sum are "
                + Spelling.rounded(s.fan().get().in())
                + ")"
            : "";
    return new Given(
        new Draw.Uniform(-1 / Math.sqrt(in), 1 / Math.sqrt(in)),
        "pytorch-default",
        "kaiming_uniform(a=√5) = U(±1/√" + Spelling.number(in) + ")" + odd,
        TORCH);
  }

  private static double stackedIn(TensorSpec s) {
    return s.role() == Role.STACKED && s.fan().isPresent()
        ? s.fan().get().in()
        : Model.torchFan(s).in();
  }

  private static Given gates(TensorSpec s, Model m) {
    double hidden = hidden(s, m);
    return new Given(
        new Draw.Uniform(-1 / Math.sqrt(hidden), 1 / Math.sqrt(hidden)),
        "uniform(±1/√" + Spelling.number(hidden) + ")",
        "nn.LSTM, nn.GRU, nn.RNN: U(±1/√hidden) for everything, no forget bias",
        TORCH);
  }

  private static double hidden(TensorSpec s, Model m) {
    if (s.fan().isPresent()) {
      return s.fan().get().out();
    }
    long last = s.shape().dim(-1);
    int gates = s.gates().isEmpty() ? 1 : s.gates().length();
    return (double) last / gates;
  }

  static Given torchBias(TensorSpec s, Model m) {
    String plain = NameSpecs.plain(s.name());
    boolean attention =
        plain.endsWith("in_proj_bias")
            || plain.endsWith("out_proj.bias")
                && (m.find(s.name().replace("out_proj.bias", "in_proj_weight")).isPresent()
                    || m.find(s.name().replace("out_proj.bias", "q_proj_weight")).isPresent());
    if (attention) {
      return Given.of(Schemes.zeros(), s, "nn.MultiheadAttention: biases 0");
    }
    Optional<TensorSpec> weight = m.weightOf(s);
    if (weight.isEmpty()) {
      return Given.of(
          Schemes.zeros(),
          s,
          "PyTorch would draw U(±1/√n_in), but its weight is not to be found: 0");
    }
    double bound = 1 / Math.sqrt(stackedIn(weight.get()));
    return uniform(bound, "nn.Linear, nn.Conv: a bias is U(±1/√n_in) of its weight");
  }

  // ---- Keras ----

  static Recipe keras() {
    List<RecipeRule> rules =
        List.of(
            of(EMBEDDING, "uniform(±0.05)", "keras.layers.Embedding: U(±.05)"),
            of(role(Role.PRELU_SLOPE), "zeros", "keras.layers.PReLU: alpha starts at 0"),
            of(
                role(Role.LSTM_RECURRENT),
                (s, _) ->
                    Given.of(
                        Schemes.orthogonal(1),
                        whole(s),
                        "keras.layers.LSTM, GRU: orthogonal over all gates as one matrix")),
            of(
                MATRIX,
                (s, _) ->
                    Given.of(
                        Schemes.glorotUniform(),
                        kerasFans(s),
                        "Dense, Conv, LSTM: glorot_uniform with Keras' own fans, fused gates as one"
                            + " matrix")));
    return new Recipe(
        "keras-default",
        "glorot_uniform weights, zero biases, orthogonal recurrent kernels, forget bias 1",
        KERAS,
        rules);
  }

  /// The same tensor as one matrix, parts and all.
  static TensorSpec whole(TensorSpec s) {
    Fan f = s.fan().orElse(null);
    if (f == null || f.axes().isEmpty()) {
      return s;
    }
    Axes a = f.axes().get();
    Axes one = new Axes(a.rows(), a.columns(), a.taps(), a.batch(), -1, 1, a.groups());
    return s.withFan(
        new Fan(f.in(), f.out() * a.parts(), 1, f.because() + ", as one matrix", Optional.of(one)));
  }

  /// Keras takes the last axis as outputs, the one before as inputs and all others as taps, heads
  /// included.
  private static TensorSpec kerasFans(TensorSpec s) {
    Shape shape = s.shape();
    boolean own = NameSpecs.plain(s.name()).endsWith("kernel") && shape.rank() > 1;
    if (!own || s.fan().isEmpty()) {
      return whole(s);
    }
    double taps = (double) shape.count() / shape.dim(-1) / shape.dim(-2);
    Fan f = s.fan().get();
    return s.withFan(
        new Fan(taps * shape.dim(-2), taps * shape.dim(-1), 1, "Keras' fans", f.axes()));
  }

  // ---- Flax ----

  static Recipe flax() {
    List<RecipeRule> rules =
        List.of(
            of(
                EMBEDDING,
                (s, _) ->
                    Given.of(
                        Schemes.normal(
                            1 / Math.sqrt((double) s.shape().count() / s.shape().dim(0))),
                        s,
                        "nn.Embed: variance_scaling(1, fan_in, normal, out_axis=0) = N(0, 1/d)"
                            + (s.role() == Role.TIED ? ", right for the head it is tied to" : ""))),
            of(
                role(Role.LSTM_RECURRENT),
                "orthogonal",
                "nn.LSTMCell, GRUCell: orthogonal, each gate by itself"),
            of(
                name("(.*\\.)?\\w*cell\\w*\\.h[ifgorzn]?\\.kernel"),
                (s, _) ->
                    Given.of(
                        Schemes.orthogonal(1),
                        whole(s),
                        "nn.LSTMCell, GRUCell, SimpleCell: kernels of the state, one per gate")),
            of(role(Role.LSTM_BIAS), "zeros", "nn.LSTMCell: biases 0, no forget bias"),
            of(
                MATRIX,
                "lecun-truncated",
                "nn.Dense, nn.Conv: lecun_normal, cut at ±2σ, corrected"));
    return new Recipe(
        "jax-lecun", "lecun_normal (truncated, corrected) weights, zero biases", FLAX, rules);
  }

  // ---- small networks of their own ----

  static Recipe siren() {
    String source = "Sitzmann et al. 2020, §3.2; vsitzmann/siren modules.py @361422e";
    return new Recipe(
        "siren",
        "sine networks: first layer U(±1/n), the others U(±√(6/n)/30)",
        source,
        List.of(
            new RecipeRule(
                LINEAR,
                (s, m) ->
                    m.isFirst(s)
                        ? Given.of(
                            Schemes.sirenFirst(), s, "first layer: U(±1/n), ω₀ = 30 in the sine")
                        : Given.of(
                            Schemes.siren(omega(s)), s, "arguments of the sine have variance 1")),
            of(BIAS, FrameworkRecipes::torchBias)));
  }

  /// ω₀ as the graph has it. A last layer without a sine is drawn as the others of the paper.
  private static double omega(TensorSpec s) {
    return s.activation().equals("sin") ? s.gain() : 30;
  }

  static Recipe dcgan() {
    return new Recipe(
        "dcgan",
        "convolutions N(0, .02²), scales of batch norms N(1, .02²)",
        "Radford, Metz & Chintala 2016, §3; pytorch/examples dcgan/main.py @00b1e34, weights_init",
        List.of(
            of(CONV, "normal(0.02)", "weights_init: convolutions N(0, .02²)"),
            of(role(Role.NORM_SCALE), "normal(1, 0.02)", "weights_init: batch norm N(1, .02²)"),
            of(LINEAR, "normal(0.02)", "the paper: all weights N(0, .02²)")));
  }

  /// Adapters are drawn by the common rules; everything else belongs to the base model.
  static Recipe lora(boolean gaussian) {
    String spelled = gaussian ? "lora-gaussian" : "lora";
    List<RecipeRule> rules = new ArrayList<>(CommonRules.adapters(gaussian));
    rules.add(
        of(RecipeRule.ALL, (s, _) -> Given.keep("not an adapter: the base model's values stay")));
    return new Recipe(
        spelled,
        "adapters A as PEFT draws them, B zero; the base model stays",
        "huggingface/peft src/peft/tuners/lora/layer.py @b28a09c; Hu et al. 2021, §4.1",
        rules);
  }
}
