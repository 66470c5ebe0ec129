package org.fanin.compare;

/// A predicted second moment and the measured one.
///
/// @param lnPredicted ln of the typical value over initialisations; NaN when unknown
/// @param spread standard deviation over initialisations of ln m2 (finite width), predicted
/// @param lnMeasured ln of the measured value
/// @param error standard error of lnMeasured over samples of the batch; 0 when it has none
/// @param z (lnMeasured − lnPredicted)/√(spread² + error²); NaN when there is nothing to compare
public record Pair(
    double lnPredicted, double spread, double lnMeasured, double error, double z, Finding finding) {
  /// ln of a factor that matters to nobody, and that rules with approximations may be off by.
  static final double CLOSE = 0.1;

  /// Standard errors within which a measurement is as predicted. One pair in 22 of right ones is
  /// beyond: it is called an unlucky seed.
  static final double LIKELY = 2;

  /// Standard errors beyond which no seed explains a measurement: 6e-5 of right ones.
  static final double POSSIBLE = 4;

  /// From this spread on [#FAR] takes the place of [#POSSIBLE]: a chosen, not a measured, allowance
  /// for tails of ln m2 that are heavier than a normal law's.
  static final double WIDE = 0.5;

  static final double FAR = 6;

  /// Squares of doubles cannot tell an exact zero from this share of the network's largest.
  static final double LN_ROUNDING = Math.log(1e-22);

  public enum Finding {
    /// What the network does follows from how it was initialised.
    AS_PREDICTED("as predicted"),
    /// Off the typical value, as some seeds are at this width and depth.
    UNLUCKY_SEED("unlucky seed (finite width)"),
    /// Farther off than any seed: the forecast is wrong here.
    RULE_OFF("Fanin's rule is off here"),
    /// Measured only.
    NOT_PREDICTED("not predicted");

    private final String words;

    Finding(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /// @param lnLargest ln of the largest measured second moment of the network: what rounding is
  ///   held against where 0 is predicted
  static Pair of(
      double lnPredicted, double spread, double lnMeasured, double error, double lnLargest) {
    if (Double.isNaN(lnPredicted)) {
      return new Pair(lnPredicted, spread, lnMeasured, error, Double.NaN, Finding.NOT_PREDICTED);
    }
    double floor = lnLargest + LN_ROUNDING;
    boolean zeroes = lnPredicted == Double.NEGATIVE_INFINITY && !(lnMeasured > floor);
    if (zeroes || lnPredicted == lnMeasured) {
      return new Pair(lnPredicted, spread, lnMeasured, error, 0, Finding.AS_PREDICTED);
    }
    double off = lnMeasured - lnPredicted;
    double z = off / Math.hypot(Double.isNaN(spread) ? 0 : spread, error);
    return new Pair(lnPredicted, spread, lnMeasured, error, z, finding(off, z, spread));
  }

  private static Finding finding(double off, double z, double spread) {
    if (Math.abs(off) <= CLOSE || Math.abs(z) <= LIKELY) {
      return Finding.AS_PREDICTED;
    }
    double limit = spread >= WIDE ? FAR : POSSIBLE;
    return Math.abs(z) <= limit ? Finding.UNLUCKY_SEED : Finding.RULE_OFF;
  }
}
