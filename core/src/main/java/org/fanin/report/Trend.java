package org.fanin.report;

import java.util.Arrays;
import org.fanin.judge.Numbers;

/// A series of second moments in a few words: level, geometric, or a range.
final class Trend {
  /// Largest distance from the straight line in ln that still counts as geometric.
  private static final double STRAIGHT = .35;

  private static final double LEVEL = .02;

  private Trend() {}

  static String of(double[] ln) {
    if (Arrays.stream(ln).anyMatch(x -> !Double.isFinite(x))) {
      return Numbers.ofLn(ln[0]) + " → " + Numbers.ofLn(ln[ln.length - 1]);
    }
    double slope = (ln[ln.length - 1] - ln[0]) / Math.max(1, ln.length - 1);
    double off = 0;
    for (int i = 0; i < ln.length; i++) {
      off = Math.max(off, Math.abs(ln[i] - ln[0] - slope * i));
    }
    String ends = Numbers.ofLn(ln[0]) + " → " + Numbers.ofLn(ln[ln.length - 1]);
    if (off > STRAIGHT) {
      double lo = Arrays.stream(ln).min().orElseThrow();
      double hi = Arrays.stream(ln).max().orElseThrow();
      return Numbers.ofLn(lo) + " to " + Numbers.ofLn(hi);
    }
    return Math.abs(slope) < LEVEL ? ends : ends + " (×" + Numbers.ofLn(slope) + " each)";
  }
}
