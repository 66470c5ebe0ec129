package org.fanin.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Columns that fit a width: the least important ones go first, then the first column is cut.
final class Table {
  private static final String GAP = "  ";
  private static final int NARROWEST_NAME = 8;

  /// Columns worth a shortened name.
  private static final int ESSENTIAL = 3;

  /// @param weight the smaller, the sooner the column is dropped
  record Column(String title, boolean right, int weight) {}

  private final List<Column> columns;
  private final List<Integer> shown;
  private final int[] widths;
  private final Style style;

  /// @param cells the rows that the widths are taken from; columns empty in all of them are left
  ///   out
  Table(List<Column> columns, List<List<String>> cells, Style style) {
    this.columns = columns;
    this.style = style;
    widths = IntStream.range(0, columns.size()).map(c -> natural(cells, c)).toArray();
    shown =
        IntStream.range(0, columns.size())
            .filter(c -> c == 0 || cells.stream().anyMatch(r -> !r.get(c).isEmpty()))
            .boxed()
            .collect(Collectors.toCollection(ArrayList::new));
    shrink();
  }

  private int natural(List<List<String>> cells, int c) {
    int title = Text.width(columns.get(c).title());
    return cells.stream().mapToInt(r -> Text.width(r.get(c))).reduce(title, Math::max);
  }

  private void shrink() {
    while (total() > style.width()) {
      int over = total() - style.width();
      int spare = widths[0] - NARROWEST_NAME;
      if (spare >= over && (spare >= 2 * over || shown.size() <= ESSENTIAL)) {
        widths[0] -= over;
        return;
      }
      if (shown.size() == 1) {
        widths[0] = style.width();
        return;
      }
      shown.remove(
          shown.stream()
              .skip(1)
              .min(Comparator.comparingInt(c -> columns.get(c).weight()))
              .orElseThrow());
    }
  }

  private int total() {
    return shown.stream().mapToInt(c -> widths[c]).sum() + GAP.length() * (shown.size() - 1);
  }

  String header() {
    return line(columns.stream().map(Column::title).toList());
  }

  String line(List<String> cells) {
    return line(cells, (_, text) -> text).stripTrailing();
  }

  /// @param paint colours a cell that has its width already
  String line(List<String> cells, BiFunction<Integer, String, String> paint) {
    return shown.stream()
        .map(c -> paint.apply(c, cell(c, Text.fit(cells.get(c), widths[c], style.unicode()))))
        .collect(Collectors.joining(GAP))
        .stripTrailing();
  }

  private String cell(int c, String text) {
    return columns.get(c).right() ? Text.padLeft(text, widths[c]) : Text.padRight(text, widths[c]);
  }
}
