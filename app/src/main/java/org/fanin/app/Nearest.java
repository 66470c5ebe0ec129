package org.fanin.app;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// The word that was meant: fewest insertions, deletions, replacements and swaps of neighbours
/// (Damerau 1964, optimal string alignment).
final class Nearest {
  /// What is longer is no slip of the finger, and the table is quadratic.
  private static final int LONGEST = 40;

  private Nearest() {}

  /// Empty when no word is near: more than a third of the letters would have to change.
  static Optional<String> of(String word, Collection<String> known) {
    if (word.length() > LONGEST) {
      return Optional.empty();
    }
    String w = word.toLowerCase(Locale.ROOT);
    return known.stream()
        .filter(k -> distance(w, k) <= Math.max(1, Math.min(w.length(), k.length()) / 3))
        .min(Comparator.<String>comparingInt(k -> distance(w, k)).thenComparing(k -> k));
  }

  /// `; did you mean X?`, or nothing.
  static String hint(String word, Collection<String> known) {
    return of(word, known).map(k -> "; did you mean " + k + "?").orElse("");
  }

  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        d[i][j] = i == 0 || j == 0 ? i + j : step(a, b, i, j, d);
      }
    }
    return d[a.length()][b.length()];
  }

  private static int step(String a, String b, int i, int j, int[][] d) {
    boolean same = a.charAt(i - 1) == b.charAt(j - 1);
    int least = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (same ? 0 : 1));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(least, d[i - 2][j - 2] + 1) : least;
  }
}
