package org.fanin.report;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fanin.judge.Judgement;
import org.fanin.judge.Verdict;
import org.fanin.math.NumberText;

/// Several checks in one table, a line each.
public final class SummaryTable {
  private static final List<Table.Column> COLUMNS =
      List.of(
          new Table.Column("model", false, 100),
          new Table.Column("health", false, 90),
          new Table.Column("trainable", false, 80),
          new Table.Column("score", true, 40),
          new Table.Column("failed", true, 60),
          new Table.Column("first", false, 50));

  private SummaryTable() {}

  /// One model.
  ///
  /// @param model file as given
  /// @param judgement empty when the file could not be read
  public record Entry(String model, Optional<Judgement> judgement) {}

  /// The lines, none wider than the style says.
  public static List<String> render(List<Entry> entries, Style style) {
    List<String> labels = Labels.distinct(entries.stream().map(Entry::model).toList());
    List<List<String>> rows =
        IntStream.range(0, entries.size())
            .mapToObj(i -> cells(labels.get(i), entries.get(i)))
            .map(r -> r.stream().map(c -> Text.clean(c, style.unicode())).toList())
            .toList();
    Table table = new Table(COLUMNS, rows, style);
    List<String> all = new java.util.ArrayList<>();
    all.add(style.paint(Style.Ink.BOLD, "summary"));
    all.add(style.paint(Style.Ink.DIM, table.header()));
    for (int i = 0; i < rows.size(); i++) {
      all.add(style.paint(ink(entries.get(i)), table.line(rows.get(i))));
    }
    return all;
  }

  private static List<String> cells(String label, Entry e) {
    if (e.judgement().isEmpty()) {
      return List.of(label, "unreadable", "", "", "", "");
    }
    Judgement j = e.judgement().get();
    List<Verdict> failed =
        j.verdicts().stream().filter(v -> v.level() == Verdict.Level.FAIL).toList();
    return List.of(
        label,
        j.healthy() ? "healthy" : "UNHEALTHY",
        j.trainable().answer().name().toLowerCase(Locale.ROOT),
        NumberText.fixed(j.trainable().score(), 2),
        Integer.toString(failed.size()),
        failed.isEmpty() ? "" : failed.getFirst().rule());
  }

  private static Style.Ink ink(Entry e) {
    return e.judgement().isEmpty()
        ? Style.Ink.YELLOW
        : e.judgement().get().healthy() ? Style.Ink.GREEN : Style.Ink.RED;
  }
}
