package org.fanin.compare;

import org.fanin.probe.Arithmetic;

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

  /// Standard errors within which a measurement is as predicted: beyond it is called an unlucky
  /// seed. 1.9% of right pairs are, in the median network (docs/measure.md, calibration).
  static final double LIKELY = 2;

  /// Standard errors beyond which no seed explains a measurement: at most .42% of right pairs in 46
  /// of 49 networks.
  static final double POSSIBLE = 4;

  /// Re-initialisations from which on they decide between an unlucky seed and a wrong rule.
  public static final int ENOUGH = 8;

  /// ln of the share of the network's largest second moment from which an exact zero cannot be
  /// told: squares of roundings, and some decades for what sums of many elements add to them.
  static double lnRounding(Arithmetic in) {
    return switch (in) {
      case FLOAT64 -> Math.log(1e-22);
      case FLOAT32 -> Math.log(1e-9);
    };
  }

  public enum Finding {
    /// What the network does follows from how it was initialised.
    AS_PREDICTED("as predicted"),
    /// Off the typical value, as some seeds are at this width and depth.
    UNLUCKY_SEED("unlucky seed (finite width)"),
    /// Farther off than any seed: the forecast is wrong here.
    RULE_OFF("Fanin's rule is off here"),
    /// Measured only: no rule, or the measurement is not finite.
    NOT_PREDICTED("not predicted");

    private final String words;

    Finding(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /// @param floor ln of the second moment up to which a measurement may be rounding where 0 is
  ///   predicted: that of the network's largest, and [#lnRounding]
  static Pair of(double lnPredicted, double spread, double lnMeasured, double error, double floor) {
    boolean finite = lnMeasured < Double.POSITIVE_INFINITY;
    if (Double.isNaN(lnPredicted) || !finite && lnPredicted != lnMeasured) {
      return new Pair(lnPredicted, spread, lnMeasured, error, Double.NaN, Finding.NOT_PREDICTED);
    }
    boolean zeroes = lnPredicted == Double.NEGATIVE_INFINITY && !(lnMeasured > floor);
    if (zeroes || lnPredicted == lnMeasured) {
      return new Pair(lnPredicted, spread, lnMeasured, error, 0, Finding.AS_PREDICTED);
    }
    double off = lnMeasured - lnPredicted;
    double z = off / Math.hypot(Double.isNaN(spread) ? 0 : spread, error);
    return new Pair(lnPredicted, spread, lnMeasured, error, z, finding(off, z));
  }

  private static Finding finding(double off, double z) {
    if (Math.abs(off) <= CLOSE || Math.abs(z) <= LIKELY) {
      return Finding.AS_PREDICTED;
    }
    return Math.abs(z) <= POSSIBLE ? Finding.UNLUCKY_SEED : Finding.RULE_OFF;
  }

  /// The same pair when the network has been initialised anew often enough. The rule is off where
  /// the mean of ln m2 over draws is farther from the typical value than 10% and than [#limit]
  /// standard errors, whatever the spread that was predicted. Otherwise this run is judged by the
  /// scatter that the draws have, and at worst an unlucky seed.
  ///
  /// @param sameSamples whether the draws share inputs and cotangent: the error of the samples does
  ///   not shrink with more of them then
  Pair judged(Draws.Spread over, int draws, boolean sameSamples) {
    boolean comparable = draws >= ENOUGH && Double.isFinite(over.lnTypical());
    if (finding == Finding.NOT_PREDICTED || !Double.isFinite(lnPredicted) || !comparable) {
      return this;
    }
    double rule = Math.abs(over.lnTypical() - lnPredicted);
    double mean = Math.hypot(over.spread() / Math.sqrt(draws), sameSamples ? error : 0);
    boolean off = rule > CLOSE && rule > limit(draws) * mean;
    double own = Math.abs(lnMeasured - over.lnTypical());
    boolean usual =
        Math.abs(lnMeasured - lnPredicted) <= CLOSE
            || own <= LIKELY * Math.hypot(over.spread() * Math.sqrt(1 + 1.0 / draws), error);
    Finding f = off ? Finding.RULE_OFF : usual ? Finding.AS_PREDICTED : Finding.UNLUCKY_SEED;
    return new Pair(lnPredicted, spread, lnMeasured, error, z, f);
  }

  /// The same pair where no seed explains it ([LeaningRules]).
  Pair ruleOff() {
    return new Pair(lnPredicted, spread, lnMeasured, error, z, Finding.RULE_OFF);
  }

  /// The quantile of Student's t with draws − 1 degrees of freedom that a normal law has at
  /// [#POSSIBLE]: two-sided 6.3e-5 (Abramowitz and Stegun 1964, 26.7.5, to order ν⁻³: really 7.4e-5
  /// at 8 draws, 6.4e-5 at 16).
  static double limit(int draws) {
    double x = POSSIBLE;
    double v = draws - 1;
    double x2 = x * x;
    double first = x * (x2 + 1) / 4;
    double second = x * ((5 * x2 + 16) * x2 + 3) / 96;
    double third = x * (((3 * x2 + 19) * x2 + 17) * x2 - 15) / 384;
    return x + (first + (second + third / v) / v) / v;
  }
}
