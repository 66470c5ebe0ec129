package org.fanin.probe;

/// A share or mean over samples.
///
/// @param error its standard error over samples; NaN when there are not two
public record Share(double value, double error) {
  /// Not asked, or does not exist.
  public static final Share NONE = new Share(Double.NaN, Double.NaN);

  /// @param bySample one number per sample, of equally many elements
  public static Share of(double... bySample) {
    int n = bySample.length;
    double mean = 0;
    for (double x : bySample) {
      mean += x / n;
    }
    double squares = 0;
    for (double x : bySample) {
      squares += (x - mean) * (x - mean);
    }
    return new Share(mean, n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1) / n));
  }
}
