package org.fanin.formats;

import java.util.Locale;

/// Byte counts for people: decimal units, as disks are sold.
public final class Sizes {
  private static final String[] UNITS = {"kB", "MB", "GB", "TB", "PB", "EB"};

  private Sizes() {}

  /// As in `512 bytes`, `16.1 GB`.
  public static String text(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    double v = bytes / 1000.0;
    int unit = 0;
    while (v >= 999.95 && unit < UNITS.length - 1) {
      v /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", v, UNITS[unit]);
  }
}
