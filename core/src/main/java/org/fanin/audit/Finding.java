package org.fanin.audit;

import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;

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

  /// What [#value] is, by kind.
  private static final Map<String, String> QUANTITY =
      Map.ofEntries(
          Map.entry("scale", "E w²·fan_in"),
          Map.entry("variance", "E w²"),
          Map.entry("shard-fans", "E w²"),
          Map.entry("uncorrected-truncation", "E w²"),
          Map.entry("std-off", "the standard deviation beside the siblings'"),
          Map.entry("mean", "the mean"),
          Map.entry("constant-weights", "the one value of all weights"),
          Map.entry("dead-rows", "the number of zero rows"),
          Map.entry("identical-rows", "the number of rows that repeat another"),
          Map.entry("not-zero", "the mean"),
          Map.entry("not-constant", "the mean"),
          Map.entry("forget-bias", "the mean"),
          Map.entry("residual-unscaled", "the standard deviation"),
          Map.entry("wrong-matrix-scaled", "the standard deviation"));

  /// The same finding about several tensors as one: where their numbers differ, their range, not
  /// the first one's.
  ///
  /// @param all of one kind, at least one
  public static Finding together(List<Finding> all) {
    Finding first = all.getFirst();
    String quantity = QUANTITY.get(first.kind);
    boolean same = all.stream().allMatch(f -> f.says.equals(first.says));
    boolean effects = all.stream().allMatch(f -> f.effect.equals(first.effect));
    if (same && effects || quantity == null) {
      return first;
    }
    String says = same ? first.says : quantity + range(all);
    return new Finding(
        first.level, first.kind, says, effects ? first.effect : "", first.value, first.wanted);
  }

  private static String range(List<Finding> all) {
    boolean scaled = all.stream().allMatch(f -> f.wanted > 0 && f.value > 0);
    DoubleSummaryStatistics range =
        all.stream().mapToDouble(f -> scaled ? f.value / f.wanted : f.value).summaryStatistics();
    String of = !scaled ? "" : all.stream().allMatch(f -> f.wanted == 1) ? "×" : "× what is wanted";
    String low = Numbers.of(range.getMin());
    String high = Numbers.of(range.getMax());
    return low.equals(high)
        ? " is " + low + of + " at each of " + all.size() + " tensors"
        : " is from " + low + " to " + high + of + " over " + all.size() + " tensors";
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
