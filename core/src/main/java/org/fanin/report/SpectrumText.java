package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fanin.compare.Pair;
import org.fanin.compare.WholeNetwork;
import org.fanin.judge.Numbers;
import org.fanin.spectrum.Estimate;
import org.fanin.spectrum.Found;
import org.fanin.spectrum.JacobianSpectrum;
import org.fanin.spectrum.JacobianSpectrum.Extremes;
import org.fanin.spectrum.JacobianSpectrum.Method;
import org.fanin.spectrum.LogDensity;
import org.fanin.spectrum.TangentKernel;

/// The Jacobian's spectrum and the tangent kernel as lines of text: figures, a picture, and what
/// they mean.
public final class SpectrumText {
  private static final int LISTED = 4;
  private static final double FEW = 10;

  /// Smaller shares are 0.0% in the picture.
  private static final double SHOWN = 5e-4;

  /// Below this share of the largest, single precision rounds a direction away.
  private static final double SINGLE = 1e7;

  private final Style style;
  private final List<String> out = new ArrayList<>();

  private SpectrumText(Style style) {
    this.style = style;
  }

  /// The lines, none wider than the style says (colour codes apart).
  public static List<String> render(WholeNetwork n, Style style) {
    SpectrumText t = new SpectrumText(style);
    switch (n) {
      case WholeNetwork.Skipped(String because) -> t.say("", "Spectrum: " + because + ".");
      case WholeNetwork.Yes y -> t.all(y);
    }
    return List.copyOf(t.out);
  }

  private void all(WholeNetwork.Yes y) {
    title("input–output Jacobian");
    y.notes().forEach(n -> say("  ", "measured " + n));
    switch (y.jacobian()) {
      case Found.Unknown<JacobianSpectrum>(String because) -> say("  ", "none: " + because);
      case Found.Known<JacobianSpectrum>(JacobianSpectrum s) -> jacobian(s, y.growth());
    }
    out.add("");
    title("tangent kernel");
    switch (y.kernel()) {
      case Found.Unknown<TangentKernel>(String because) -> say("  ", "none: " + because);
      case Found.Known<TangentKernel>(TangentKernel k) -> kernel(k, y.diagonal());
    }
  }

  private void jacobian(JacobianSpectrum s, Optional<Pair> predicted) {
    String how =
        s.method() == Method.EXACT ? "all elements" : "Lanczos quadrature from random directions";
    say(
        "  ",
        String.format(
            Locale.ROOT,
            "∂outputs/∂%s: %s of %d × %d · %s, %d passes",
            String.join(", ", s.from()),
            matrices(s),
            s.rows(),
            s.columns(),
            how,
            s.passes()));
    if (s.zero()) {
      say(
          "  ",
          "It is exactly 0: the outputs do not depend on the input yet, and nothing before the"
              + " layer that starts at 0 gets a gradient in the first step. No condition: there are"
              + " no directions to compare.");
      return;
    }
    say(
        "  ",
        String.format(
            Locale.ROOT,
            "mean σ² %s%s · a direction's σ² varies by %s times its mean²%s",
            estimate(s.lnMeanSquare()),
            predicted.map(SpectrumText::beside).orElse(""),
            Numbers.of(s.relativeVariance().value()),
            error(s.relativeVariance())));
    Extremes w = s.worst();
    say("  ", extremes(s, w));
    say("  ", meaning(s, w));
    picture(s);
  }

  private static String matrices(JacobianSpectrum s) {
    return switch (s.unit()) {
      case SAMPLE -> s.matrices().size() + (s.matrices().size() == 1 ? " sample" : " samples");
      case BATCH_COUPLED ->
          "one matrix for the whole batch, as its samples act on one another (batch statistics),";
      case WHOLE -> "one matrix, as inputs or outputs have no batch axis,";
    };
  }

  private static String beside(Pair p) {
    return Double.isNaN(p.lnPredicted())
        ? ""
        : String.format(
            Locale.ROOT,
            " (predicted %s, z %+.1f: %s)",
            Numbers.ofLn(p.lnPredicted()),
            p.z(),
            p.finding().words());
  }

  /// Errors of logarithms are relative.
  private static String estimate(Estimate e) {
    double percent = 100 * e.probeError();
    return Numbers.ofLn(e.value())
        + (e.probeError() > 0 ? String.format(Locale.ROOT, " ±%.1f%%", percent) : "");
  }

  private static String error(Estimate e) {
    return e.probeError() > 0 ? " ±" + Numbers.of(e.probeError()) : "";
  }

  private static String extremes(JacobianSpectrum s, Extremes w) {
    String of = s.matrices().size() > 1 ? "worst of them: " : "";
    String largest =
        "largest σ "
            + Numbers.of(w.largest())
            + (w.largestError() > 1e-3 * w.largest() ? " ±" + Numbers.of(w.largestError()) : "");
    if (w.bound()) {
      return of
          + largest
          + " · smallest at most "
          + Numbers.of(w.smallest())
          + " · condition at least "
          + Numbers.of(w.condition());
    }
    if (w.zeros() > 0) {
      return String.format(
          Locale.ROOT,
          "%s%s · smallest of the others %s · condition infinite: %s of %d directions are 0",
          of,
          largest,
          Numbers.of(w.smallest()),
          zeros(s, w),
          s.directions());
    }
    return String.format(
        Locale.ROOT,
        "%s%s · smallest %s · condition %s",
        of,
        largest,
        Numbers.of(w.smallest()),
        Numbers.of(w.condition()));
  }

  private static String zeros(JacobianSpectrum s, Extremes w) {
    return s.method() == Method.EXACT
        ? String.format(Locale.ROOT, "%.0f", w.zeros())
        : "about " + Math.round(w.zeros());
  }

  private static String meaning(JacobianSpectrum s, Extremes w) {
    double c = w.zeros() > 0 ? w.conditionOfRest() : w.condition();
    String size =
        "Should be: mean σ² near 1 (gradients keep their size), all σ alike (every direction learns"
            + " at the same speed). ";
    String nothing =
        w.zeros() > 0 ? "Some directions get nothing at all, forward or backward. " : "";
    if (c > SINGLE) {
      return size
          + nothing
          + "Here the weakest direction that is there gets 1/"
          + Numbers.of(c)
          + " of the strongest's gradient: single precision rounds it away.";
    }
    if (c > FEW) {
      return size
          + nothing
          + "Here the weakest direction that was seen gets 1/"
          + Numbers.of(c)
          + " of the strongest's gradient"
          + (w.bound() ? ", or less." : ".");
    }
    return size
        + nothing
        + "Here they are, within a factor "
        + Numbers.of(c)
        + (w.bound() ? ", as far as was seen." : ".");
  }

  private void picture(JacobianSpectrum s) {
    LogDensity d = s.density();
    double top = Math.max(d.zeros(), d.shares().stream().mapToDouble(x -> x).max().orElse(0));
    say("  ", "share of directions by log10 σ" + unresolved(s));
    int[] shown =
        IntStream.range(0, d.shares().size()).filter(i -> d.shares().get(i) >= SHOWN).toArray();
    for (int k = shown.length - 1; k >= 0; k--) {
      int i = shown[k];
      if (k + 1 < shown.length && shown[k + 1] > i + 1) {
        out.add(fitted("        ⋮"));
      }
      bar(
          String.format(Locale.ROOT, "%7.2f", d.centre(i) + 0.0),
          d.shares().get(i),
          d.errors().get(i),
          top);
    }
    if (d.zeros() >= SHOWN) {
      bar("  σ = 0", d.zeros(), d.zerosError(), top);
    }
  }

  private static String unresolved(JacobianSpectrum s) {
    return s.resolution() == 0
        ? ""
        : String.format(
            Locale.ROOT, " (below %.1f only their sum is right)", Math.log10(s.resolution()));
  }

  private void bar(String label, double share, double error, double top) {
    String text =
        String.format(Locale.ROOT, "%5.1f%%", 100 * share)
            + (error > 0 ? String.format(Locale.ROOT, " ±%.1f", 100 * error) : "");
    int room = Math.max(0, Math.min(50, style.width() - label.length() - 18));
    int length = top == 0 ? 0 : (int) Math.round(room * share / top);
    out.add(fitted("  " + label + " " + text + " " + (style.unicode() ? "█" : "#").repeat(length)));
  }

  private void kernel(TangentKernel k, Optional<Pair> predicted) {
    say(
        "  ",
        String.format(
            Locale.ROOT,
            "Θ of %d samples, mean over %d outputs (%s), %d passes",
            k.samples(),
            k.outputs(),
            k.exact() ? "all" : "random mixtures",
            k.passes()));
    if (k.zero()) {
      say("  ", "It is exactly 0: no parameter moves any output; nothing is learned from here.");
      return;
    }
    say(
        "  ",
        String.format(
            Locale.ROOT,
            "mean diagonal %s%s · condition %s",
            estimate(k.lnMeanDiagonal()),
            predicted.map(SpectrumText::beside).orElse(""),
            condition(k)));
    double lnLargest = Math.log(k.eigenvalues().getFirst()) + k.lnMeanDiagonal().value();
    say(
        "  ",
        "Plain gradient descent on half the squared error, mean over these samples, is stable up to"
            + " the learning rate 2·samples/λ = "
            + Numbers.ofLn(Math.log(2.0 * k.samples()) - lnLargest)
            + (Double.isInfinite(k.lnCondition().value())
                ? "; some differences between samples it does not learn at all."
                : "; what it learns slowest takes condition times as long as what it learns"
                    + " fastest."));
    say("  ", "Most of it: " + largest(k));
  }

  private static String condition(TangentKernel k) {
    return Double.isInfinite(k.lnCondition().value())
        ? "infinite: some of the samples cannot be told apart"
        : estimate(k.lnCondition());
  }

  private static String largest(TangentKernel k) {
    List<String> top =
        k.shares().stream()
            .sorted(Comparator.comparingDouble(s -> -s.share()))
            .limit(LISTED)
            .map(s -> s.parameter() + String.format(Locale.ROOT, " %.1f%%", 100 * s.share()))
            .toList();
    return String.join(", ", top);
  }

  private void title(String text) {
    out.add(style.paint(Style.Ink.BOLD, fitted(text)));
  }

  private String fitted(String s) {
    return Text.fit(Text.clean(s, style.unicode()), style.width(), style.unicode());
  }

  private void say(String lead, String text) {
    Plain.wrap(text, Math.max(8, style.width() - lead.length()), style.unicode())
        .forEach(l -> out.add(lead + l));
  }
}
