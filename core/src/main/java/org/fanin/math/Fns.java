package org.fanin.math;

import java.util.List;

/// Catalogue of scalar functions. Derivatives follow PyTorch at kinks (relu′(0) = 0, 0 at the
/// bounds of a clip, abs′(0) = 0). Parameters must be finite; a factory with a bad one throws
/// IllegalArgumentException. Spellings can be read back with [#named].
public final class Fns {
  /// SELU's α (Klambauer et al. 2017), chosen with [#SELU_LAMBDA] so that mean 0, variance 1 is a
  /// fixed point.
  public static final double SELU_ALPHA = 1.6732632423543772;

  public static final double SELU_LAMBDA = 1.0507009873554805;

  private static final List<Double> NONE = List.of();
  private static final List<Double> ZERO = List.of(0.0);

  /// Made once: every second node of many networks.
  private static final class Relu {
    static final Fn FN = abRelu(0, 1);
  }

  private Fns() {}

  // ---- piecewise linear through the origin ----

  public static Fn identity() {
    return abRelu(1, 1);
  }

  public static Fn relu() {
    return Relu.FN;
  }

  /// x for x > 0, slope·x below.
  public static Fn leakyRelu(double slope) {
    return abRelu(slope, 1);
  }

  /// As [#leakyRelu]; the slope is learned.
  public static Fn prelu(double slope) {
    return abRelu(slope, 1);
  }

  public static Fn abs() {
    return abRelu(-1, 1);
  }

  public static Fn neg() {
    return abRelu(-1, -1);
  }

  /// c·x
  public static Fn mulConst(double c) {
    return abRelu(c, c);
  }

  /// x/c
  ///
  /// @throws IllegalArgumentException when c is 0
  public static Fn divConst(double c) {
    if (c == 0) {
      throw new IllegalArgumentException("division by the constant 0");
    }
    return mulConst(1 / c);
  }

  /// below·x for x < 0, above·x for x ≥ 0.
  public static Fn abRelu(double slopeBelow, double slopeAbove) {
    FnParts.finite("abrelu", slopeBelow, slopeAbove);
    // No −0, which would spell and compare differently.
    double below = slopeBelow + 0.0;
    double above = slopeAbove + 0.0;
    double atZero = below == above ? above : below == -above ? 0 : below;
    return new Fn(
        FnNames.abRelu(below, above),
        x -> x < 0 ? below * x : above * x,
        x -> x < 0 ? below : x > 0 ? above : atZero,
        below == above ? NONE : ZERO,
        NONE,
        new Fn.Form.AbRelu(below, above));
  }

  /// slope·x + offset
  public static Fn affine(double slope, double offset) {
    FnParts.finite("affine", slope, offset);
    if (offset == 0) {
      return abRelu(slope, slope);
    }
    return new Fn(
        FnNames.affine(slope, offset),
        x -> slope * x + offset,
        _ -> slope,
        NONE,
        NONE,
        new Fn.Form.Affine(slope, offset));
  }

  /// x + c
  public static Fn addConst(double c) {
    return affine(1, c);
  }

  /// c − x
  public static Fn subFrom(double c) {
    return affine(-1, c);
  }

  public static Fn constant(double c) {
    return affine(0, c);
  }

  // ---- activations ----

  /// x for x > 0, α(eˣ − 1) below (Clevert et al. 2016).
  public static Fn elu(double alpha) {
    return FnActivations.elu(alpha);
  }

  /// max(0, x) + min(0, α(e^{x/α} − 1)) (Barron 2017); α ≠ 0.
  public static Fn celu(double alpha) {
    return FnActivations.celu(alpha);
  }

  public static Fn selu() {
    return selu(SELU_ALPHA, SELU_LAMBDA);
  }

  /// γ·elu_α(x), ONNX's parametrised form.
  public static Fn selu(double alpha, double gamma) {
    return FnActivations.selu(alpha, gamma);
  }

  /// x·Φ(x) (Hendrycks & Gimpel 2016), with the exact Φ.
  public static Fn gelu() {
    return FnParts.smooth("gelu", x -> x * Normal.cdf(x), x -> Normal.cdf(x) + x * Normal.pdf(x));
  }

  /// ½x(1 + tanh(√(2/π)(x + .044715x³))).
  public static Fn geluTanh() {
    return FnActivations.geluTanh();
  }

  /// x·σ(1.702x).
  public static Fn quickGelu() {
    return FnActivations.swishNamed("quick-gelu", 1.702);
  }

  /// x·σ(x).
  public static Fn silu() {
    return FnActivations.swishNamed("silu", 1);
  }

  /// x·σ(βx).
  public static Fn swish(double beta) {
    return beta == 1
        ? silu()
        : FnActivations.swishNamed("swish(" + FnNames.number(beta) + ")", beta);
  }

  /// x·tanh(softplus(x)) (Misra 2019).
  public static Fn mish() {
    return FnActivations.mish();
  }

  public static Fn sigmoid() {
    return FnParts.smooth(
        "sigmoid", FnParts::logistic, x -> FnParts.logistic(x) * FnParts.logistic(-x));
  }

  public static Fn tanh() {
    return FnParts.smooth("tanh", StrictMath::tanh, FnActivations::sech2);
  }

  /// ln(1 + eˣ).
  public static Fn softplus() {
    return FnParts.smooth("softplus", FnActivations::softplusOf, FnParts::logistic);
  }

  /// x/(1 + |x|).
  public static Fn softsign() {
    return FnActivations.softsign();
  }

  public static Fn erf() {
    return FnParts.smooth("erf", Normal::erf, x -> 1.12837916709551257390 * StrictMath.exp(-x * x));
  }

  /// clamp(a·x + b, 0, 1); a ≠ 0.
  public static Fn hardSigmoid(double a, double b) {
    return FnActivations.hardSigmoid(a, b);
  }

  /// PyTorch's: clamp(x/6 + ½, 0, 1). ONNX's default has a = .2.
  public static Fn hardSigmoid() {
    return hardSigmoid(1.0 / 6, 0.5);
  }

  /// x·clamp(x/6 + ½, 0, 1).
  public static Fn hardSwish() {
    return FnActivations.hardSwish();
  }

  /// clamp(x, lo, hi); either bound may be infinite.
  ///
  /// @throws IllegalArgumentException when lo > hi or one is NaN
  public static Fn clip(double lo, double hi) {
    return FnActivations.clip(lo, hi);
  }

  public static Fn hardTanh(double lo, double hi) {
    return clip(lo, hi);
  }

  public static Fn hardTanh() {
    return clip(-1, 1);
  }

  public static Fn relu6() {
    return clip(0, 6);
  }

  /// x where x > alpha, else 0 (Konda et al. 2015): jumps at alpha.
  public static Fn thresholdedRelu(double alpha) {
    return FnActivations.thresholdedRelu(alpha);
  }

  /// ONNX Shrink: x + bias below −lambda, x − bias above lambda, 0 between. Hard shrink has bias 0,
  /// soft shrink bias = lambda.
  public static Fn shrink(double lambda, double bias) {
    return FnActivations.shrink(lambda, bias);
  }

  /// min(x, c)
  public static Fn minConst(double c) {
    return clip(Double.NEGATIVE_INFINITY, c);
  }

  /// max(x, c)
  public static Fn maxConst(double c) {
    return clip(c, Double.POSITIVE_INFINITY);
  }

  // ---- elementary; see FnElements ----

  public static Fn square() {
    return FnElements.power(2);
  }

  /// xᵖ. NaN below 0 unless p is an integer; a pole at 0 when p < 0.
  public static Fn pow(double p) {
    return FnElements.power(p);
  }

  public static Fn sqrt() {
    return FnElements.power(0.5);
  }

  /// x^{−½}
  public static Fn rsqrt() {
    return FnElements.power(-0.5);
  }

  /// 1/x
  public static Fn reciprocal() {
    return FnElements.power(-1);
  }

  /// c/x
  public static Fn divInto(double c) {
    return compose(mulConst(c), reciprocal());
  }

  /// cˣ, c > 0.
  public static Fn powBase(double c) {
    if (!(c > 0)) {
      throw new IllegalArgumentException("cˣ wants c > 0, found " + c);
    }
    return c == 1 ? constant(1) : exponential(1, StrictMath.log(c));
  }

  public static Fn exp() {
    return exponential(1, 1);
  }

  /// amplitude·e^{rate·x}
  public static Fn exponential(double amplitude, double rate) {
    return FnElements.exponential(amplitude, rate);
  }

  public static Fn log() {
    return FnElements.log();
  }

  public static Fn log1p() {
    return FnElements.log1p();
  }

  public static Fn expm1() {
    return compose(addConst(-1), exp());
  }

  public static Fn sin() {
    return sine(1, 1, 0);
  }

  public static Fn cos() {
    return sine(1, 1, Math.PI / 2);
  }

  /// amplitude·sin(rate·x + phase); SIREN's sin(30x) is sine(1, 30, 0).
  public static Fn sine(double amplitude, double rate, double phase) {
    return FnElements.sine(amplitude, rate, phase);
  }

  /// Poles at every odd multiple of π/2: no finite moments; for small deviations only.
  public static Fn tan() {
    return FnElements.tan();
  }

  public static Fn sinh() {
    return FnParts.smooth("sinh", StrictMath::sinh, StrictMath::cosh);
  }

  public static Fn cosh() {
    return FnParts.smooth("cosh", StrictMath::cosh, StrictMath::sinh);
  }

  public static Fn atan() {
    return FnParts.smooth("atan", StrictMath::atan, x -> 1 / (1 + x * x));
  }

  public static Fn asinh() {
    return FnElements.asinh();
  }

  /// −1, 0, 1
  public static Fn sign() {
    return FnParts.general("sign", Math::signum, _ -> 0, ZERO, NONE);
  }

  /// 1 for x > 0, else 0.
  public static Fn step() {
    return FnParts.general("step", x -> x > 0 ? 1 : 0, _ -> 0, ZERO, NONE);
  }

  /// Half to even; derivative 0. Jumps beyond ±40 are left to the quadrature, as relative steps
  /// they are small there.
  public static Fn round() {
    return FnElements.staircase("round", Math::rint, 0.5);
  }

  public static Fn floor() {
    return FnElements.staircase("floor", Math::floor, 0);
  }

  public static Fn ceil() {
    return FnElements.staircase("ceil", Math::ceil, 0);
  }

  // ---- combination ----

  /// outer(inner(x)), simplified where the forms allow (a scaled ReLU is piecewise linear, sin(30x)
  /// a sine); kinks and bends of `outer` are pulled back through `inner`.
  public static Fn compose(Fn outer, Fn inner) {
    return FnAlgebra.compose(outer, inner);
  }

  /// f(x)·g(x)
  public static Fn product(Fn f, Fn g) {
    return FnAlgebra.product(f, g);
  }

  /// f(x) + g(x)
  public static Fn sum(Fn f, Fn g) {
    return FnAlgebra.sum(f, g);
  }

  /// Reads a spelling: `relu`, `leaky-relu(0.2)`, `gelu`, `swish(1.5)`; case, `_` and `-` do not
  /// matter.
  ///
  /// @throws IllegalArgumentException naming the known spellings
  public static Fn named(String spelling) {
    return FnNames.parse(spelling);
  }

  /// The activations shown in tables.
  public static List<Fn> all() {
    return FnNames.table();
  }
}
