package org.fanin.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.fanin.graph.Export;
import org.fanin.graph.Parameter;
import org.fanin.judge.Numbers;
import org.fanin.judge.Point;
import org.fanin.predict.Forecast;

/// The first lines of a check: what was read and assumed, what the exporter did, and the course of
/// signal and gradient.
final class HeaderText {
  private final CheckReport report;
  private final Page page;
  private final Style style;

  HeaderText(CheckReport report, Page page) {
    this.report = report;
    this.page = page;
    style = page.style();
  }

  void header() {
    Forecast f = report.forecast();
    Forecast.Coverage cover = f.coverage();
    page.put(style.paint(Style.Ink.BOLD, page.fitted(report.model())));
    List<Parameter> trained = f.graph().parameters().stream().filter(Parameter::isTrained).toList();
    long weights = trained.stream().mapToLong(p -> p.data().count()).sum();
    String understood =
        cover.understood() == cover.nodes() ? "all understood" : cover.understood() + " understood";
    page.wrapped(
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
    page.wrapped(
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
    report.notes().forEach(n -> page.wrapped("  ", n));
    export(f.graph().export());
    if (report.trained().trained()) {
      page.wrapped(
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
    page.wrapped("  ", ExportText.said(e));
    List<String> call = ExportText.call(e);
    if (!call.isEmpty()) {
      page.wrapped("  ", ExportText.meaning(e));
      call.forEach(line -> page.put(page.fitted("    " + line)));
    }
  }

  private void approximated(List<Forecast.Coverage.Approximated> all) {
    if (all.isEmpty()) {
      return;
    }
    Forecast.Coverage.Approximated first = all.getFirst();
    String more = all.size() == 1 ? "" : String.format(Locale.ROOT, " · %d such nodes", all.size());
    page.wrapped(
        "  ", "approximated: " + first.node() + " (" + first.op() + "): " + first.because() + more);
  }

  void sparks() {
    List<Point> points = report.judgement().spine().points();
    if (points.size() < 3) {
      return;
    }
    page.put("");
    spark("signal   m2 ", points.stream().mapToDouble(Point::lnM2).toArray());
    spark("gradient gm2", points.stream().mapToDouble(Point::lnG).toArray());
  }

  private void spark(String label, double[] ln) {
    double[] known = java.util.Arrays.stream(ln).filter(Double::isFinite).toArray();
    if (known.length == 0) {
      return;
    }
    String ends =
        Numbers.ofLn(known[0]) + page.clean(" → ") + Numbers.ofLn(known[known.length - 1]);
    int room = style.width() - label.length() - ends.length() - 6;
    String bars = room < 5 ? "" : Spark.draw(ln, Math.min(60, room), style.unicode()) + "  ";
    page.put(page.fitted("  " + label + "  " + bars + ends));
  }
}
