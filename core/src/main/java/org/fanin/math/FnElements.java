package org.fanin.math;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// Elementary functions of the catalogue: powers, exponentials, waves, staircases.
final class FnElements {
  /// Steps of a staircase that the quadrature splits at, on each side.
  private static final int STEPS = 40;

  /// How near to a branch point quadrature looks.
  private static final List<Double> BRANCH = List.of(-1e-6, 0.0, 1e-6);

  private FnElements() {}

  static Fn power(double p) {
    FnParts.finite("pow", p);
    if (p == 0) {
      return Fns.constant(1);
    }
    if (p == 1) {
      return Fns.identity();
    }
    boolean polynomial = p > 0 && p == Math.rint(p);
    return FnParts.general(
        powerName(p),
        powerOf(p),
        powerSlope(p),
        polynomial ? List.of() : List.of(0.0),
        polynomial ? List.of() : BRANCH);
  }

  private static String powerName(double p) {
    return p == 2
        ? "square"
        : p == 0.5
            ? "sqrt"
            : p == -0.5 ? "rsqrt" : p == -1 ? "reciprocal" : "pow(" + FnNames.number(p) + ")";
  }

  private static DoubleUnaryOperator powerOf(double p) {
    if (p == 2) {
      return x -> x * x;
    }
    if (p == 0.5) {
      return Math::sqrt;
    }
    return p == -0.5 ? x -> 1 / Math.sqrt(x) : p == -1 ? x -> 1 / x : x -> StrictMath.pow(x, p);
  }

  private static DoubleUnaryOperator powerSlope(double p) {
    if (p == 2) {
      return x -> 2 * x;
    }
    if (p == 0.5) {
      return x -> 0.5 / Math.sqrt(x);
    }
    return p == -1 ? x -> -1 / x / x : x -> p * StrictMath.pow(x, p - 1);
  }

  static Fn exponential(double a, double rate) {
    FnParts.finite("exponential", a, rate);
    if (a == 0 || rate == 0) {
      return Fns.constant(a);
    }
    String name =
        a == 1 && rate == 1
            ? "exp"
            : "exponential(" + FnNames.number(a) + ", " + FnNames.number(rate) + ")";
    return new Fn(
        name,
        x -> a * StrictMath.exp(rate * x),
        x -> a * rate * StrictMath.exp(rate * x),
        List.of(),
        FnParts.bends(1 / Math.abs(rate)),
        new Fn.Form.Exponential(a, rate));
  }

  static Fn sine(double a, double rate, double phase) {
    FnParts.finite("sine", a, rate, phase);
    boolean cosine = phase == Math.PI / 2;
    String name =
        a == 1 && rate == 1 && phase == 0
            ? "sin"
            : a == 1 && rate == 1 && cosine
                ? "cos"
                : "sine("
                    + FnNames.number(a)
                    + ", "
                    + FnNames.number(rate)
                    + ", "
                    + FnNames.number(phase)
                    + ")";
    return new Fn(
        name,
        cosine ? x -> a * StrictMath.cos(rate * x) : x -> a * StrictMath.sin(rate * x + phase),
        cosine
            ? x -> -a * rate * StrictMath.sin(rate * x)
            : x -> a * rate * StrictMath.cos(rate * x + phase),
        List.of(),
        FnParts.bends(1 / Math.abs(rate)),
        new Fn.Form.Sine(a, rate, phase));
  }

  static Fn log() {
    return FnParts.general("log", StrictMath::log, x -> 1 / x, List.of(0.0), BRANCH);
  }

  static Fn log1p() {
    List<Double> near = List.of(-1 - 1e-6, -1.0, -1 + 1e-6);
    return FnParts.general("log1p", StrictMath::log1p, x -> 1 / (1 + x), List.of(-1.0), near);
  }

  static Fn asinh() {
    return FnParts.smooth(
        "asinh",
        x -> {
          double a = Math.abs(x);
          double r =
              a > 1e8
                  ? StrictMath.log(a) + StrictMath.log(2)
                  : StrictMath.log1p(a + a * a / (1 + Math.sqrt(1 + a * a)));
          return Math.copySign(r, x);
        },
        x -> 1 / Math.hypot(1, x));
  }

  static Fn tan() {
    double pole = Math.PI / 2;
    return FnParts.general(
        "tan",
        StrictMath::tan,
        x -> 1 + StrictMath.tan(x) * StrictMath.tan(x),
        List.of(-3 * pole, -pole, pole, 3 * pole),
        List.of(-pole, 0.0, pole));
  }

  static Fn staircase(String name, DoubleUnaryOperator f, double first) {
    List<Double> kinks =
        java.util.stream.IntStream.range(-STEPS, STEPS).mapToObj(i -> i + first).toList();
    return FnParts.general(name, f, _ -> 0, kinks, List.of());
  }
}
