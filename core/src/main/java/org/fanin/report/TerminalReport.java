package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.fanin.graph.Export;
import org.fanin.graph.Opening;
import org.fanin.graph.Parameter;
import org.fanin.judge.Condition;
import org.fanin.judge.HeadLoss;
import org.fanin.judge.Numbers;
import org.fanin.judge.Point;
import org.fanin.judge.Trainable;
import org.fanin.judge.Verdict;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast;

/// A check as lines of text: what was read, the course of signal and gradient, the worst layers,
/// all layers with repeats folded, the verdicts, the answer.
public final class TerminalReport {
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
  private final Style style;
  private final List<String> out = new ArrayList<>();
  private final List<Row> rows;
  private final MeasuredText measured;
  private final Map<String, Verdict> findings = new HashMap<>();

  private TerminalReport(CheckReport report, Style style) {
    this.report = report;
    this.style = style;
    rows = Rows.of(report.forecast());
    measured =
        new MeasuredText(
            report.measured(), rows, report.forecast().graph(), MeasuredText.Ground.of(report));
    report.judgement().verdicts().reversed().stream()
        .filter(v -> v.level() == Level.FAIL || v.level() == Level.WARN)
        .forEach(v -> findings.put(v.at(), v));
  }

  /// The lines, none wider than the style says (colour codes apart).
  public static List<String> render(CheckReport report, Style style) {
    TerminalReport r = new TerminalReport(report, style);
    r.header();
    r.sparks();
    r.table();
    r.measured();
    r.draws();
    r.verdicts();
    r.answer();
    return List.copyOf(r.out);
  }

  private void header() {
    Forecast f = report.forecast();
    Forecast.Coverage cover = f.coverage();
    put(style.paint(Style.Ink.BOLD, fitted(report.model())));
    List<Parameter> trained = f.graph().parameters().stream().filter(Parameter::isTrained).toList();
    long weights = trained.stream().mapToLong(p -> p.data().count()).sum();
    String understood =
        cover.understood() == cover.nodes() ? "all understood" : cover.understood() + " understood";
    wrapped(
        "  ",
        String.format(
            Locale.ROOT,
            "%d nodes, %s · %,d parameters in %d tensors",
            cover.nodes(),
            understood,
            weights,
            trained.size()));
    Forecast.Assumptions a = f.assumptions();
    String inputs =
        a.inputs().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", "));
    String weightsFrom = a.weights().equals("file") ? "the file" : "scheme " + a.weights();
    wrapped(
        "  ",
        String.format(
            Locale.ROOT,
            "assumed: mode %s · batch %d%s · %s · weights from %s",
            a.mode(),
            a.batch(),
            ExportText.extents(f.graph(), a.batch()),
            inputs,
            weightsFrom));
    approximated(cover.approximated());
    report.notes().forEach(n -> wrapped("  ", n));
    export(f.graph().export());
    if (report.trained().trained()) {
      wrapped(
          "  ",
          "these weights look trained; the forecast below is of this draw ("
              + String.join("; ", report.trained().because())
              + "). --weights SCHEME judges the architecture afresh");
    }
  }

  private void export(Export e) {
    if (!e.changed()) {
      return;
    }
    wrapped("  ", ExportText.said(e));
    List<String> call = ExportText.call(e);
    if (!call.isEmpty()) {
      wrapped("  ", ExportText.meaning(e));
      call.forEach(line -> put(fitted("    " + line)));
    }
  }

  private void approximated(List<Forecast.Coverage.Approximated> all) {
    if (all.isEmpty()) {
      return;
    }
    Forecast.Coverage.Approximated first = all.getFirst();
    String more = all.size() == 1 ? "" : String.format(Locale.ROOT, " · %d such nodes", all.size());
    wrapped(
        "  ", "approximated: " + first.node() + " (" + first.op() + "): " + first.because() + more);
  }

  private void sparks() {
    List<Point> points = report.judgement().spine().points();
    if (points.size() < 3) {
      return;
    }
    put("");
    spark("signal   m2 ", points.stream().mapToDouble(Point::lnM2).toArray());
    spark("gradient gm2", points.stream().mapToDouble(Point::lnG).toArray());
  }

  private void spark(String label, double[] ln) {
    double[] known = java.util.Arrays.stream(ln).filter(Double::isFinite).toArray();
    if (known.length == 0) {
      return;
    }
    String ends = Numbers.ofLn(known[0]) + clean(" → ") + Numbers.ofLn(known[known.length - 1]);
    int room = style.width() - label.length() - ends.length() - 6;
    String bars = room < 5 ? "" : Spark.draw(ln, Math.min(60, room), style.unicode()) + "  ";
    put(fitted("  " + label + "  " + bars + ends));
  }

  private void table() {
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
      put("");
      put(style.paint(Style.Ink.BOLD, "worst layers"));
      put(style.paint(Style.Ink.DIM, table.header()));
      worst.forEach(r -> put(line(table, r)));
    }
    put("");
    put(
        style.paint(
            worst.isEmpty() ? Style.Ink.DIM : Style.Ink.BOLD,
            worst.isEmpty() ? table.header() : "all layers"));
    if (!worst.isEmpty()) {
      put(style.paint(Style.Ink.DIM, table.header()));
    }
    lines.forEach(l -> put(line(table, l)));
    legend();
  }

  private void legend() {
    String words = NextStep.legend(measured.present());
    Text.wrap(clean(words), style.width()).forEach(l -> put(style.paint(Style.Ink.DIM, l)));
  }

  private List<Table.Column> cleanColumns() {
    return columns().stream()
        .map(c -> new Table.Column(clean(c.title()), c.right(), c.weight()))
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
    return fitted(joined(parts, fit));
  }

  private String joined(List<String> parts, int count) {
    return clean(String.join(" · ", parts.subList(0, count)));
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
    return cells.stream().map(this::clean).toList();
  }

  /// When a layer's weight gets its first gradient, where that is not at once.
  private String opens(Row r) {
    if (r.parameter() < 0) {
      return "";
    }
    return switch (report.judgement().openings().get(r.parameter())) {
      case Opening.At(int step, java.util.OptionalInt _) ->
          step == 1 ? "" : "opens at step " + step;
      case Opening.Never _ -> "never opens";
      case Opening.NoPath _ -> "no gradient";
      case Opening.NotKnown _, Opening.NotTrained _ -> "";
    };
  }

  private void measured() {
    List<String> sentences = measured.sentences();
    if (!sentences.isEmpty()) {
      put("");
      wrapped("", sentences.getFirst());
      sentences.stream().skip(1).forEach(s -> wrapped("  ", s));
    }
    List<String> elements = measured.elements();
    if (!elements.isEmpty()) {
      put("");
      elements.forEach(s -> wrapped("  ", s));
    }
  }

  private void draws() {
    List<String> lines = measured.draws(!report.settings().arrays().isEmpty(), style);
    if (!lines.isEmpty()) {
      put("");
      lines.forEach(this::put);
    }
  }

  private List<Folding.Line> folded(List<Row> all) {
    return style.fold()
        ? Folding.fold(all)
        : all.stream().<Folding.Line>map(Folding.Line.One::new).toList();
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

  private void verdicts() {
    put("");
    for (Verdict v : report.judgement().verdicts()) {
      String limit =
          Double.isNaN(v.value()) || Double.isNaN(v.threshold())
              ? ""
              : " (" + Numbers.of(v.value()) + ", limit " + Numbers.of(v.threshold()) + ")";
      String head = mark(v.level()) + " " + v.rule() + " at " + v.at() + limit;
      put(style.paint(ink(v.level()), fitted(clean(head))));
      wrapped("    ", v.because());
      if (v.level() == Level.FAIL || v.level() == Level.WARN) {
        measured.beside(v.at()).ifPresent(m -> wrapped("    measured: ", m));
      }
      if (!v.doThis().startsWith("nothing")) {
        wrapped("    do: ", v.doThis());
      }
      wrapped("    source: ", v.source());
    }
  }

  private static String mark(Level level) {
    return switch (level) {
      case OK -> "✓";
      case WARN -> "!";
      case FAIL -> "✗";
      case BY_DESIGN, NOTE -> "·";
    };
  }

  private static Style.Ink ink(Level level) {
    return switch (level) {
      case OK -> Style.Ink.GREEN;
      case WARN -> Style.Ink.YELLOW;
      case FAIL -> Style.Ink.RED;
      case BY_DESIGN, NOTE -> Style.Ink.BLUE;
    };
  }

  private void answer() {
    Trainable t = report.judgement().trainable();
    Style.Ink ink =
        switch (t.answer()) {
          case YES -> Style.Ink.GREEN;
          case NO -> Style.Ink.RED;
          case DOUBTFUL -> Style.Ink.YELLOW;
        };
    put("");
    loss();
    String head = "trainable: " + t.answer().name().toLowerCase(Locale.ROOT) + conditions(t);
    String rest = String.format(Locale.ROOT, " (score %.2f): ", t.score()) + t.because();
    List<String> lines = Text.wrap(clean(head + rest), style.width());
    put(style.paint(ink, lines.getFirst()));
    lines.stream().skip(1).forEach(this::put);
    NextStep.command(report)
        .ifPresent(
            command -> {
              put("");
              wrapped("next: ", command);
            });
  }

  private static String conditions(Trainable t) {
    return t.conditions().isEmpty()
        ? ""
        : t.conditions().stream()
            .map(Condition::words)
            .collect(Collectors.joining(" and ", ", with ", ""));
  }

  private void loss() {
    report
        .judgement()
        .loss()
        .filter(l -> l.kind() != HeadLoss.Kind.ASSUMED)
        .ifPresent(
            l ->
                wrapped(
                    "",
                    String.format(
                        Locale.ROOT,
                        "loss at the start: cross-entropy %s, where ln %d = %s",
                        Numbers.of(l.crossEntropy()),
                        l.classes(),
                        Numbers.of(l.lnClasses()))));
  }

  private void wrapped(String lead, String text) {
    List<String> lines = Text.wrap(clean(text), Math.max(8, style.width() - lead.length()));
    String indent = " ".repeat(lead.length());
    for (int i = 0; i < lines.size(); i++) {
      put((i == 0 ? lead : indent) + lines.get(i));
    }
  }

  private String clean(String s) {
    return Text.clean(s, style.unicode());
  }

  private String fitted(String s) {
    return Text.fit(clean(s), style.width(), style.unicode());
  }

  private void put(String line) {
    out.add(line);
  }
}
