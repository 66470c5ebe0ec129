package org.fanin.compare;

import java.util.Locale;

/// Why a network of some size is not measured.
public sealed interface Obstacle {
  /// It takes longer than is spent unasked.
  ///
  /// @param runs forward and backward, all of them counted in the seconds
  record TooLong(Effort effort, double runs) implements Obstacle {}

  /// What it cannot do without is more than there is.
  ///
  /// @param bytes wanted
  /// @param there bytes that the machine has for them
  record TooLarge(double bytes, double there) implements Obstacle {}

  /// A sentence without a full stop.
  ///
  /// @param settable whether there is an option for the memory
  default String because(boolean settable) {
    return switch (this) {
      case TooLong t ->
          String.format(
              Locale.ROOT,
              "not measured: %s%s; --measure asks for it",
              t.effort().about(),
              t.runs() > 1
                  ? String.format(Locale.ROOT, " for %.0f passes through the network", t.runs())
                  : "");
      case TooLarge t ->
          String.format(
              Locale.ROOT,
              "not measured: weights and the largest activations take %s, and there are %s; a"
                  + " smaller --batch takes less%s",
              bytes(t.bytes()),
              bytes(t.there()),
              settable ? ", --max-memory SIZE tries all the same" : "");
    };
  }

  private static String bytes(double n) {
    return n < 1e9
        ? String.format(Locale.ROOT, "%.0f MB", n / 1e6)
        : String.format(Locale.ROOT, "%.1f GB", n / 1e9);
  }
}
