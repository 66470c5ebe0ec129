package org.fanin.formats;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipException;
import org.fanin.model.ModelFormatException;

/// Lines of a text file and the fields in them. A line may be quoted field by field; a quoted field
/// ends on its line.
final class CsvLines implements AutoCloseable {
  private static final int MOST = 1 << 24;
  private static final int FIRST = 1 << 12;

  private final InputStream in;
  private final String where;
  private byte[] line = new byte[FIRST];
  private int length;
  private long number;

  CsvLines(Path file, boolean zipped) throws ModelFormatException, IOException {
    where = file.toString();
    try {
      in = IdxRows.stream(file, zipped);
    } catch (ZipException | EOFException e) {
      throw IdxRows.damaged(where, e);
    }
  }

  /// Moves to the next line that is not blank.
  ///
  /// @return false at the end
  boolean next() throws ModelFormatException, IOException {
    try {
      do {
        if (!read()) {
          return false;
        }
      } while (blank());
      return true;
    } catch (ZipException | EOFException e) {
      throw IdxRows.damaged(where, e);
    }
  }

  private boolean read() throws ModelFormatException, IOException {
    length = 0;
    number++;
    int c = in.read();
    if (c < 0) {
      return false;
    }
    for (; c >= 0 && c != '\n'; c = in.read()) {
      if (c == 0) {
        throw bad("a zero byte", "text");
      }
      if (length == line.length) {
        if (length >= MOST) {
          throw bad("a line of more than " + MOST + " bytes", "shorter ones");
        }
        line = Arrays.copyOf(line, 2 * length);
      }
      line[length++] = (byte) c;
    }
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    if (number == 1 && startsWithMark()) {
      System.arraycopy(line, 3, line, 0, length -= 3);
    }
    return true;
  }

  /// UTF-8's byte order mark, which spreadsheets write.
  private boolean startsWithMark() {
    return length >= 3
        && line[0] == (byte) 0xef
        && line[1] == (byte) 0xbb
        && line[2] == (byte) 0xbf;
  }

  private boolean blank() {
    for (int i = 0; i < length; i++) {
      if (line[i] != ' ' && line[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  /// The separator that this line has: tab, semicolon or comma.
  byte separator() {
    String s = new String(line, 0, length, StandardCharsets.ISO_8859_1);
    return (byte) (s.indexOf('\t') >= 0 ? '\t' : s.indexOf(';') >= 0 ? ';' : ',');
  }

  /// Beginnings and ends (exclusive) of the fields, without blanks and quotes around them.
  int fields(byte separator, int[] from, int[] to) throws ModelFormatException {
    int n = 0;
    for (int at = 0; at <= length; n++) {
      boolean quoted = at < length && line[at] == '"';
      int end = at + (quoted ? 1 : 0);
      while (end < length && line[end] != (quoted ? '"' : separator)) {
        end++;
      }
      int next = quoted ? end + 1 : end;
      if (quoted && (end == length || next < length && line[next] != separator)) {
        throw bad("a quote that does not end before the next column", "\"…\"");
      }
      if (n < from.length) {
        from[n] = quoted ? at + 1 : start(at, end);
        to[n] = quoted ? end : stop(from[n], end);
      }
      at = next + 1;
    }
    return n;
  }

  private int start(int at, int end) {
    while (at < end && (line[at] == ' ' || line[at] == '\t')) {
      at++;
    }
    return at;
  }

  private int stop(int start, int end) {
    while (end > start && (line[end - 1] == ' ' || line[end - 1] == '\t')) {
      end--;
    }
    return end;
  }

  /// All fields as text.
  List<String> texts(byte separator) throws ModelFormatException {
    int n = fields(separator, new int[0], new int[0]);
    int[] from = new int[n];
    int[] to = new int[n];
    fields(separator, from, to);
    List<String> all = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      all.add(text(from[i], to[i]));
    }
    return all;
  }

  String text(int from, int to) {
    return new String(line, from, to - from, StandardCharsets.UTF_8);
  }

  /// A decimal number; NaN when it is none.
  double number(int from, int to) {
    return Decimal.parse(line, from, to);
  }

  long lineNumber() {
    return number;
  }

  ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(where + ": line " + number, found, wanted);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
