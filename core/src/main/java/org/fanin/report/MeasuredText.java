package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.fanin.compare.Comparison;
import org.fanin.compare.Draws;
import org.fanin.compare.Measured;
import org.fanin.compare.Pair;
import org.fanin.compare.Pair.Finding;
import org.fanin.judge.Numbers;

/// A measurement in words and cells.
final class MeasuredText {
  /// Columns beside m2, then beside gm2. They go when the terminal is too narrow, those of the
  /// gradient first.
  static final List<Table.Column> SIGNAL =
      List.of(
          new Table.Column("measured", true, 17),
          new Table.Column("z", true, 19),
          new Table.Column("of draws", true, 14));

  static final List<Table.Column> GRADIENT =
      List.of(
          new Table.Column("measured", true, 16),
          new Table.Column("z", true, 18),
          new Table.Column("of draws", true, 13));

  private static final int LISTED = 3;
  private static final double LARGEST_Z = 99;

  private final Optional<Measured.Yes> measured;
  private final List<Row> rows;

  MeasuredText(Measured m, List<Row> rows) {
    this.measured = m.present();
    this.rows = rows;
  }

  boolean present() {
    return measured.isPresent();
  }

  /// Cells of [#SIGNAL].
  List<String> signal(int value) {
    return cells(
        measured.map(m -> m.comparison().signal().get(value)),
        measured.flatMap(Measured.Yes::draws).map(d -> d.signal().get(value)));
  }

  /// Cells of [#GRADIENT].
  List<String> gradient(int value) {
    return cells(
        measured.map(m -> m.comparison().gradient().get(value)),
        measured.flatMap(Measured.Yes::draws).map(d -> d.gradient().get(value)));
  }

  private static List<String> cells(Optional<Pair> p, Optional<Draws.Spread> d) {
    return List.of(
        p.map(x -> Numbers.ofLn(x.lnMeasured())).orElse(""),
        p.map(MeasuredText::z).orElse(""),
        d.map(MeasuredText::draws).orElse(""));
  }

  private static String draws(Draws.Spread d) {
    String spread =
        Double.isNaN(d.spread()) ? "" : String.format(Locale.ROOT, " ±%.2f", d.spread());
    return Numbers.ofLn(d.lnTypical()) + spread;
  }

  private static String z(Pair p) {
    if (Double.isNaN(p.z())) {
      return "";
    }
    String size = Math.abs(p.z()) > LARGEST_Z ? ">99" : null;
    return size == null
        ? String.format(Locale.ROOT, "%+.1f", p.z() + 0.0).replace("-0.0", "+0.0")
        : (p.z() < 0 ? "-" : "+") + size.substring(1);
  }

  /// What to say under a verdict about a row; empty when nothing was measured there.
  Optional<String> beside(String at) {
    Optional<Row> row = rows.stream().filter(r -> r.name().equals(at)).findFirst();
    if (row.isEmpty() || measured.isEmpty()) {
      return Optional.empty();
    }
    Comparison c = measured.get().comparison();
    int value = row.get().output();
    List<String> parts = new ArrayList<>();
    Optional.ofNullable(c.signal().get(value)).ifPresent(p -> parts.add("m2 " + both(p)));
    Optional.ofNullable(c.gradient().get(value)).ifPresent(p -> parts.add("gm2 " + both(p)));
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    String words =
        switch (c.finding(value)) {
          case AS_PREDICTED -> "as predicted: it is the initialisation";
          case UNLUCKY_SEED -> "an unlucky seed has its part in it (finite width)";
          case RULE_OFF -> "Fanin's rule is off here, believe the measurement";
          case NOT_PREDICTED -> "measured only";
        };
    return Optional.of(String.join(", ", parts) + "; " + words);
  }

  private static String both(Pair p) {
    String measured = Numbers.ofLn(p.lnMeasured());
    return Double.isNaN(p.lnPredicted())
        ? measured
        : measured + " (predicted " + Numbers.ofLn(p.lnPredicted()) + ")";
  }

  /// Sentences under the table.
  List<String> sentences() {
    if (measured.isEmpty()) {
      return List.of();
    }
    Measured.Yes m = measured.get();
    List<String> out = new ArrayList<>();
    out.add(count(m.comparison()));
    out.addAll(m.notes());
    off(m.comparison()).forEach(out::add);
    m.draws().ifPresent(d -> out.add(drawn(d)));
    return out;
  }

  private static String count(Comparison c) {
    Map<Finding, Integer> n = c.counts();
    int all = n.values().stream().mapToInt(i -> i).sum();
    String unknown =
        n.get(Finding.NOT_PREDICTED) == 0 ? "" : " · not predicted " + n.get(Finding.NOT_PREDICTED);
    return String.format(
        Locale.ROOT,
        "measured by %s: %d second moments · as predicted %d · unlucky seed (finite width) %d"
            + " · Fanin's rule is off here %d%s",
        c.readings().engine(),
        all,
        n.get(Finding.AS_PREDICTED),
        n.get(Finding.UNLUCKY_SEED),
        n.get(Finding.RULE_OFF),
        unknown);
  }

  private List<String> off(Comparison c) {
    record At(String what, Row row, Pair pair) {}
    return rows.stream()
        .flatMap(
            r ->
                Stream.of(
                    new At("m2", r, c.signal().get(r.output())),
                    new At("gm2", r, c.gradient().get(r.output()))))
        .filter(a -> a.pair() != null && a.pair().finding() == Finding.RULE_OFF)
        .sorted(Comparator.comparingDouble(a -> -Math.abs(a.pair().z())))
        .limit(LISTED)
        .map(
            a ->
                "Fanin's rule is off at %s: %s %s, z %s"
                    .formatted(a.row().name(), a.what(), both(a.pair()), z(a.pair())))
        .toList();
  }

  private static String drawn(Draws d) {
    String kept = d.kept() == 0 ? "" : "; " + d.kept() + " without a known scheme stayed";
    return d.count()
        + " draws, "
        + d.redrawn()
        + " parameters drawn anew"
        + kept
        + "; of draws: geometric mean ± standard deviation of ln from draw to draw";
  }
}
