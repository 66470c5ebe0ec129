package org.fanin.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A [Derivation] as plain text, one string per line, no colours.
public final class ExplainText {
  private final int width;
  private final List<String> lines = new ArrayList<>();

  private ExplainText(int width) {
    this.width = width;
  }

  /// @param width columns to wrap sentences at; formulas are not broken
  public static List<String> lines(Derivation d, int width) {
    ExplainText t = new ExplainText(Math.max(40, width));
    for (int i = 0; i < d.steps().size(); i++) {
      t.step(i + 1, d.steps().get(i));
    }
    t.networks(d);
    t.slips(d.slips());
    return List.copyOf(t.lines);
  }

  private void step(int number, Derivation.Step s) {
    lines.add(number + ". " + s.title());
    lines.add("   " + s.formula());
    lines.add("   " + s.substituted() + "  →  " + Spelling.rounded(s.predicted()));
    s.simulated().ifPresent(v -> lines.add("   drawn: " + drawn(v, s.predicted())));
    wrap("   ", s.because() + " [" + s.source() + "]");
    lines.add("");
  }

  private static String drawn(Derivation.Simulated v, double predicted) {
    return Spelling.rounded(v.value())
        + " ± "
        + Spelling.rounded(v.standardError())
        + String.format(Locale.ROOT, " (z = %+.1f)", v.z(predicted));
  }

  private void networks(Derivation d) {
    lines.add(
        d.input().depth()
            + " layers of "
            + d.input().width()
            + " units, "
            + d.input().activation().name()
            + ": typical log10 of last/first signal and first/last gradient (second moments),"
            + " formula | drawn ± standard error");
    int name = d.networks().stream().mapToInt(n -> n.scheme().name().length()).max().orElse(0);
    for (Derivation.Network n : d.networks()) {
      lines.add(
          "   "
              + n.scheme().name()
              + " ".repeat(name - n.scheme().name().length())
              + "  signal "
              + ten(n.signal(), n.simulatedSignal())
              + "  gradient "
              + ten(n.gradient(), n.simulatedGradient()));
    }
    lines.add("");
  }

  private static String ten(double predicted, Derivation.Simulated s) {
    double ln10 = StrictMath.log(10);
    return String.format(
        Locale.ROOT,
        "%8.2f | %8.2f ± %.2f",
        predicted / ln10,
        s.value() / ln10,
        s.standardError() / ln10);
  }

  private void slips(List<Derivation.Slip> slips) {
    lines.add("Often said, and not so:");
    for (Derivation.Slip s : slips) {
      wrap("   ", s.claim() + ": " + s.fact() + " [" + s.source() + "]");
    }
  }

  private void wrap(String indent, String text) {
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.split(" ")) {
      if (line.length() > indent.length() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line = new StringBuilder(indent);
      }
      line.append(line.length() > indent.length() ? " " : "").append(word);
    }
    lines.add(line.toString());
  }
}
