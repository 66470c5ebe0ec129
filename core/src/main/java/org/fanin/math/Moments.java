package org.fanin.math;

/// One-input expectations of φ(u), u ~ N(mean, sd²).
///
/// @param mean E φ
/// @param ef2 E φ²; may be ∞ (1/x at 0) or overflow, then [#lnEf2] still holds the finite value
/// @param lnEf2 ln E φ²; −∞ for φ = 0
/// @param variance Var φ, computed about the mean, without cancellation
/// @param slopeMean E φ′
/// @param slopeM2 E φ′²
/// @param zf E z·φ with z = (u − mean)/sd; equals sd·E φ′ when φ has no jumps (Stein 1981)
/// @param kurtosis E φ⁴/(E φ²)²; NaN for φ = 0
/// @param slopeKurtosis E φ′⁴/(E φ′²)²; NaN for φ′ = 0
/// @param undefined share of the probability where φ has no value (√ and ln of negatives); the
///   other moments are then those of the rest
public record Moments(
    double mean,
    double ef2,
    double lnEf2,
    double variance,
    double slopeMean,
    double slopeM2,
    double zf,
    double kurtosis,
    double slopeKurtosis,
    double undefined) {
  static Moments exact(
      double mean,
      double ef2,
      double variance,
      double slopeMean,
      double slopeM2,
      double zf,
      double kurtosis,
      double slopeKurtosis) {
    return new Moments(
        mean,
        ef2,
        StrictMath.log(ef2),
        variance,
        slopeMean,
        slopeM2,
        zf,
        kurtosis,
        slopeKurtosis,
        0);
  }
}
