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
    Map<String, Alike> alike = alike(factors);
    List<Optional<Effect>> out = new ArrayList<>();
    for (int i = 0; i < seen.size(); i++) {
      String activation = seen.get(i).site().spec().activation();
      out.add(factors.get(i).map(f -> effect(activation, f, alike.get(activation).at(f))));
    }
    return out;
  }

  /// By activation, between which factors each layer is no other.
  private Map<String, Alike> alike(List<Optional<Double>> factors) {
    Map<String, Alike> all = new HashMap<>();
    for (int i = 0; i < factors.size(); i++) {
      if (factors.get(i).isPresent()) {
        Examined e = seen.get(i);
        all.computeIfAbsent(e.site().spec().activation(), _ -> new Alike())
            .add(factors.get(i).get(), ALIKE + 4 * e.relativeError());
      }
    }
    all.values().forEach(Alike::sort);
    return all;
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

  private Effect effect(String activation, double f, int layers) {
    double lnTotal = normalised || f == 0 ? 0 : StrictMath.log(f) * layers;
    return new Effect(activation, f, layers, lnTotal, says(activation, f, layers));
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
