package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.compare.Comparison;
import org.fanin.compare.Draws;
import org.fanin.compare.Draws.Spread;
import org.fanin.compare.Pair;
import org.fanin.judge.Numbers;

/// Second moments over re-initialisations beside the predicted band, layer by layer; signal first,
/// then gradient.
final class DrawsTable {
  private static final List<Table.Column> COLUMNS =
      List.of(
          new Table.Column("layer", false, 100),
          new Table.Column("predicted", true, 90),
          new Table.Column("band", true, 60),
          new Table.Column("± ln", true, 30),
          new Table.Column("typical", true, 89),
          new Table.Column("mean", true, 70),
          new Table.Column("± ln", true, 50),
          new Table.Column("z", true, 80));

  /// Beyond so many standard errors the rule is off on average, whatever the seeds.
  private static final double OFF = 4;

  private static final double CLOSE = 0.1;

  private final Draws draws;
  private final Comparison comparison;
  private final List<Row> rows;
  private final boolean fixed;
  private final Style style;
  private final List<String> lines = new ArrayList<>();

  /// @param fixed whether all draws had the same inputs or cotangents: then those have an error too
  DrawsTable(Draws draws, Comparison comparison, List<Row> rows, boolean fixed, Style style) {
    this.draws = draws;
    this.fixed = fixed;
    this.comparison = comparison;
    this.rows =
        style.fold()
            ? Folding.fold(rows).stream()
                .map(
                    l ->
                        switch (l) {
                          case Folding.Line.One(Row r) -> r;
                          case Folding.Line.More m -> m.rows().getLast();
                        })
                .toList()
            : rows;
    this.style = style;
  }

  /// No line is wider than the style says.
  List<String> lines() {
    String kept =
        draws.kept() == 0 ? "" : ", " + draws.kept() + " without a known scheme as in the file";
    String title =
        "%d draws, %d parameters drawn anew%s. typical: geometric mean of the draws; ± ln: standard"
            + " deviation of ln from draw to draw; z: typical against predicted in standard errors"
            + " of %d draws";
    String text =
        String.format(Locale.ROOT, title, draws.count(), draws.redrawn(), kept, draws.count());
    lines.addAll(Text.wrap(clean(text), style.width()));
    table("m2 over draws", draws.signal(), comparison.signal());
    table("gm2 over draws", draws.gradient(), comparison.gradient());
    return lines;
  }

  private void table(String title, Map<Integer, Spread> drawn, Map<Integer, Pair> pairs) {
    List<Table.Column> columns = new ArrayList<>();
    COLUMNS.forEach(c -> columns.add(new Table.Column(clean(c.title()), c.right(), c.weight())));
    List<List<String>> cells =
        rows.stream().map(r -> cells(r, drawn.get(r.output()), pairs.get(r.output()))).toList();
    Table table = new Table(columns, cells, style);
    lines.add("");
    lines.add(style.paint(Style.Ink.BOLD, Text.fit(title, style.width(), style.unicode())));
    lines.add(style.paint(Style.Ink.DIM, table.header()));
    for (int i = 0; i < rows.size(); i++) {
      int value = rows.get(i).output();
      String line = table.line(cells.get(i));
      boolean off = off(drawn.get(value), pairs.get(value));
      lines.add(off ? style.paint(Style.Ink.RED, line) : line);
    }
  }

  private String clean(String s) {
    return Text.clean(s, style.unicode());
  }

  private List<String> cells(Row r, Spread d, Pair p) {
    boolean known = p != null && !Double.isNaN(p.lnPredicted());
    boolean banded = known && p.spread() >= 0;
    double z = z(d, p);
    List<String> cells = new ArrayList<>();
    cells.add(r.name());
    cells.add(known ? Numbers.ofLn(p.lnPredicted()) : "");
    cells.add(banded ? band(p) : "");
    cells.add(banded ? two(p.spread()) : "");
    cells.add(d == null ? "" : Numbers.ofLn(d.lnTypical()));
    cells.add(d == null ? "" : Numbers.ofLn(d.lnMean()));
    cells.add(d == null ? "" : two(d.spread()));
    cells.add(
        Double.isNaN(z)
            ? ""
            : Math.abs(z) > 99 ? (z < 0 ? "-99" : "+99") : String.format(Locale.ROOT, "%+.1f", z));
    return cells.stream().map(this::clean).toList();
  }

  private double z(Spread d, Pair p) {
    if (d == null || p == null || Double.isNaN(p.lnPredicted()) || !(d.spread() > 0)) {
      return Double.NaN;
    }
    double error = Math.hypot(d.spread() / Math.sqrt(draws.count()), fixed ? p.error() : 0);
    return (d.lnTypical() - p.lnPredicted()) / error;
  }

  private boolean off(Spread d, Pair p) {
    double z = z(d, p);
    return Math.abs(z) > OFF && Math.abs(d.lnTypical() - p.lnPredicted()) > CLOSE;
  }

  /// Two standard deviations of ln either side.
  private static String band(Pair p) {
    return Numbers.ofLn(p.lnPredicted() - 2 * p.spread())
        + "–"
        + Numbers.ofLn(p.lnPredicted() + 2 * p.spread());
  }

  private static String two(double x) {
    return Double.isNaN(x) ? "" : String.format(Locale.ROOT, "%.2f", x);
  }
}
