package org.fanin.solve;

import java.util.Locale;

/// What is to stay level across depth.
public enum Target {
  /// The signal: Var(w) = 1/(fan_in·Eφ²).
  FORWARD(0),
  /// The gradient: Var(w) = 1/(fan_out·Eφ′²).
  BACKWARD(1),
  /// The geometric mean of the two variances: neither drifts by more than half of what it would
  /// under the other's.
  BOTH(.5);

  private final double weight;

  Target(double weight) {
    this.weight = weight;
  }

  /// The exponent of fan_in/fan_out by which a layer's variance departs from what the signal wants.
  double weight() {
    return weight;
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// @throws IllegalArgumentException naming the three
  public static Target named(String word) {
    for (Target t : values()) {
      if (t.word().equals(word)) {
        return t;
      }
    }
    throw new IllegalArgumentException(
        "no target \"" + word + "\"; there are forward, backward, both");
  }
}
