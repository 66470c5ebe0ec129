package org.fanin.spectrum;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/// Means with errors.
final class Moments {
  private Moments() {}

  static double mean(double[] x) {
    return Arrays.stream(x).sum() / x.length;
  }

  /// Of the mean; NaN for fewer than two.
  static double standardError(double[] x) {
    double m = mean(x);
    double s = Arrays.stream(x).map(v -> (v - m) * (v - m)).sum();
    return x.length < 2 ? Double.NaN : Math.sqrt(s / (x.length - 1) / x.length);
  }

  /// A value without most of its bias, and its standard error (Quenouille 1956, Tukey 1958).
  record Jackknife(double value, double error) {
    /// @param count of independent draws
    /// @param of the statistic without draw i; with all of them for −1
    static Jackknife of(int count, ToDoubleFunction<Integer> of) {
      double all = of.applyAsDouble(-1);
      double[] without = new double[count];
      for (int i = 0; i < count; i++) {
        without[i] = of.applyAsDouble(i);
      }
      double m = mean(without);
      double s = Arrays.stream(without).map(v -> (v - m) * (v - m)).sum();
      return new Jackknife(count * all - (count - 1) * m, Math.sqrt(s * (count - 1) / count));
    }
  }
}
