package org.fanin.audit;

/// What the finite elements of a tensor, or of a part of it, add up to.
///
/// @param count all elements, finite or not
/// @param mean E w
/// @param m2 E w²
/// @param m4 E w⁴
/// @param min smallest finite element; +∞ when there is none
/// @param max largest finite element; −∞ when there is none
/// @param zeros elements that are exactly ±0
/// @param nan elements that are not a number
/// @param infinite elements that are ±∞
public record Moments(
    long count,
    double mean,
    double m2,
    double m4,
    double min,
    double max,
    long zeros,
    long nan,
    long infinite) {
  /// Elements the moments are taken over.
  public long finite() {
    return count - nan - infinite;
  }

  /// max |w|; 0 when no element is finite.
  public double largest() {
    return finite() == 0 ? 0 : Math.max(Math.abs(min), Math.abs(max));
  }

  /// Population variance.
  public double variance() {
    return Math.max(0, m2 - mean * mean);
  }

  /// E w⁴/(E w²)²: 3 for a normal law, 1.8 for a uniform one; NaN for zeros.
  public double kurtosis() {
    return m4 / (m2 * m2);
  }

  /// Standard errors that the mean lies off zero.
  public double meanZ() {
    return m2 == 0 ? 0 : mean / Math.sqrt(m2 / finite());
  }
}
