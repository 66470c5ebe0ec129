package org.fanin.judge;

import java.util.LinkedHashMap;
import java.util.Map;

/// The limits that verdicts are held against, by name (`rule.level`). Ratios across depth are in
/// decades (log10) of second moments.
public record Thresholds(Map<String, Double> limits) {
  private static final Map<String, Double> DEFAULTS = defaults();

  public Thresholds {
    limits = Map.copyOf(limits);
  }

  /// The published limits (docs/verdicts.md).
  public static Thresholds standard() {
    return new Thresholds(DEFAULTS);
  }

  private static Map<String, Double> defaults() {
    Map<String, Double> m = new LinkedHashMap<>();
    m.put("vanishing.warn", 2.0);
    m.put("vanishing.fail", 4.0);
    m.put("exploding.warn", 2.0);
    m.put("exploding.fail", 4.0);
    m.put("norm-explosion.fail", 6.0);
    m.put("angle-collapse.warn", .95);
    m.put("angle-collapse.fail", .99);
    m.put("dead.warn", .2);
    m.put("dead.fail", .5);
    m.put("saturated.warn", .3);
    m.put("attention-collapse.warn", 1.0);
    m.put("attention-collapse.fail", 2.0);
    m.put("head-scale.warn", .5);
    m.put("head-scale.fail", 1.0);
    m.put("lottery.warn", .5);
    m.put("lottery.fail", 2.0);
    m.put("precision.warn", .05);
    m.put("coverage.warn", .99);
    return m;
  }

  /// Names that [#with] accepts, in the order of docs/verdicts.md.
  public static java.util.Set<String> names() {
    return java.util.Collections.unmodifiableSet(DEFAULTS.keySet());
  }

  public double get(String name) {
    Double v = limits.get(name);
    if (v == null) {
      throw new IllegalArgumentException("no threshold named " + name);
    }
    return v;
  }

  /// A copy with one limit changed.
  ///
  /// @throws IllegalArgumentException if there is no such limit or the value is not finite
  public Thresholds with(String name, double value) {
    if (!DEFAULTS.containsKey(name)) {
      throw new IllegalArgumentException(
          "no threshold named \"" + name + "\"; there are " + String.join(", ", DEFAULTS.keySet()));
    }
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("threshold " + name + " must be finite, found " + value);
    }
    Map<String, Double> m = new LinkedHashMap<>(limits);
    m.put(name, value);
    return new Thresholds(m);
  }
}
