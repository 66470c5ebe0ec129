package org.fanin.report;

import java.util.List;

/// A check as lines of text: what was read, the course of signal and gradient, the worst layers,
/// all layers with repeats folded, the verdicts, the answer.
public final class TerminalReport {
  private final CheckReport report;
  private final Page page;
  private final MeasuredText measured;

  private TerminalReport(CheckReport report, List<Row> rows, Style style) {
    this.report = report;
    page = new Page(style);
    measured =
        new MeasuredText(
            report.measured(),
            rows,
            report.forecast().graph(),
            MeasuredText.Ground.of(report),
            report.judgement().openings());
  }

  /// The lines, none wider than the style says (colour codes apart), but for code to paste.
  public static List<String> render(CheckReport report, Style style) {
    List<Row> rows = Rows.of(report.forecast());
    TerminalReport r = new TerminalReport(report, rows, style);
    HeaderText head = new HeaderText(report, r.page);
    head.header();
    head.sparks();
    new LayerTable(report, rows, r.measured, r.page).table();
    r.measured();
    r.draws();
    VerdictText end = new VerdictText(report, r.measured, r.page);
    end.verdicts();
    end.answer();
    return r.page.lines();
  }

  private void measured() {
    List<String> sentences = measured.sentences();
    if (!sentences.isEmpty()) {
      page.put("");
      page.wrapped("", sentences.getFirst());
      sentences.stream().skip(1).forEach(s -> page.wrapped("  ", s));
    }
    List<String> elements = measured.elements();
    if (!elements.isEmpty()) {
      page.put("");
      elements.forEach(s -> page.wrapped("  ", s));
    }
  }

  private void draws() {
    List<String> lines = measured.draws(!report.settings().arrays().isEmpty(), page.style());
    if (!lines.isEmpty()) {
      page.put("");
      lines.forEach(page::put);
    }
  }
}
