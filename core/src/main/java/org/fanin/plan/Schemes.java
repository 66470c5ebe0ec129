package org.fanin.plan;

import org.fanin.math.Fn;
import org.fanin.math.Gains;

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

  public static Scheme lecunNormal() {
    return new Scheme("lecun-normal", NORMAL, FanMode.IN, 1, LECUN);
  }

  public static Scheme lecunUniform() {
    return new Scheme("lecun-uniform", UNIFORM, FanMode.IN, 1, LECUN);
  }

  public static Scheme lecunTruncated() {
    return new Scheme(
        "lecun-truncated",
        CUT,
        FanMode.IN,
        1,
        LECUN + "; Keras, JAX draw it cut at ±2σ, corrected");
  }

  public static Scheme glorotNormal() {
    return new Scheme(
        "glorot-normal", NORMAL, FanMode.AVERAGE, 1, GLOROT + "; the paper's own is uniform");
  }

  /// ±√(6/(n_in + n_out)), the paper's.
  public static Scheme glorotUniform() {
    return new Scheme("glorot-uniform", UNIFORM, FanMode.AVERAGE, 1, GLOROT);
  }

  public static Scheme glorotTruncated() {
    return new Scheme(
        "glorot-truncated",
        CUT,
        FanMode.AVERAGE,
        1,
        GLOROT + "; Keras, JAX draw it cut at ±2σ, corrected");
  }

  /// σ = √(2/n_in), untruncated, the paper's.
  public static Scheme heNormal() {
    return new Scheme("he-normal", NORMAL, FanMode.IN, 2, HE);
  }

  public static Scheme heUniform() {
    return new Scheme("he-uniform", UNIFORM, FanMode.IN, 2, HE + "; PyTorch kaiming_uniform");
  }

  public static Scheme heTruncated() {
    return new Scheme(
        "he-truncated", CUT, FanMode.IN, 2, HE + "; Keras, JAX draw it cut at ±2σ, corrected");
  }

  /// σ = √(2/n_out): keeps the gradient instead of the signal.
  public static Scheme heNormalFanOut() {
    return new Scheme("he-normal-fan-out", NORMAL, FanMode.OUT, 2, "He et al. 2015, eq. 14");
  }

  public static Scheme heUniformFanOut() {
    return new Scheme("he-uniform-fan-out", UNIFORM, FanMode.OUT, 2, "He et al. 2015, eq. 14");
  }

  /// Var w = 2/((1 + slope²)·n_in).
  public static Scheme heNormal(double slope) {
    return leaky("he-normal", NORMAL, slope);
  }

  public static Scheme heUniform(double slope) {
    return leaky("he-uniform", UNIFORM, slope);
  }

  private static Scheme leaky(String name, Distribution law, double slope) {
    String spelled = slope == 0 ? name : name + "(a=" + Spelling.number(slope) + ")";
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
    return corrected("forward", f, FanMode.IN, Gains.forward(f));
  }

  /// Var w = 1/(n_out·E φ′²): keeps the gradient through any activation.
  public static Scheme backward(Fn f) {
    return corrected("backward", f, FanMode.OUT, Gains.backward(f));
  }

  private static Scheme corrected(String direction, Fn f, FanMode fan, double gain) {
    if (!(gain > 0 && gain < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(f.name() + " has no finite " + direction + " gain");
    }
    return new Scheme(
        "gain-" + direction + "(" + f.name() + ")",
        NORMAL,
        fan,
        gain * gain,
        "quadrature of the activation at N(0, 1)");
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

  /// Reads `he-normal`, `he-normal(gain=1.2)`, `he-uniform(a=0.2)`, `normal(0.02)`,
  /// `truncated-normal(0.02, ±2)`, `gain(tanh)` …
  ///
  /// @throws IllegalArgumentException naming the known spellings
  public static Scheme named(String spelling) {
    return SchemeNames.parse(spelling);
  }
}
