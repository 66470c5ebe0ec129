package org.fanin.audit;

/// Something about a tensor, or about several, that is worth knowing.
///
/// @param level how bad it is
/// @param kind stable key, e.g. `identical-rows`
/// @param says one sentence with numbers
/// @param effect what it does; empty when the sentence says so
/// @param value the number that decided
/// @param wanted what it should be; NaN when there is no such number
public record Finding(
    Level level, String kind, String says, String effect, double value, double wanted) {
  /// NOTE: as intended, or harmless. WARN: probably not meant. FAIL: a defect.
  public enum Level {
    NOTE,
    WARN,
    FAIL
  }

  static Finding fail(String kind, String says, String effect, double value, double wanted) {
    return new Finding(Level.FAIL, kind, says, effect, value, wanted);
  }

  static Finding warn(String kind, String says, String effect, double value, double wanted) {
    return new Finding(Level.WARN, kind, says, effect, value, wanted);
  }

  static Finding note(String kind, String says, String effect, double value, double wanted) {
    return new Finding(Level.NOTE, kind, says, effect, value, wanted);
  }
}
