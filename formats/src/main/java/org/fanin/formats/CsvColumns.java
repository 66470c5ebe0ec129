package org.fanin.formats;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Which columns of a table are meant.
final class CsvColumns {
  private CsvColumns() {}

  /// @param spec as in [Samples.Wanted#columns]
  /// @throws IllegalArgumentException when it names what the table does not have
  static int[] choose(CsvRows table, String spec) {
    if (spec.isEmpty()) {
      return table.columns();
    }
    boolean not = spec.startsWith("!");
    List<Integer> named = new ArrayList<>();
    for (String part : spec.substring(not ? 1 : 0).split(",")) {
      add(table, part.strip(), named);
    }
    return not
        ? IntStream.of(table.columns()).filter(c -> !named.contains(c)).toArray()
        : named.stream().mapToInt(i -> i).toArray();
  }

  private static void add(CsvRows table, String part, List<Integer> to) {
    int at = table.titled() ? table.names().indexOf(part) : -1;
    if (at >= 0) {
      to.add(at);
      return;
    }
    String[] ends = part.split("-", -1);
    int first = number(table, part, ends[0]);
    int last = ends.length == 1 ? first : ends.length == 2 ? number(table, part, ends[1]) : -1;
    if (last < first) {
      throw none(table, part);
    }
    IntStream.rangeClosed(first - 1, last - 1).forEach(to::add);
  }

  private static int number(CsvRows table, String part, String digits) {
    int n = digits.matches("\\d{1,9}") ? Integer.parseInt(digits) : 0;
    if (n < 1 || n > table.names().size()) {
      throw none(table, part);
    }
    return n;
  }

  private static IllegalArgumentException none(CsvRows table, String part) {
    List<String> names = table.names();
    int shown = Math.min(6, names.size());
    String titles =
        table.titled()
            ? ": "
                + String.join(", ", names.subList(0, shown))
                + (shown < names.size() ? ", …" : "")
            : "";
    return new IllegalArgumentException(
        "no column \"" + part + "\"; the file has " + names.size() + titles);
  }

  /// Columns of one input of several: `NAME`, or `NAME_0`, `NAME_1`, … in the file's order.
  static int[] of(CsvRows table, int[] chosen, String input) {
    return IntStream.of(chosen)
        .filter(c -> table.names().get(c).equals(input) || numbered(table.names().get(c), input))
        .toArray();
  }

  private static boolean numbered(String column, String input) {
    return column.startsWith(input + "_")
        && column.substring(input.length() + 1).matches("\\d{1,9}");
  }
}
