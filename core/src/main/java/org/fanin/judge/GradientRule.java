package org.fanin.judge;

import java.util.List;
import java.util.Locale;

/// The gradient's second moment across depth. With training-mode normalisation on the path itself,
/// growth towards the input is the normalisation's own doing and has a limit of its own.
record GradientRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    Spine spine = c.spine.hidden();
    double[] level = spine.gradientProfile();
    int first = firstFinite(level);
    int last = lastFinite(level);
    if (first < 0 || last <= first) {
      return List.of();
    }
    double ln = level[first] - level[last];
    double decades = Numbers.decades(ln);
    if (decades > 0 && spine.normalised() && c.trainingMode()) {
      return normExplosion(c, first, last, ln);
    }
    String rule = decades < 0 ? "vanishing" : "exploding";
    Grade g = Grade.above(c.limits, rule, Math.abs(decades));
    if (g.level() == Verdict.Level.OK) {
      return List.of();
    }
    Point from = c.spine.points().get(first);
    String because =
        String.format(
            Locale.ROOT,
            "the gradient's second moment, summed over elements, is at %s %s of that at %s: ×%s per layer on its way back through %d layers",
            from.layer(),
            Numbers.ofLn(ln),
            c.spine.points().get(last).layer(),
            Numbers.ofLn(ln / (last - first)),
            last - first);
    return List.of(
        new Verdict(
            rule + "-gradient",
            g.level(),
            from.layer(),
            Math.abs(decades),
            g.limit(),
            because,
            remedy(decades < 0),
            "Glorot & Bengio 2010; He et al. 2015, eq. 14; theory.md 1 and 9"));
  }

  private static String remedy(boolean vanishing) {
    return vanishing
        ? "raise the weight variance (1/(fan_in·Eφ²) keeps the signal, 1/(fan_out·Eφ′²) the"
            + " gradient), or use residual connections or an activation whose slope is not small"
        : "lower the weight variance (1/(fan_in·Eφ²) keeps the signal, 1/(fan_out·Eφ′²) the"
            + " gradient), or scale residual branches down";
  }

  private static List<Verdict> normExplosion(Case c, int first, int last, double ln) {
    double limit = c.limits.get("norm-explosion.fail");
    double decades = Numbers.decades(ln);
    if (decades < Math.min(limit, c.limits.get("exploding.fail"))) {
      return List.of();
    }
    Point from = c.spine.points().get(first);
    String because =
        String.format(
            Locale.ROOT,
            "normalisation keeps the signal but the gradient grows ×%s per layer towards the input: %s over %d layers without skips",
            Numbers.ofLn(ln / (last - first)),
            Numbers.ofLn(ln),
            last - first);
    return List.of(
        new Verdict(
            "norm-explosion",
            decades >= limit ? Verdict.Level.FAIL : Verdict.Level.WARN,
            from.layer(),
            decades,
            limit,
            because,
            "add skip connections around the normalised layers, or use an activation closer to"
                + " linear",
            "Yang et al. 2019, thm 3.9; theory.md 6"));
  }

  private static int firstFinite(double[] a) {
    for (int i = 0; i < a.length; i++) {
      if (Double.isFinite(a[i])) {
        return i;
      }
    }
    return -1;
  }

  private static int lastFinite(double[] a) {
    for (int i = a.length - 1; i >= 0; i--) {
      if (Double.isFinite(a[i])) {
        return i;
      }
    }
    return -1;
  }
}
