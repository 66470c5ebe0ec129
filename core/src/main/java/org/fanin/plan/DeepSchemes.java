package org.fanin.plan;

/// Schemes for deep networks, gates, state spaces and adapters.
final class DeepSchemes {
  private static final Distribution NORMAL = new Distribution.Normal();
  private static final Distribution UNIFORM = new Distribution.Uniform();
  private static final Distribution CUT3 = new Distribution.Truncated(3, false);
  private static final String NEOX = "GPT-NeoX init_functions.py; ";
  private static final String OLMO = "OLMo 1 (2024), init_fn mitchell";
  private static final String T_FIXUP = "Huang et al. 2020, T-Fixup, §3.2";
  private static final String MUP = "Yang et al. 2022, Tensor Programs V, table 3";

  private DeepSchemes() {}

  // ---- transformers ----

  /// √(2/(5d)); d is the width of the model, for which min(n_in, n_out) stands when one tensor is
  /// all that is known.
  static Scheme smallInit() {
    return new Scheme(
        "small-init",
        NORMAL,
        FanMode.SMALLEST,
        0.4,
        "Nguyen & Salazar 2019, §2.2; d is taken as min(n_in, n_out)");
  }

  static Scheme smallInit(double width) {
    positive("small-init", width);
    return new Scheme(
        "small-init(" + Spelling.number(width) + ")",
        NORMAL,
        FanMode.NONE,
        0.4 / width,
        "Nguyen & Salazar 2019, §2.2");
  }

  /// 2/(L√d).
  static Scheme wang() {
    return new Scheme(
        "wang",
        NORMAL,
        FanMode.SMALLEST,
        4,
        Depth.WANG,
        NEOX + "wang_init; d is taken as min(n_in, n_out)");
  }

  static Scheme wang(double width) {
    positive("wang", width);
    return new Scheme(
        "wang(" + Spelling.number(width) + ")",
        NORMAL,
        FanMode.NONE,
        4 / width,
        Depth.WANG,
        NEOX + "wang_init: 2/(L√d)");
  }

  /// σ/√(2L).
  static Scheme gpt2Residual(double sigma) {
    return new Scheme(
        "gpt2-residual(" + Spelling.number(sigma) + ")",
        NORMAL,
        FanMode.NONE,
        sigma * sigma,
        Depth.GPT2,
        "Radford et al. 2019, §2.3");
  }

  /// 1/√n_in, cut at ±3σ without correction.
  static Scheme mitchell() {
    return new Scheme("mitchell", CUT3, FanMode.IN, 1, OLMO);
  }

  /// 1/√(2·n_in·(l + 1)) for what ends a branch of block l.
  static Scheme mitchellResidual() {
    return new Scheme("mitchell-residual", CUT3, FanMode.IN, 1, Depth.MITCHELL, OLMO);
  }

  static Scheme tFixup(boolean encoder) {
    return new Scheme(
        encoder ? "t-fixup-encoder" : "t-fixup-decoder",
        UNIFORM,
        FanMode.AVERAGE,
        1,
        encoder ? Depth.T_FIXUP_ENCODER : Depth.T_FIXUP_DECODER,
        T_FIXUP + ": Glorot uniform times the depth factor; normalisation and warm-up go");
  }

  static Scheme deepNorm() {
    return new Scheme(
        "deepnorm",
        NORMAL,
        FanMode.AVERAGE,
        1,
        Depth.DEEPNORM,
        "Wang et al. 2022, DeepNet, §3: Glorot normal with gain β = (8N)^(−1/4); the graph must"
            + " compute LayerNorm(α·x + f(x)) with α = (2N)^(1/4)");
  }

  // ---- residual convolutions ----

  /// He times L^(−1/(2m−2)) for all but the last layer of a branch of m layers.
  static Scheme fixup(int perBranch) {
    if (perBranch != 2 && perBranch != 3) {
      throw new IllegalArgumentException("fixup(m): branches of 2 or 3 layers, found " + perBranch);
    }
    return new Scheme(
        "fixup(" + perBranch + ")",
        NORMAL,
        FanMode.IN,
        2,
        perBranch == 2 ? Depth.FIXUP_2 : Depth.FIXUP_3,
        "Zhang, Dauphin & Ma 2019, Fixup, §3.1 rule 2; the last layer of each branch and the head"
            + " are zero");
  }

  /// Var w = 2/((1 − 1/π)·n_in): ReLU outputs with their mean taken away have variance (1 − 1/π)/2.
  static Scheme meanShift() {
    return new Scheme(
        "mean-shift",
        NORMAL,
        FanMode.IN,
        2 / (1 - 1 / Math.PI),
        "Brock et al. 2021, NF-ResNets, §4.2: for weights that are standardised or inputs that are"
            + " centred, so that the mean of ReLU is not passed on");
  }

  /// He for the leaky ReLU whose slope TAT finds; the activation has to be exchanged as well.
  static Scheme tat(int depth, double eta) {
    double slope = Tat.slope(depth, eta);
    String name = "tat(" + depth + (eta == Tat.USUAL ? "" : ", " + Spelling.number(eta)) + ")";
    return new Scheme(
        name,
        NORMAL,
        FanMode.IN,
        2 / (1 + slope * slope),
        "Zhang et al. 2022, TAT, §4.1: only for a network whose activation is leaky-relu("
            + Spelling.rounded(slope)
            + ")");
  }

  // ---- μP ----

  static Scheme mup(String role) {
    return switch (role) {
      case "input" ->
          new Scheme("mup-input", NORMAL, FanMode.NONE, 1, MUP + ": O(1); Adam's rate O(1)");
      case "hidden" ->
          new Scheme("mup-hidden", NORMAL, FanMode.IN, 1, MUP + ": 1/n_in; Adam's rate ∝ 1/n_in");
      case "output" ->
          new Scheme(
              "mup-output", NORMAL, FanMode.IN_SQUARED, 1, MUP + ": 1/n_in²; Adam's rate ∝ 1/n_in");
      default -> throw new IllegalArgumentException("μP knows input, hidden, output: " + role);
    };
  }

  // ---- matrices ----

  /// Orthogonal with E w² = 1/n_in (or 1/n_out): gain √(out/in) where the layer widens, so that the
  /// second moment passes unchanged.
  static Scheme orthogonal(FanMode fan) {
    return new Scheme(
        "orthogonal" + SchemeNames.suffix(fan),
        new Distribution.Orthogonal(),
        fan,
        1,
        "Saxe et al. 2014, times √max(1, "
            + (fan == FanMode.IN ? "out/in" : "in/out")
            + ") so that "
            + (fan == FanMode.IN ? "the signal" : "the gradient")
            + " keeps its second moment");
  }

  static Scheme deltaOrthogonal() {
    return new Scheme(
        "delta-orthogonal",
        new Distribution.DeltaOrthogonal(),
        FanMode.LARGEST,
        1,
        "Xiao et al. 2018, algorithm 1");
  }

  static Scheme identity() {
    return new Scheme(
        "identity",
        new Distribution.Identity(),
        FanMode.NONE,
        1,
        "Le, Jaitly & Hinton 2015; torch.nn.init.eye_ and dirac_");
  }

  static Scheme hadamard() {
    return new Scheme(
        "hadamard",
        new Distribution.Hadamard(),
        FanMode.NONE,
        1,
        "Zhao et al. 2022, ZerO, algorithm 1");
  }

  static Scheme sparse(double nonZero, double sigma) {
    if (!(nonZero >= 1 && nonZero == Math.rint(nonZero) && nonZero <= 1e15)) {
      throw new IllegalArgumentException("sparse(n, σ): whole n ≥ 1 is wanted, found " + nonZero);
    }
    return new Scheme(
        "sparse(" + Spelling.number(nonZero) + ", " + Spelling.number(sigma) + ")",
        new Distribution.Sparse((long) nonZero),
        FanMode.NONE,
        sigma * sigma,
        "Martens 2010, §5: 15 weights N(0, 1) per unit");
  }

  // ---- biases and vectors ----

  static Scheme forgetBias(double value) {
    return new Scheme(
        "forget-bias(" + Spelling.number(value) + ")",
        new Distribution.ForgetBias(value),
        FanMode.NONE,
        1,
        "Jozefowicz, Zaremba & Sutskever 2015, §4: an LSTM starts by remembering");
  }

  /// −ln((1 − π)/π): a sigmoid head that starts at probability π.
  static Scheme focalPrior(double prior) {
    if (!(prior > 0 && prior < 1)) {
      throw new IllegalArgumentException("focal-prior(π): 0 < π < 1 is wanted, found " + prior);
    }
    return new Scheme(
        "focal-prior(" + Spelling.number(prior) + ")",
        new Distribution.Constant(-StrictMath.log((1 - prior) / prior)),
        FanMode.NONE,
        1,
        "Lin et al. 2017, Focal loss, §4.1");
  }

  static Scheme mambaStepBias(double low, double high) {
    boolean usual = low == 0.001 && high == 0.1;
    return new Scheme(
        usual
            ? "mamba-dt-bias"
            : "mamba-dt-bias(" + Spelling.number(low) + ", " + Spelling.number(high) + ")",
        new Distribution.StepBias(low, high),
        FanMode.NONE,
        1,
        "Gu & Dao 2023, §3.6");
  }

  static Scheme logRange() {
    return new Scheme(
        "log-range",
        new Distribution.LogRange(),
        FanMode.NONE,
        1,
        "Gu et al. 2022, S4D-Real: A = −(1, 2, …)");
  }

  /// N(0, (1/r)²) for A of rank r.
  static Scheme loraGaussian() {
    return new Scheme(
        "lora-gaussian",
        NORMAL,
        FanMode.OUT_SQUARED,
        1,
        "Hu et al. 2021, §4.1 (A Gaussian, B zero); σ = 1/r as in PEFT");
  }

  private static void positive(String name, double width) {
    if (!(width >= 1 && width < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + "(d): a width ≥ 1 is wanted, found " + width);
    }
  }
}
