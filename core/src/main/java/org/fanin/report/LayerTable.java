package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.fanin.graph.Opening;
import org.fanin.judge.Numbers;
import org.fanin.judge.Verdict;
import org.fanin.judge.Verdict.Level;

/// The table of layers, the worst of them first, repeated blocks folded.
final class LayerTable {
  private static final List<Table.Column> COLUMNS =
      List.of(
          new Table.Column("layer", false, 100),
          new Table.Column("op", false, 40),
          new Table.Column("shape", false, 20),
          new Table.Column("fan-in", true, 15),
          new Table.Column("weights", false, 10),
          new Table.Column("m2", true, 90),
          new Table.Column("× in", true, 30),
          new Table.Column("cos", true, 50),
          new Table.Column("gm2", true, 80),
          new Table.Column("finding", false, 60));

  /// Places of m2 and gm2 in it.
  private static final int SIGNAL = 5;

  private static final int GRADIENT = 8;
  private static final int MANY_ROWS = 12;
  private static final int WORST = 5;

  /// A layer is worth a place among the worst when it changes the second moment by more than this
  /// factor.
  private static final double NOTABLE = Math.log(3);

  private final CheckReport report;
  private final Page page;
  private final Style style;
  private final List<Row> rows;
  private final MeasuredText measured;
  private final Map<String, Verdict> findings = new HashMap<>();

  LayerTable(CheckReport report, List<Row> rows, MeasuredText measured, Page page) {
    this.report = report;
    this.page = page;
    style = page.style();
    this.rows = rows;
    this.measured = measured;
    report.judgement().verdicts().reversed().stream()
        .filter(v -> v.level() == Level.FAIL || v.level() == Level.WARN)
        .forEach(v -> findings.put(v.at(), v));
  }

  void table() {
    if (rows.isEmpty()) {
      return;
    }
    List<Folding.Line> lines = folded(rows);
    List<Row> shown = new ArrayList<>();
    for (Folding.Line l : lines) {
      if (l instanceof Folding.Line.One(Row r)) {
        shown.add(r);
      }
    }
    List<Row> worst = rows.size() > MANY_ROWS && !findings.isEmpty() ? worst() : List.of();
    shown.addAll(worst);
    Table table = new Table(cleanColumns(), shown.stream().map(this::cells).toList(), style);
    if (!worst.isEmpty()) {
      page.put("");
      page.put(style.paint(Style.Ink.BOLD, "worst layers"));
      page.put(style.paint(Style.Ink.DIM, table.header()));
      worst.forEach(r -> page.put(line(table, r)));
    }
    page.put("");
    page.put(
        style.paint(
            worst.isEmpty() ? Style.Ink.DIM : Style.Ink.BOLD,
            worst.isEmpty() ? table.header() : "all layers"));
    if (!worst.isEmpty()) {
      page.put(style.paint(Style.Ink.DIM, table.header()));
    }
    lines.forEach(l -> page.put(line(table, l)));
    legend();
  }

  private void legend() {
    String words = NextStep.legend(measured.present());
    Text.wrap(page.clean(words), style.width())
        .forEach(l -> page.put(style.paint(Style.Ink.DIM, l)));
  }

  private List<Table.Column> cleanColumns() {
    return columns().stream()
        .map(c -> new Table.Column(page.clean(c.title()), c.right(), c.weight()))
        .toList();
  }

  private List<Table.Column> columns() {
    if (!measured.present()) {
      return COLUMNS;
    }
    List<Table.Column> all = new ArrayList<>(COLUMNS);
    all.addAll(GRADIENT + 1, MeasuredText.GRADIENT);
    all.addAll(SIGNAL + 1, MeasuredText.SIGNAL);
    return all;
  }

  private String line(Table table, Folding.Line line) {
    return switch (line) {
      case Folding.Line.One(Row r) -> line(table, r);
      case Folding.Line.More m -> style.paint(Style.Ink.BLUE, folded(m));
    };
  }

  /// A row in the colour of its verdict, else its measured cells in that of their finding.
  private String line(Table table, Row r) {
    if (findings.containsKey(r.name())) {
      return painted(r, table.line(cells(r)));
    }
    return table.line(
        cells(r),
        (column, text) -> {
          boolean signal = column == SIGNAL + 1 || column == SIGNAL + 2;
          boolean gradient = column == GRADIENT + 3 || column == GRADIENT + 4;
          return !measured.present() || !signal && !gradient
              ? text
              : measured.ink(r.output(), gradient).map(i -> style.paint(i, text)).orElse(text);
        });
  }

  /// One line; what does not fit is left out from the end.
  private String folded(Folding.Line.More m) {
    List<Row> ends = m.ends();
    String what = m.block() == 1 ? " more" : " more of these " + m.block();
    List<String> parts = new ArrayList<>();
    parts.add("⋮ " + m.count() + what + ", to " + ends.getLast().name());
    if (!measured.hidden(m.rows()).isEmpty()) {
      parts.add(measured.hidden(m.rows()));
    }
    parts.addAll(
        List.of(
            "m2 " + Trend.of(ends.stream().mapToDouble(Row::lnM2).toArray()),
            "gm2 " + Trend.of(ends.stream().mapToDouble(Row::lnG).toArray()),
            "cos " + cosine(ends.getLast().cos())));
    int fit = parts.size();
    while (fit > 1 && Text.width(joined(parts, fit)) > style.width()) {
      fit--;
    }
    return page.fitted(joined(parts, fit));
  }

  private List<Folding.Line> folded(List<Row> all) {
    return style.fold()
        ? Folding.fold(all)
        : all.stream().<Folding.Line>map(Folding.Line.One::new).toList();
  }

  private String joined(List<String> parts, int count) {
    return page.clean(String.join(" · ", parts.subList(0, count)));
  }

  /// Rows with findings, then those that change the scale most, unless a normalisation follows and
  /// sets it anew.
  private List<Row> worst() {
    Set<Row> rescaled = new HashSet<>();
    for (int i = 0; i + 1 < rows.size(); i++) {
      if (rows.get(i + 1).op().endsWith("-norm")) {
        rescaled.add(rows.get(i));
      }
    }
    List<Row> list =
        new ArrayList<>(
            rows.stream().filter(r -> findings.containsKey(r.name())).limit(WORST).toList());
    rows.stream()
        .filter(r -> r.weighted() && Math.abs(r.lnFactor()) > NOTABLE && !list.contains(r))
        .filter(r -> !rescaled.contains(r))
        .sorted(Comparator.comparingDouble(r -> -Math.abs(r.lnFactor())))
        .limit(WORST)
        .forEach(list::add);
    return list.subList(0, Math.min(WORST, list.size()));
  }

  private List<String> cells(Row r) {
    Verdict v = findings.get(r.name());
    String finding =
        v != null ? v.rule() : r.unknown().isEmpty() ? opens(r) : "unknown: " + r.unknown();
    List<String> cells =
        new ArrayList<>(
            List.of(
                r.name(),
                r.op(),
                r.shape(),
                r.fan(),
                r.scheme(),
                r.unknown().isEmpty() ? Numbers.ofLn(r.lnM2()) : "?",
                r.weighted() && !Double.isNaN(r.lnFactor()) ? Numbers.ofLn(r.lnFactor()) : "",
                cosine(r.cos()),
                Double.isNaN(r.lnG()) ? "" : Numbers.ofLn(r.lnG()),
                finding));
    if (measured.present()) {
      cells.addAll(GRADIENT + 1, measured.gradient(r.output()));
      cells.addAll(SIGNAL + 1, measured.signal(r.output()));
    }
    return cells.stream().map(page::clean).toList();
  }

  /// When a layer's weight gets its first gradient, where that is not at once.
  private String opens(Row r) {
    if (r.parameter() < 0) {
      return "";
    }
    return switch (report.judgement().openings().get(r.parameter())) {
      case Opening.At(int step, java.util.OptionalInt _) ->
          step == 1 ? "" : "opens at step " + step + measured.opens(r.parameter());
      case Opening.Never _ -> "never opens" + measured.opens(r.parameter());
      case Opening.NoPath _ -> "no gradient";
      case Opening.NotKnown _, Opening.NotTrained _ -> "";
    };
  }

  private static String cosine(double c) {
    return Double.isNaN(c)
        ? ""
        : String.format(Locale.ROOT, "%.3f", c + 0.0).replace("-0.000", "0.000");
  }

  private String painted(Row r, String text) {
    Verdict v = findings.get(r.name());
    if (v == null) {
      return text;
    }
    return style.paint(v.level() == Level.FAIL ? Style.Ink.RED : Style.Ink.YELLOW, text);
  }
}
