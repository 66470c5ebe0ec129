package org.fanin.audit;

/// What a layer does to the second moment of a signal that its activation has made.
///
/// @param activation before or after it; empty when none is known, then it is taken as linear
/// @param perLayer factor on the second moment by one such layer, where activations read N(0, 1): E
///   w²·fan_in·c²·E φ², c a constant between layer and activation
/// @param layers of its kind in a row
/// @param lnTotal ln of what all of them together make of the signal; 0 when normalisations set the
///   scale anew
/// @param lnGradient the same of the gradient on its way back
/// @param says in words
public record Effect(
    String activation,
    double perLayer,
    int layers,
    double lnTotal,
    double lnGradient,
    String says) {
  /// ln of four decades, where `fanin check` calls a signal lost (docs/verdicts.md).
  private static final double LOST = 9.21;

  /// Whether a signal or a gradient vanishes or explodes on its way through the layers.
  public boolean loses() {
    return !activation.isEmpty() && (Math.abs(lnTotal) > LOST || Math.abs(lnGradient) > LOST);
  }
}
