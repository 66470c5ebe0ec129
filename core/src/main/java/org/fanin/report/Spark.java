package org.fanin.report;

import java.util.Arrays;

/// A line of bars, one per place, for numbers that span decades.
final class Spark {
  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final String ASCII = "_.-:=+*#";

  /// Smaller spans are drawn as if they were this wide, so that level looks level: one decade.
  private static final double LEAST_SPAN = Math.log(10);

  private Spark() {}

  /// @param ln values; not finite: a gap
  /// @param width most characters; more values are averaged
  static String draw(double[] ln, int width, boolean unicode) {
    double[] v = ln.length <= width ? ln : squeeze(ln, width);
    double lo = Arrays.stream(v).filter(Double::isFinite).min().orElse(0);
    double hi = Arrays.stream(v).filter(Double::isFinite).max().orElse(0);
    double span = Math.max(hi - lo, LEAST_SPAN);
    double base = (lo + hi - span) / 2;
    String bars = unicode ? BARS : ASCII;
    StringBuilder b = new StringBuilder();
    for (double x : v) {
      int k = (int) Math.round((x - base) / span * (bars.length() - 1));
      b.append(Double.isFinite(x) ? bars.charAt(Math.clamp(k, 0, bars.length() - 1)) : ' ');
    }
    return b.toString();
  }

  private static double[] squeeze(double[] v, int width) {
    double[] out = new double[width];
    for (int i = 0; i < width; i++) {
      int from = (int) ((long) i * v.length / width);
      int to = Math.max(from + 1, (int) ((long) (i + 1) * v.length / width));
      out[i] = Arrays.stream(v, from, to).filter(Double::isFinite).average().orElse(Double.NaN);
    }
    return out;
  }
}
