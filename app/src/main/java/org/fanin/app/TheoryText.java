package org.fanin.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.fanin.math.EdgeOfChaos;
import org.fanin.math.FixedPoints;

/// Theory for people.
final class TheoryText {
  private static final String ROW = "%-18s %9s %9s %9s %9s %9s %9s %9s %9s%s";

  /// Layers shown in full; of more, every so many.
  private static final int MOST_LAYERS = 40;

  private TheoryText() {}

  static List<String> table(List<Theory> rows) {
    boolean edge = rows.stream().anyMatch(r -> r.edge().isPresent());
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            ROW,
            "activation",
            "gain fwd",
            "gain bwd",
            "σ_w",
            "q*",
            "χ₁",
            "c*",
            "ξ_c",
            "ξ_∇",
            edge ? "   σ_w crit" : ""));
    for (Theory t : rows) {
      FixedPoints.Phase p = t.phase().orElse(null);
      lines.add(
          String.format(
                  Locale.ROOT,
                  ROW,
                  t.fn().name(),
                  number(t.gainForward()),
                  number(t.gainBackward()),
                  number(t.sigmaW()),
                  p == null ? "-" : number(p.qStar()),
                  p == null ? "-" : number(p.chi1()),
                  p == null ? "-" : number(p.cStar()),
                  p == null ? "-" : number(p.xiC()),
                  p == null ? "-" : number(p.xiGrad()),
                  t.edge()
                      .map(e -> String.format(Locale.ROOT, "   %8s", number(Theory.critical(e))))
                      .orElse(""))
              .stripTrailing());
    }
    lines.add("");
    lines.add(
        "gains at E[u²] = 1; the rest at the σ_w shown. - is undefined: fanin theory --activation"
            + " NAME says why.");
    return lines;
  }

  static List<String> one(Theory t) {
    List<String> lines = new ArrayList<>();
    lines.add(
        t.fn().name() + " with σ_w = " + number(t.sigmaW()) + ", σ_b = " + number(t.sigmaB()));
    add(
        lines,
        "gain forward",
        number(t.gainForward()),
        "1/√E φ² at q = 1: Var(w) = gain²/fan_in keeps the signal");
    add(
        lines,
        "gain backward",
        number(t.gainBackward()),
        "1/√E φ′² at q = 1: Var(w) = gain²/fan_out keeps the gradient");
    t.phase().ifPresent(p -> phase(lines, p));
    t.edge().ifPresent(e -> edge(lines, t, e));
    layers(lines, t.layers());
    return lines;
  }

  private static void phase(List<String> lines, FixedPoints.Phase p) {
    add(
        lines,
        "q*",
        number(p.qStar()),
        p.qStar().isPresent()
            ? "second moment that layers settle at"
            : TheoryJson.lengthWords(p.length()));
    add(
        lines,
        "χ₁",
        number(p.chi1()),
        "factor on the gradient's second moment per layer: " + TheoryCommand.lower(p.regime()));
    add(lines, "c*", number(p.cStar()), "cosine that two different inputs settle at");
    add(lines, "ξ_c", number(p.xiC()), "layers over which that happens (trainable to about 6ξ)");
    add(
        lines,
        "ξ_∇",
        number(p.xiGrad()),
        "layers over which the gradient changes by e (negative: it grows)");
    if (!p.because().isEmpty()) {
      lines.add("  note: " + p.because());
    }
  }

  private static void edge(List<String> lines, Theory t, EdgeOfChaos e) {
    String what =
        switch (e) {
          case EdgeOfChaos.At a ->
              "edge of chaos: χ₁ = 1 at σ_w² = "
                  + number(a.sigmaW() * a.sigmaW())
                  + ", q* = "
                  + number(a.qStar());
          case EdgeOfChaos.AtAnyLength _ -> "edge of chaos, at every q";
          case EdgeOfChaos.None n -> "no edge of chaos at this σ_b: " + n.because();
        };
    add(lines, "σ_w critical", number(Theory.critical(e)), what);
  }

  private static void layers(List<String> lines, List<FixedPoints.Layer> layers) {
    if (layers.isEmpty()) {
      return;
    }
    lines.add("");
    lines.add("  layer          q     cosine          χ");
    int step = Math.max(1, (layers.size() + MOST_LAYERS - 1) / MOST_LAYERS);
    for (int i = 0; i < layers.size(); i += step) {
      FixedPoints.Layer l = layers.get(i);
      lines.add(
          String.format(
              Locale.ROOT,
              "  %5d %10s %10s %10s",
              i,
              number(l.q()),
              number(l.cos()),
              number(l.chi())));
    }
  }

  private static void add(List<String> lines, String name, String value, String meaning) {
    lines.add(String.format(Locale.ROOT, "  %-13s %10s  %s", name, value, meaning));
  }

  private static String number(OptionalDouble x) {
    return x.isPresent() ? number(x.getAsDouble()) : "-";
  }

  private static String number(double x) {
    if (Double.isNaN(x)) {
      return "-";
    }
    if (Double.isInfinite(x)) {
      return x > 0 ? "∞" : "-∞";
    }
    double size = Math.abs(x);
    return size != 0 && (size < 1e-3 || size >= 1e5)
        ? String.format(Locale.ROOT, "%.3e", x)
        : String.format(Locale.ROOT, "%.5f", x);
  }
}
