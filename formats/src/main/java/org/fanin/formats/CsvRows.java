package org.fanin.formats;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Lines of a table of numbers, some columns of them. The separator is the first line's; a first
/// line with anything but numbers holds the names.
final class CsvRows implements Rows {
  private final Path file;
  private final boolean zipped;
  private final byte separator;

  /// Names of the columns; their numbers where the file has none.
  private final List<String> names;

  private final boolean titled;
  private final int[] columns;
  private long count = -1;

  private CsvRows(
      Path file, boolean zipped, byte sep, List<String> names, boolean titled, int[] columns) {
    this.file = file;
    this.zipped = zipped;
    this.separator = sep;
    this.names = names;
    this.titled = titled;
    this.columns = columns;
  }

  static CsvRows open(Path file, boolean zipped) throws ModelFormatException, IOException {
    try (CsvLines lines = new CsvLines(file, zipped)) {
      if (!lines.next()) {
        throw new ModelFormatException(file.toString(), "no line", "a table of numbers");
      }
      byte separator = lines.separator();
      List<String> first = lines.texts(separator);
      boolean titled = first.stream().anyMatch(CsvRows::isName);
      if (titled && !lines.next()) {
        throw new ModelFormatException(file.toString(), "one line without numbers", "numbers");
      }
      int[] all = IntStream.range(0, first.size()).toArray();
      List<String> names =
          titled ? first : IntStream.of(all).mapToObj(i -> String.valueOf(i + 1)).toList();
      return new CsvRows(file, zipped, separator, List.copyOf(names), titled, all);
    }
  }

  /// A missing number makes no title: the line would be lost without a word.
  private static boolean isName(String field) {
    byte[] b = field.getBytes(StandardCharsets.UTF_8);
    boolean missing = field.isEmpty() || field.matches("(?i)nan|na|n/a|null|none|[+-]?inf(inity)?");
    return !missing && Double.isNaN(Decimal.parse(b, 0, b.length));
  }

  List<String> names() {
    return names;
  }

  boolean titled() {
    return titled;
  }

  int[] columns() {
    return columns.clone();
  }

  /// The same lines, other columns.
  CsvRows with(int[] chosen) {
    return new CsvRows(file, zipped, separator, names, titled, chosen.clone());
  }

  @Override
  public Shape shape() {
    return Shape.of(columns.length);
  }

  @Override
  public long count() throws ModelFormatException, IOException {
    if (count < 0) {
      try (CsvLines lines = new CsvLines(file, zipped)) {
        long n = titled ? -1 : 0;
        while (lines.next()) {
          n++;
        }
        count = n;
      }
    }
    return count;
  }

  @Override
  public void each(long[] wanted, Visitor visitor) throws ModelFormatException, IOException {
    try (CsvLines lines = new CsvLines(file, zipped)) {
      int[] from = new int[names.size()];
      int[] to = new int[names.size()];
      double[] x = new double[columns.length];
      int next = 0;
      long row = 0;
      for (boolean skip = titled; lines.next(); skip = false) {
        if (skip) {
          continue;
        }
        if (wanted == null || next < wanted.length && wanted[next] == row) {
          next++;
          parse(lines, from, to, x);
          visitor.row(row, x);
        }
        row++;
      }
    }
  }

  private void parse(CsvLines lines, int[] from, int[] to, double[] x) throws ModelFormatException {
    int n = lines.fields(separator, from, to);
    if (n != names.size()) {
      throw lines.bad(n + " columns", names.size() + ", as in the first line");
    }
    for (int i = 0; i < x.length; i++) {
      int c = columns[i];
      x[i] = lines.number(from[c], to[c]);
      if (!Double.isFinite(x[i])) {
        String text = lines.text(from[c], to[c]);
        throw lines.bad(
            (text.isEmpty() ? "nothing" : OnnxContext.quoted(text)) + " in column " + title(c),
            "a number");
      }
    }
  }

  private String title(int c) {
    return titled ? (c + 1) + " (" + OnnxContext.quoted(names.get(c)) + ")" : "" + (c + 1);
  }

  @Override
  public String place(long row) {
    return file + ": row " + row;
  }
}
