package org.fanin.model;

/// The file's fault: where it is, what was found, what was wanted. The message is one line, fit to
/// print.
public final class ModelFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  /// @param where file, and byte offset, node or tensor name
  public ModelFormatException(String where, String found, String wanted) {
    super(clean(where) + ": found " + clean(found) + ", wanted " + clean(wanted));
  }

  public ModelFormatException(String where, String found, String wanted, Throwable cause) {
    super(clean(where) + ": found " + clean(found) + ", wanted " + clean(wanted), cause);
  }

  /// Names come from the file: control characters are replaced and long texts cut.
  private static String clean(String s) {
    String t =
        s.codePoints()
            .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return t.length() <= 300 ? t : t.substring(0, 300) + "…";
  }
}
