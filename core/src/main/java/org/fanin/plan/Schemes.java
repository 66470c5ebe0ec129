package org.fanin.plan;

import org.fanin.math.Fn;
import org.fanin.math.Gains;
import org.fanin.math.NumberText;

/// The schemes Fanin knows by name.
public final class Schemes {
  private static final Distribution NORMAL = new Distribution.Normal();
  private static final Distribution UNIFORM = new Distribution.Uniform();
  private static final Distribution CUT = new Distribution.Truncated(2, true);
  private static final Distribution HAAR = new Distribution.Orthogonal();
  private static final String LECUN = "LeCun et al. 1998, Efficient BackProp, eq. 16";
  private static final String GLOROT = "Glorot & Bengio 2010, eq. 12 and 16";
  private static final String HE = "He et al. 2015, eq. 10 and 15";

  private Schemes() {}

  /// One of the three classic families with any law and any fan: `lecun` 1/n, `glorot` 1/n, `he`
  /// 2/n.
  ///
  /// @param law normal, uniform or a corrected normal cut at ±2σ
  /// @throws IllegalArgumentException for another family or law
  public static Scheme family(String family, Distribution law, FanMode fan) {
    FanMode own = family.equals("glorot") ? FanMode.AVERAGE : FanMode.IN;
    String source =
        switch (family) {
          case "lecun" -> LECUN;
          case "glorot" -> GLOROT;
          case "he" -> HE;
          default -> throw new IllegalArgumentException("lecun, glorot or he is wanted: " + family);
        };
    String name = family + "-" + SchemeNames.law(law) + (fan == own ? "" : SchemeNames.suffix(fan));
    return new Scheme(name, law, fan, family.equals("he") ? 2 : 1, note(family, law, fan, source));
  }

  private static String note(String family, Distribution law, FanMode fan, String source) {
    if (law.equals(CUT)) {
      return source + "; Keras, JAX draw it cut at ±2σ, corrected";
    }
    if (family.equals("glorot") && law.equals(NORMAL)) {
      return source + "; the paper's own is uniform";
    }
    if (family.equals("he") && fan == FanMode.OUT) {
      return "He et al. 2015, eq. 14";
    }
    return family.equals("he") && law.equals(UNIFORM)
        ? source + "; PyTorch kaiming_uniform"
        : source;
  }

  public static Scheme lecunNormal() {
    return family("lecun", NORMAL, FanMode.IN);
  }

  public static Scheme lecunUniform() {
    return family("lecun", UNIFORM, FanMode.IN);
  }

  public static Scheme lecunTruncated() {
    return family("lecun", CUT, FanMode.IN);
  }

  public static Scheme glorotNormal() {
    return family("glorot", NORMAL, FanMode.AVERAGE);
  }

  /// ±√(6/(n_in + n_out)), the paper's.
  public static Scheme glorotUniform() {
    return family("glorot", UNIFORM, FanMode.AVERAGE);
  }

  public static Scheme glorotTruncated() {
    return family("glorot", CUT, FanMode.AVERAGE);
  }

  /// σ = √(2/n_in), untruncated, the paper's.
  public static Scheme heNormal() {
    return family("he", NORMAL, FanMode.IN);
  }

  public static Scheme heUniform() {
    return family("he", UNIFORM, FanMode.IN);
  }

  public static Scheme heTruncated() {
    return family("he", CUT, FanMode.IN);
  }

  /// σ = √(2/n_out): keeps the gradient instead of the signal.
  public static Scheme heNormalFanOut() {
    return family("he", NORMAL, FanMode.OUT);
  }

  public static Scheme heUniformFanOut() {
    return family("he", UNIFORM, FanMode.OUT);
  }

  /// Var w = 2/((1 + slope²)·n_in).
  public static Scheme heNormal(double slope) {
    return leaky("he-normal", NORMAL, slope);
  }

  public static Scheme heUniform(double slope) {
    return leaky("he-uniform", UNIFORM, slope);
  }

  private static Scheme leaky(String name, Distribution law, double slope) {
    String spelled = slope == 0 ? name : name + "(a=" + NumberText.shortest(slope) + ")";
    return new Scheme(spelled, law, FanMode.IN, 2 / (1 + slope * slope), HE);
  }

  /// U(±1/√n_in), what nn.Linear and nn.Conv do: variance 1/(3·n_in).
  public static Scheme pytorchDefault() {
    return new Scheme(
        "pytorch-default",
        UNIFORM,
        FanMode.IN,
        1.0 / 3,
        "PyTorch nn.Linear.reset_parameters: kaiming_uniform(a = √5)");
  }

  public static Scheme normal(double sigma) {
    return new Scheme(
        "normal(" + Spelling.number(sigma) + ")", NORMAL, FanMode.NONE, sigma * sigma, "given");
  }

  public static Scheme uniform(double bound) {
    return new Scheme(
        "uniform(±" + Spelling.number(bound) + ")",
        UNIFORM,
        FanMode.NONE,
        bound * bound / 3,
        "given");
  }

  /// Cut at ±cut·σ without correction: the variance is less than σ².
  public static Scheme truncatedNormal(double sigma, double cut) {
    return new Scheme(
        "truncated-normal(" + Spelling.number(sigma) + ", ±" + Spelling.number(cut) + ")",
        new Distribution.Truncated(cut, false),
        FanMode.NONE,
        sigma * sigma,
        "given");
  }

  /// Var w = 1/(n_in·E φ²): keeps E x² = 1 through any activation.
  public static Scheme forward(Fn f) {
    return forward(f, NORMAL, FanMode.IN);
  }

  /// Var w = 1/(n_out·E φ′²): keeps the gradient through any activation.
  public static Scheme backward(Fn f) {
    return backward(f, NORMAL, FanMode.OUT);
  }

  /// [#forward(Fn)] with another law or fan.
  ///
  /// @throws IllegalArgumentException when φ has no finite gain
  public static Scheme forward(Fn f, Distribution law, FanMode fan) {
    return corrected("forward", f, Gains.forward(f), law, fan, FanMode.IN);
  }

  /// [#backward(Fn)] with another law or fan.
  ///
  /// @throws IllegalArgumentException when φ has no finite gain
  public static Scheme backward(Fn f, Distribution law, FanMode fan) {
    return corrected("backward", f, Gains.backward(f), law, fan, FanMode.OUT);
  }

  private static Scheme corrected(
      String direction, Fn f, double gain, Distribution law, FanMode fan, FanMode own) {
    if (!(gain > 0 && gain < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(f.name() + " has no finite " + direction + " gain");
    }
    return new Scheme(
        "gain-" + direction + "(" + f.name() + SchemeNames.options(law, fan, own) + ")",
        law,
        fan,
        gain * gain,
        "quadrature of the activation at N(0, 1)");
  }

  /// Var w = gain²/n_in with the gain of PyTorch's table: empirical for tanh (5/3) and SELU (3/4).
  ///
  /// @param slope of a leaky ReLU, otherwise ignored
  /// @throws IllegalArgumentException for a name PyTorch does not know
  public static Scheme pytorchGain(String nonlinearity, double slope) {
    double gain = Gains.pytorch(nonlinearity, slope);
    String leaky = slope == 0.01 ? "" : ", " + Spelling.number(slope);
    boolean takesSlope = nonlinearity.equals("leaky-relu");
    return new Scheme(
        "pytorch-gain(" + nonlinearity + (takesSlope ? leaky : "") + ")",
        NORMAL,
        FanMode.IN,
        gain * gain,
        "torch.nn.init.calculate_gain: an empirical table");
  }

  /// W with WᵀW or WWᵀ = gain²·1; element variance gain²/max(rows, columns), taken from the fans
  /// (for a convolution rows × columns are C_out × k²C_in; its fan_out counts taps too, so pass
  /// C_out).
  public static Scheme orthogonal(double gain) {
    String name = gain == 1 ? "orthogonal" : "orthogonal(gain=" + Spelling.number(gain) + ")";
    return new Scheme(name, HAAR, FanMode.LARGEST, gain * gain, "Saxe et al. 2014");
  }

  public static Scheme constant(double value) {
    String name =
        value == 0 ? "zeros" : value == 1 ? "ones" : "constant(" + Spelling.number(value) + ")";
    return new Scheme(name, new Distribution.Constant(value), FanMode.NONE, value * value, "given");
  }

  public static Scheme zeros() {
    return constant(0);
  }

  public static Scheme ones() {
    return constant(1);
  }

  /// U(±1/n_in).
  public static Scheme sirenFirst() {
    return new Scheme(
        "siren-first", UNIFORM, FanMode.IN_SQUARED, 1.0 / 3, "Sitzmann et al. 2020, §3.2");
  }

  /// U(±√(6/n_in)/ω₀): arguments of sin(ω₀·Wx) have variance 1.
  ///
  /// @param omega ω₀, 30 in the paper
  public static Scheme siren(double omega) {
    String name = omega == 30 ? "siren" : "siren(" + Spelling.number(omega) + ")";
    return new Scheme(
        name, UNIFORM, FanMode.IN, 2 / (omega * omega), "Sitzmann et al. 2020, Theorem 1.8");
  }

  /// GPT-2's residual projections: σ/√(2L).
  public static Scheme depthScaled(double sigma, int layers) {
    double s = sigma / Math.sqrt(2.0 * layers);
    return new Scheme(
        "normal(" + Spelling.number(sigma) + "/√" + 2 * layers + ")",
        NORMAL,
        FanMode.NONE,
        s * s,
        "Radford et al. 2019, §2.3");
  }

  /// N(mean, σ²): DCGAN's normalisation scales are N(1, .02²).
  public static Scheme normal(double mean, double sigma) {
    return mean == 0
        ? normal(sigma)
        : new Scheme(
            "normal(" + Spelling.number(mean) + ", " + Spelling.number(sigma) + ")",
            new Distribution.Around(mean),
            FanMode.NONE,
            sigma * sigma,
            "given");
  }

  /// What `torch.nn.init.trunc_normal_(std, −bound, bound)` really draws: the bounds are absolute,
  /// so that ±2 at σ = .02 cuts at 100σ, which is no cut at all.
  public static Scheme torchTruncNormal(double sigma, double bound) {
    return new Scheme(
        "torch-trunc-normal(" + Spelling.number(sigma) + ", ±" + Spelling.number(bound) + ")",
        new Distribution.Truncated(bound / sigma, false),
        FanMode.NONE,
        sigma * sigma,
        "torch.nn.init.trunc_normal_: bounds are absolute, not in σ");
  }

  /// Every scheme that Fanin knows by name is listed in [SchemeNames#known]; these are the ones
  /// that need the tensor's axes or the network's depth, too, and are made by their spelling:
  /// `Schemes.named("delta-orthogonal")`.
  ///
  /// Reads `he-normal`, `he-normal(gain=1.2)`, `he-uniform(a=0.2)`, `normal(0.02)`,
  /// `truncated-normal(0.02, ±2)`, `gain(tanh)` …
  ///
  /// @throws IllegalArgumentException naming the known spellings
  public static Scheme named(String spelling) {
    return SchemeNames.parse(spelling);
  }
}
