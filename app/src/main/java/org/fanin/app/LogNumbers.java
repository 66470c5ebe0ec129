package org.fanin.app;

import java.io.IOException;
import org.fanin.formats.JsonWriter;

/// Second moments in JSON: plain numbers where doubles reach; beyond 1e±300 the number is null and
/// `log10_…` stands beside it. An exact zero is 0.
final class LogNumbers {
  private static final double LN10 = Math.log(10);
  private static final double REACH = 300;

  private LogNumbers() {}

  static void field(JsonWriter w, String key, double ln) throws IOException {
    w.field(key, plain(ln));
    if (beyond(ln)) {
      w.field("log10_" + key, ln / LN10);
    }
  }

  /// Two standard deviations of ln either side of the typical value.
  static void band(JsonWriter w, String key, double ln, double spread) throws IOException {
    if (Double.isNaN(spread) || Double.isNaN(ln)) {
      return;
    }
    double lo = ln - 2 * spread;
    double hi = ln + 2 * spread;
    w.field(key, plain(lo), plain(hi));
    if (beyond(lo) || beyond(hi)) {
      w.field("log10_" + key, lo / LN10, hi / LN10);
    }
  }

  private static double plain(double ln) {
    return beyond(ln) ? Double.NaN : Math.exp(ln);
  }

  private static boolean beyond(double ln) {
    return Double.isFinite(ln) && Math.abs(ln / LN10) > REACH;
  }
}
