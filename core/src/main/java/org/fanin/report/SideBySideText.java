package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.fanin.math.NumberText;
import org.fanin.report.SideBySide.Difference;
import org.fanin.report.SideBySide.Line;
import org.fanin.report.SideBySide.Side;
import org.fanin.report.SideBySide.Weights;

/// [SideBySide] as lines of text.
public final class SideBySideText {
  private static final List<Table.Column> COLUMNS =
      List.of(
          new Table.Column("tensor", false, 100),
          new Table.Column("shape", false, 30),
          new Table.Column("std A", true, 90),
          new Table.Column("std B", true, 90),
          new Table.Column("B/A", true, 80),
          new Table.Column("target", true, 50),
          new Table.Column("m2 A", true, 60),
          new Table.Column("m2 B", true, 60),
          new Table.Column("gm2 A", true, 55),
          new Table.Column("gm2 B", true, 55),
          new Table.Column("audit A", false, 20),
          new Table.Column("audit B", false, 20),
          new Table.Column("differs", false, 95));

  private static final String FORECAST =
      " · target: std that keeps the signal through this layer · m2, gm2: predicted second moments"
          + " behind the layer, of signal and gradient";

  private final SideBySide both;
  private final Page page;
  private final Style style;

  private SideBySideText(SideBySide both, Style style) {
    this.both = both;
    this.style = style;
    page = new Page(style);
  }

  /// The lines, none wider than the style says.
  public static List<String> render(SideBySide both, Style style) {
    SideBySideText t = new SideBySideText(both, style);
    t.page.put(style.paint(Style.Ink.BOLD, t.page.fitted("A  " + both.a().source())));
    t.page.put(style.paint(Style.Ink.BOLD, t.page.fitted("B  " + both.b().source())));
    t.page.put("");
    t.table();
    t.page.put("");
    t.ends();
    return t.page.lines();
  }

  private void table() {
    List<List<String>> rows =
        both.lines().stream().map(l -> cells(l).stream().map(page::clean).toList()).toList();
    Table table = new Table(COLUMNS, rows, style);
    page.put(style.paint(Style.Ink.DIM, table.header()));
    int same = 0;
    for (int i = 0; i < rows.size(); i++) {
      boolean folds = style.fold() && both.lines().get(i).difference() == Difference.NONE;
      same = folds ? same + 1 : 0;
      if (same <= 1) {
        page.put(painted(both.lines().get(i), table.line(rows.get(i))));
      }
      if (same > 1 && (i + 1 == rows.size() || isDifferent(i + 1))) {
        String n = "⋮ " + (same - 1) + " more that do not differ";
        page.put(style.paint(Style.Ink.BLUE, page.fitted(n)));
      }
    }
    boolean forecast = both.a().answer().isPresent() || both.b().answer().isPresent();
    String legend =
        "std: standard deviation of the elements (root mean square of constants)"
            + (forecast ? FORECAST : "");
    Text.wrap(page.clean(legend), style.width())
        .forEach(l -> page.put(style.paint(Style.Ink.DIM, l)));
  }

  private boolean isDifferent(int i) {
    return both.lines().get(i).difference() != Difference.NONE;
  }

  private String painted(Line l, String text) {
    return l.difference() == Difference.NONE ? text : style.paint(Style.Ink.YELLOW, text);
  }

  private List<String> cells(Line l) {
    List<String> all = new ArrayList<>();
    all.add(l.name());
    all.add(shape(l));
    all.add(number(l.a(), SideBySideText::size));
    all.add(number(l.b(), SideBySideText::size));
    all.add(ratio(l));
    OptionalDouble target = l.a().or(l::b).orElseThrow().target();
    all.add(target.isPresent() ? NumberText.of(Math.sqrt(target.getAsDouble())) : "");
    all.add(log(l.a(), Weights::lnM2));
    all.add(log(l.b(), Weights::lnM2));
    all.add(log(l.a(), Weights::lnG));
    all.add(log(l.b(), Weights::lnG));
    all.add(l.a().map(Weights::finding).orElse(""));
    all.add(l.b().map(Weights::finding).orElse(""));
    all.add(l.difference().words());
    return all;
  }

  /// Constants have no deviation: their size is what they are.
  private static double size(Weights w) {
    return w.std() * w.std() > 1e-9 * w.m2() ? w.std() : Math.sqrt(w.m2());
  }

  private static String shape(Line l) {
    String a = l.a().map(w -> w.shape().toString()).orElse("");
    String b = l.b().map(w -> w.shape().toString()).orElse("");
    return a.isEmpty() ? b : b.isEmpty() || a.equals(b) ? a : a + " / " + b;
  }

  private static String ratio(Line l) {
    if (l.a().isEmpty() || l.b().isEmpty() || l.difference() == Difference.SHAPE) {
      return "";
    }
    double from = size(l.a().get());
    return from == 0 ? "" : NumberText.of(size(l.b().get()) / from);
  }

  private static String number(Optional<Weights> w, ToDoubleFunction<Weights> of) {
    return w.map(x -> NumberText.of(of.applyAsDouble(x))).orElse("");
  }

  private static String log(Optional<Weights> w, ToDoubleFunction<Weights> of) {
    double ln = w.map(of::applyAsDouble).orElse(Double.NaN);
    return Double.isNaN(ln) ? "" : NumberText.ofLn(ln);
  }

  private void ends() {
    long n = both.different();
    int all = both.lines().size();
    String tensors = all == 1 ? "tensor" : "tensors";
    page.wrapped(
        "",
        n == 0
            ? "no difference beyond sampling in " + all + " " + tensors
            : n + " of " + all + " " + tensors + " " + (n == 1 ? "differs" : "differ") + counts());
    answer("A", both.a());
    answer("B", both.b());
  }

  private String counts() {
    List<String> parts = new ArrayList<>();
    for (Difference d : Difference.values()) {
      long n = both.lines().stream().filter(l -> l.difference() == d).count();
      if (d != Difference.NONE && n > 0) {
        parts.add(n + " " + d.words());
      }
    }
    return ": " + String.join(", ", parts);
  }

  private void answer(String label, Side side) {
    side.answer()
        .ifPresent(
            r ->
                page.wrapped(
                    label + "  ",
                    "predicted: trainable "
                        + r.judgement().trainable().answer().name().toLowerCase(Locale.ROOT)
                        + " (score "
                        + NumberText.fixed(r.judgement().trainable().score(), 2)
                        + "): "
                        + r.judgement().trainable().because()));
  }
}
