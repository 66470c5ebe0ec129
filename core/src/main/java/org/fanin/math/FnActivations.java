package org.fanin.math;

import java.util.List;
import java.util.stream.DoubleStream;

/// Definitions of the activations that take more than a line; [Fns] is the catalogue.
final class FnActivations {
  private static final List<Double> NOWHERE = List.of();
  private static final List<Double> AT_ZERO = List.of(0.0);

  private FnActivations() {}

  static Fn celu(double alpha) {
    return FnParts.general(
        FnNames.call("celu", alpha, 1),
        x -> x > 0 ? x : alpha * StrictMath.expm1(x / alpha),
        x -> x > 0 ? 1 : StrictMath.exp(x / alpha),
        AT_ZERO,
        FnParts.bends(Math.abs(alpha)));
  }

  static Fn elu(double alpha) {
    return FnParts.general(
        FnNames.call("elu", alpha, 1),
        x -> x > 0 ? x : alpha * StrictMath.expm1(x),
        x -> x > 0 ? 1 : alpha * StrictMath.exp(x),
        AT_ZERO,
        AT_ZERO);
  }

  static Fn selu(double alpha, double gamma) {
    boolean standard =
        Math.abs(alpha - Fns.SELU_ALPHA) < 1e-6 && Math.abs(gamma - Fns.SELU_LAMBDA) < 1e-6;
    return FnParts.general(
        standard ? "selu" : "selu(" + alpha + ", " + gamma + ")",
        x -> x > 0 ? gamma * x : gamma * alpha * StrictMath.expm1(x),
        x -> x > 0 ? gamma : gamma * alpha * StrictMath.exp(x),
        AT_ZERO,
        AT_ZERO);
  }

  static Fn geluTanh() {
    double c = 0.79788456080286535588;
    double cube = 0.044715;
    return FnParts.smooth(
        "gelu-tanh",
        x -> x * FnParts.logistic(2 * c * (x + cube * x * x * x)),
        x -> {
          double s = FnParts.logistic(2 * c * (x + cube * x * x * x));
          double rest = FnParts.logistic(-2 * c * (x + cube * x * x * x));
          return rest == 0 || s == 0 ? s : s + x * s * rest * 2 * c * (1 + 3 * cube * x * x);
        });
  }

  static Fn swishNamed(String name, double beta) {
    FnParts.finite(name, beta);
    return FnParts.general(
        name,
        x -> x * FnParts.logistic(beta * x),
        x -> {
          double s = FnParts.logistic(beta * x);
          return s * (1 + beta * x * FnParts.logistic(-beta * x));
        },
        NOWHERE,
        FnParts.bends(1 / Math.abs(beta)));
  }

  static Fn mish() {
    return FnParts.smooth(
        "mish",
        x -> x * StrictMath.tanh(softplusOf(x)),
        x -> {
          double t = StrictMath.tanh(softplusOf(x));
          return t + x * (1 - t) * (1 + t) * FnParts.logistic(x);
        });
  }

  static Fn softsign() {
    return FnParts.general(
        "softsign",
        x -> Double.isInfinite(x) ? Math.signum(x) : x / (1 + Math.abs(x)),
        x -> 1 / (1 + Math.abs(x)) / (1 + Math.abs(x)),
        AT_ZERO,
        AT_ZERO);
  }

  static Fn hardSigmoid(double a, double b) {
    double k0 = -b / a;
    double k1 = (1 - b) / a;
    boolean torch = Math.abs(a - 1.0 / 6) < 1e-6 && b == 0.5;
    return FnParts.general(
        torch
            ? "hard-sigmoid"
            : "hard-sigmoid(" + FnNames.number(a) + ", " + FnNames.number(b) + ")",
        x -> Math.clamp(a * x + b, 0.0, 1.0),
        x -> a * x + b > 0 && a * x + b < 1 ? a : 0,
        List.of(Math.min(k0, k1), Math.max(k0, k1)),
        NOWHERE);
  }

  static Fn hardSwish() {
    return FnParts.general(
        "hard-swish",
        x -> x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6,
        x -> x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6,
        List.of(-3.0, 3.0),
        NOWHERE);
  }

  static Fn clip(double lo, double hi) {
    if (!(lo <= hi)) {
      throw new IllegalArgumentException("clip wants lo ≤ hi, found " + lo + " and " + hi);
    }
    if (lo == Double.NEGATIVE_INFINITY && hi == Double.POSITIVE_INFINITY) {
      return Fns.identity();
    }
    if (lo == 0 && hi == Double.POSITIVE_INFINITY) {
      return Fns.relu();
    }
    List<Double> kinks =
        DoubleStream.of(lo, hi).filter(Double::isFinite).distinct().boxed().toList();
    return FnParts.general(
        FnNames.clip(lo, hi),
        x -> Math.min(Math.max(x, lo), hi),
        x -> x > lo && x < hi ? 1 : 0,
        kinks,
        NOWHERE);
  }

  static Fn thresholdedRelu(double alpha) {
    if (alpha == 0) {
      return Fns.relu();
    }
    return FnParts.general(
        "thresholded-relu(" + FnNames.number(alpha) + ")",
        x -> x > alpha ? x : 0,
        x -> x > alpha ? 1 : 0,
        List.of(alpha),
        NOWHERE);
  }

  static Fn shrink(double lambda, double bias) {
    FnParts.finite("shrink", lambda, bias);
    return FnParts.general(
        "shrink(" + FnNames.number(lambda) + ", " + FnNames.number(bias) + ")",
        x -> x < -lambda ? x + bias : x > lambda ? x - bias : 0,
        x -> x < -lambda || x > lambda ? 1 : 0,
        lambda == 0 ? AT_ZERO : List.of(-lambda, lambda),
        NOWHERE);
  }

  static double softplusOf(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  /// 1 − tanh² without cancellation.
  static double sech2(double x) {
    double e = StrictMath.exp(-2 * Math.abs(x));
    return 4 * e / ((1 + e) * (1 + e));
  }
}
