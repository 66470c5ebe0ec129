package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.fanin.judge.Verdict.Level;
import org.fanin.math.Normal;

/// Half precision: shares of values and gradients that binary16 flushes to zero or overflows,
/// elements taken as Gaussian, and the loss scale that mends gradients.
record PrecisionRule() implements Rule {
  /// Half the smallest subnormal of binary16, 2⁻²⁴: smaller magnitudes round to 0 (IEEE 754-2019,
  /// table 3.5).
  private static final double FP16_ZERO = 0x1p-25;

  /// Largest finite binary16.
  private static final double FP16_MAX = 65504;

  /// Above this many standard deviations no element of a layer is expected.
  private static final double TAIL = 6;

  private static final String SOURCE =
      "IEEE 754-2019; Micikevicius et al. 2018 (loss scaling); theory.md 10";

  @Override
  public List<Verdict> apply(Case c) {
    List<Verdict> found = new ArrayList<>();
    addSignal(c, found);
    addGradient(c, found);
    return found;
  }

  private static void addSignal(Case c, List<Verdict> found) {
    Point small = extreme(c, Point::lnM2, false);
    Point large = extreme(c, Point::lnM2, true);
    double limit = c.limits.get("precision.warn");
    if (small != null && flushed(small.lnM2()) > limit) {
      String because =
          String.format(
              Locale.ROOT,
              "at second moment %s %s of the activations are 0 in float16%s",
              Numbers.ofLn(small.lnM2()),
              Numbers.of(flushed(small.lnM2())),
              small.lnM2() / 2 < Math.log(Float.MIN_NORMAL)
                  ? " (and in bfloat16 and float32)"
                  : "");
      found.add(
          verdict(
              small,
              flushed(small.lnM2()),
              limit,
              because,
              "keep the signal's scale, or train in bfloat16"));
    }
    if (large != null && large.lnM2() / 2 + Math.log(TAIL) > Math.log(FP16_MAX)) {
      String because =
          String.format(
              Locale.ROOT,
              "at second moment %s activations exceed float16's largest number, 65504%s",
              Numbers.ofLn(large.lnM2()),
              large.lnM2() / 2 + Math.log(TAIL) > Math.log(Float.MAX_VALUE)
                  ? ", and float32's"
                  : "");
      double decades = Numbers.decades(large.lnM2() / 2);
      found.add(
          verdict(
              large,
              decades,
              Numbers.decades(Math.log(FP16_MAX)),
              because,
              "lower the weight variance, or train in bfloat16"));
    }
  }

  private static void addGradient(Case c, List<Verdict> found) {
    Point small = extreme(c, Point::lnG, false);
    double limit = c.limits.get("precision.warn");
    if (small == null || flushed(small.lnG()) <= limit) {
      return;
    }
    Point large = extreme(c, Point::lnG, true);
    int need = scaleExponent(small.lnG());
    boolean fits = large.lnG() / 2 + Math.log(TAIL) + need * Math.log(2) < Math.log(FP16_MAX);
    String because =
        String.format(
            Locale.ROOT,
            "at second moment %s %s of the gradients are 0 in float16 (loss scale 1, cotangent N(0,1))",
            Numbers.ofLn(small.lnG()),
            Numbers.of(flushed(small.lnG())));
    String what =
        fits
            ? "use a loss scale of 2^" + need + " or bfloat16"
            : "no single loss scale serves all layers (2^"
                + need
                + " would overflow "
                + large.layer()
                + "): mend the gradient's decay";
    found.add(verdict(small, flushed(small.lnG()), limit, because, what));
  }

  /// Smallest k for which 2^k·gradient has at most a percent below binary16's zero.
  private static int scaleExponent(double lnG) {
    double wanted = Math.log(FP16_ZERO / .0125);
    return (int) Math.ceil(Math.max(0, wanted - lnG / 2) / Math.log(2));
  }

  /// P(|x| < 2⁻²⁵) for x ~ N(0, exp(ln)).
  static double flushed(double ln) {
    double t = Math.exp(Math.min(50, Math.log(FP16_ZERO) - ln / 2));
    return Normal.erf(t / Math.sqrt(2));
  }

  private static Verdict verdict(
      Point at, double value, double limit, String because, String what) {
    return new Verdict("precision", Level.WARN, at.layer(), value, limit, because, what, SOURCE);
  }

  private static Point extreme(Case c, ToDoubleFunction<Point> of, boolean largest) {
    java.util.Comparator<Point> by = java.util.Comparator.comparingDouble(of);
    return c.spine.points().stream()
        .filter(p -> Double.isFinite(of.applyAsDouble(p)))
        .max(largest ? by : by.reversed())
        .orElse(null);
  }
}
