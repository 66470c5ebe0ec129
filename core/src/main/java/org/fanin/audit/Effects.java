package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Role;
import org.fanin.math.Fns;
import org.fanin.math.Gaussian;

/// What weights of this size do to a signal.
final class Effects {
  private static final double ALIKE = 0.02;

  private final List<Examined> seen;
  private final boolean normalised;
  private final Map<String, Double> kept = new HashMap<>();

  Effects(List<Examined> seen) {
    this.seen = seen;
    this.normalised = seen.stream().anyMatch(e -> e.site().spec().role() == Role.NORM_SCALE);
  }

  List<Optional<Effect>> all() {
    List<Optional<Double>> factors = seen.stream().map(this::factor).toList();
    List<Optional<Effect>> out = new ArrayList<>();
    for (int i = 0; i < seen.size(); i++) {
      out.add(effect(seen.get(i), factors.get(i), factors));
    }
    return out;
  }

  /// E w²·fan_in·E φ²(z), z ~ N(0, 1).
  private Optional<Double> factor(Examined e) {
    if (!e.site().isLinear() || e.site().spec().fan().isEmpty() || !Double.isFinite(e.m2())) {
      return Optional.empty();
    }
    return Optional.of(
        e.m2() * e.site().spec().fan().get().in() * share(e.site().spec().activation()));
  }

  private double share(String activation) {
    return kept.computeIfAbsent(
        activation,
        a -> {
          try {
            double x = a.isEmpty() ? 1 : Gaussian.moments(Fns.named(a), 0, 1).ef2();
            return Double.isFinite(x) ? x : 1;
          } catch (IllegalArgumentException _) {
            return 1.0; // an activation Fanin has no name for
          }
        });
  }

  private Optional<Effect> effect(
      Examined e, Optional<Double> factor, List<Optional<Double>> factors) {
    if (factor.isEmpty()) {
      return Optional.empty();
    }
    double f = factor.get();
    String activation = e.site().spec().activation();
    int layers = 0;
    for (int i = 0; i < seen.size(); i++) {
      boolean same =
          seen.get(i).site().spec().activation().equals(activation)
              && factors.get(i).isPresent()
              && Math.abs(factors.get(i).get() - f) < (ALIKE + 4 * seen.get(i).relativeError()) * f;
      layers += same ? 1 : 0;
    }
    double lnTotal = normalised || f == 0 ? 0 : StrictMath.log(f) * layers;
    return Optional.of(new Effect(activation, f, layers, lnTotal, says(activation, f, layers)));
  }

  private String says(String activation, double f, int layers) {
    if (activation.isEmpty()) {
      return "E y² = " + Numbers.of(f) + "·E x²";
    }
    String one = "with " + activation + ": E x² ×" + fraction(f) + " per layer";
    boolean level = Math.abs(Math.log(f) * layers) < 0.5;
    if (layers < 2 || level) {
      return one;
    }
    String all =
        ", ×" + Numbers.of(Math.pow(f, layers)) + " over the " + layers + " layers like it";
    return one + all + (normalised ? ", but for the normalisations between" : "");
  }

  /// 0.167 is easier known as 1/6.
  private static String fraction(double f) {
    double inverse = 1 / f;
    boolean whole = inverse > 1.5 && Math.abs(inverse / Math.rint(inverse) - 1) < 0.03;
    return whole && inverse < 13 ? "1/" + (long) Math.rint(inverse) : Numbers.of(f);
  }
}
