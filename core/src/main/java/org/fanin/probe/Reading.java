package org.fanin.probe;

/// One tensor, measured: statistics over all its elements (batch, channel, position), in double.
/// NaN where a quantity does not exist (no gradient, fewer than two samples).
///
/// @param count elements
/// @param mean Σx/n
/// @param m2 Σx²/n
/// @param lnM2 ln m2, right even where m2 under- or overflows a double
/// @param cos mean cosine similarity between two different samples of the batch; samples that are
///   all zeros are left out
/// @param zeros share of exact zeros
/// @param gm2 mean square of the gradient for a cotangent at the outputs, summed over the batch
/// @param lnGm2 ln gm2
/// @param errors standard errors of the above, over samples of the batch (over elements where a
///   tensor has no batch axis)
/// @param activity what the elements do
/// @param values what low precision would do to the elements
/// @param gradients the same for the gradient
public record Reading(
    long count,
    double mean,
    double m2,
    double lnM2,
    double cos,
    double zeros,
    double gm2,
    double lnGm2,
    Errors errors,
    Activity activity,
    Range values,
    Range gradients) {

  public boolean hasGradient() {
    return !Double.isNaN(lnGm2);
  }

  /// Standard errors.
  public record Errors(
      double mean,
      double m2,
      double cos,
      double zeros,
      double saturated,
      double entropy,
      double gm2) {}

  /// @param nonFinite share of NaN and ±∞
  /// @param neverActive share of units (positions within a sample) that are 0 for every sample
  /// @param neverActiveChannels share of channels (axis 1) that are 0 everywhere
  /// @param saturated share of elements where a bounded activation's slope is under 1% of its
  ///   largest; NaN for other operators
  /// @param entropy of softmax rows: mean, as a share of that of the uniform law; NaN for other
  ///   operators
  /// @param identicalRows share of samples that equal an earlier sample to the last bit
  public record Activity(
      double nonFinite,
      double neverActive,
      double neverActiveChannels,
      double saturated,
      double entropy,
      double identicalRows) {
    static final Activity NONE =
        new Activity(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
  }

  /// Shares of the nonzero finite elements that a format rounds to 0 (`under`) or beyond its
  /// largest number (`over`), to nearest, ties to even.
  ///
  /// @param largest power of two just above the largest magnitude; `Integer.MIN_VALUE` when all are
  ///   0
  /// @param onePercent power of two below which 1% of the nonzero elements lie
  /// @param counted nonzero elements that `under` shares p and `onePercent` are told from, all or
  ///   some that are spread over the tensor: the standard error is √(p(1 − p)/counted)
  public record Range(
      double fp16Under,
      double fp16Over,
      double bf16Under,
      double bf16Over,
      double e4m3Under,
      double e4m3Over,
      double e5m2Under,
      double e5m2Over,
      int largest,
      int onePercent,
      long counted) {
    /// Of a tensor of zeros.
    public static final Range EMPTY =
        new Range(0, 0, 0, 0, 0, 0, 0, 0, Integer.MIN_VALUE, Integer.MIN_VALUE, 0);

    /// log₂ of the smallest loss scale that leaves at most 1% of the nonzero elements under fp16's
    /// smallest number; 0 when none is needed.
    public int fp16Scale() {
      return onePercent == Integer.MIN_VALUE ? 0 : Math.max(0, Magnitudes.FP16_UNDER - onePercent);
    }

    /// log₂ of the largest scale that keeps every element inside fp16.
    public int fp16Room() {
      return largest == Integer.MIN_VALUE ? Integer.MAX_VALUE : Magnitudes.FP16_OVER - largest;
    }
  }
}
