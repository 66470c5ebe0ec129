package org.fanin.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Role;

/// What weights of this size do to a signal.
final class Effects {
  private static final double ALIKE = 0.02;

  /// ln of a factor that need not be said.
  private static final double LEVEL = 0.5;

  private final List<Examined> seen;
  private final boolean normalised;
  private final DepthEffect depth = new DepthEffect();
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
      String label = label(seen.get(i));
      out.add(factors.get(i).map(f -> effect(activation, label, f, alike.get(activation).at(f))));
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

  /// E w²·fan_in·c²·E φ²(z), z ~ N(0, 1).
  private Optional<Double> factor(Examined e) {
    if (!e.site().isLinear() || e.site().spec().fan().isEmpty() || !Double.isFinite(e.m2())) {
      return Optional.empty();
    }
    return Optional.of(
        e.arrivingM2()
            * e.site().spec().fan().get().in()
            * e.site().spec().gain()
            * e.site().spec().gain()
            * share(e.site().spec().activation()));
  }

  /// The activation with what its argument is multiplied by.
  private static String label(Examined e) {
    double gain = e.site().spec().gain();
    String activation = e.site().spec().activation();
    return gain == 1 || activation.isEmpty()
        ? activation
        : activation + "(" + Numbers.of(gain) + "·)";
  }

  private double share(String activation) {
    return kept.computeIfAbsent(activation, depth::share);
  }

  private Effect effect(String activation, String label, double f, int layers) {
    DepthEffect.Total total =
        normalised ? DepthEffect.Total.NONE : depth.of(activation, f / share(activation), layers);
    return new Effect(
        label, f, layers, total.lnSignal(), total.lnGradient(), says(label, f, layers, total));
  }

  private String says(String label, double f, int layers, DepthEffect.Total total) {
    if (label.isEmpty()) {
      return "E y² = " + Numbers.of(f) + "·E x²";
    }
    String one = "with " + label + ": E x² ×" + fraction(f) + " per layer";
    if (normalised) {
      boolean level = Math.abs(Math.log(f) * layers) < LEVEL;
      return layers < 2 || level
          ? one
          : one + over(Math.log(f) * layers, layers) + ", but for the normalisations between";
    }
    boolean alike = Math.abs(total.lnGradient() - total.lnSignal()) < LEVEL;
    String signal = Math.abs(total.lnSignal()) < LEVEL ? "" : over(total.lnSignal(), layers);
    String gradient =
        alike || Math.abs(total.lnGradient()) < LEVEL
            ? ""
            : ", the gradient" + over(total.lnGradient(), layers).substring(1);
    return layers < 2 ? one : one + signal + gradient;
  }

  private static String over(double ln, int layers) {
    return ", ×" + Numbers.of(Math.exp(ln)) + " over the " + layers + " layers like it";
  }

  /// 0.167 is easier known as 1/6.
  private static String fraction(double f) {
    double inverse = 1 / f;
    boolean whole = inverse > 1.5 && Math.abs(inverse / Math.rint(inverse) - 1) < 0.03;
    return whole && inverse < 13 ? "1/" + (long) Math.rint(inverse) : Numbers.of(f);
  }
}
