package org.fanin.predict;

import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.fanin.math.SoftmaxMoments;
import org.fanin.math.Sums;

/// Softmax moments averaged over rows that keep different numbers of keys: one number, 1 … T
/// (causal), or any.
final class RowLaw {
  /// Rows of an irregular mask are represented by this many of their quantiles.
  private static final int QUANTILES = 9;

  /// Longer causal rows are interpolated between powers of 2, where t times their moment is nearly
  /// even.
  private static final int EXACT = 8;

  private RowLaw() {}

  /// E Σ a².
  static double own(List<Integer> rows, double s) {
    double sr = rounded(s);
    if (causal(rows)) {
      return SoftmaxMoments.causalConcentration(rows.size(), sr);
    }
    return average(rows, t -> SoftmaxMoments.concentration(t, sr));
  }

  /// E Σ a a′ of two rows whose logits correlate by rho; `otherRow` when they are different rows of
  /// one mask, which share only the keys both keep.
  static double pair(List<Integer> rows, double s, double rho, boolean otherRow) {
    double sr = rounded(s);
    double grid = 100 * Math.max(1, Math.ceil(sr * sr));
    double r = Math.clamp(Math.round(rho * grid) / grid, -1, 1);
    if (!causal(rows)) {
      return average(rows, t -> SoftmaxMoments.pairConcentration(t, sr, r));
    }
    int t = rows.size();
    if (!otherRow) {
      return SoftmaxMoments.causalPairConcentration(t, sr, r);
    }
    // About e^{ρs²}/max(t, t′); the mean of 1/max over pairs of rows is (2 − H_T/T)/T.
    return SoftmaxMoments.pairConcentration(t, sr, r) * (2 - Sums.harmonic(t) / t);
  }

  /// E H of the rows, as a share of the entropy of `keys` equal weights.
  static double entropy(List<Integer> rows, double keys, double s) {
    double sr = rounded(s);
    return average(rows, t -> SoftmaxMoments.entropy(t, sr)) / Math.log(keys);
  }

  /// E Σ a²(1 − 2a + Σ a²).
  static double backward(List<Integer> rows, double s) {
    double sr = rounded(s);
    return average(rows, t -> SoftmaxMoments.jacobianM2(t, sr));
  }

  /// E (1 − Σ a²)².
  static double open(List<Integer> rows, double s) {
    double sr = rounded(s);
    return average(
        rows,
        t -> {
          double left = 1 - SoftmaxMoments.concentration(t, sr);
          return left * left;
        });
  }

  /// E Σ a²(1 − 2a + Σ a²) of each row of a causal mask; empty for other masks.
  static Optional<double[]> causalBackward(List<Integer> rows, double s) {
    return causalRows(rows, s, SoftmaxMoments::jacobianM2);
  }

  /// E (1 − Σ a²)² of each row of a causal mask.
  static Optional<double[]> causalOpen(List<Integer> rows, double s) {
    return causalRows(
        rows,
        s,
        (t, sr) -> {
          double left = 1 - SoftmaxMoments.concentration(t, sr);
          return left * left;
        });
  }

  private static Optional<double[]> causalRows(List<Integer> rows, double s, RowMoment law) {
    if (!causal(rows)) {
      return Optional.empty();
    }
    double sr = rounded(s);
    double[] r = new double[rows.size()];
    for (int from = 2; from <= r.length; from *= 2) {
      int to = Math.min(2 * from, r.length);
      double a = law.at(from, sr) * from;
      double b = law.at(to, sr) * to;
      for (int t = from; t <= to; t++) {
        double w = to == from ? 0 : (t - from) / (double) (to - from);
        r[t - 1] = t <= EXACT ? law.at(t, sr) : ((1 - w) * a + w * b) / t;
      }
    }
    return Optional.of(r);
  }

  private interface RowMoment {
    double at(int keys, double s);
  }

  /// Three significant digits: nearly equal layers share one quadrature.
  private static double rounded(double s) {
    if (s < 1e-6) {
      return 0;
    }
    double unit = Math.pow(10, Math.floor(Math.log10(s)) - 2);
    return Math.round(s / unit) * unit;
  }

  private static boolean causal(List<Integer> rows) {
    int t = rows.size();
    if (t < 2 || rows.getFirst() != 1 || rows.getLast() != t) {
      return false;
    }
    for (int i = 0; i < t; i++) {
      if (rows.get(i) != i + 1) {
        return false;
      }
    }
    return true;
  }

  private static double average(List<Integer> rows, IntToDoubleFunction law) {
    int[] sorted = rows.stream().mapToInt(t -> Math.max(1, t)).sorted().toArray();
    if (sorted[0] == sorted[sorted.length - 1]) {
      return law.applyAsDouble(sorted[0]);
    }
    double sum = 0;
    int n = Math.min(QUANTILES, sorted.length);
    for (int i = 0; i < n; i++) {
      sum += law.applyAsDouble(sorted[(int) ((i + 0.5) * sorted.length / n)]) / n;
    }
    return sum;
  }
}
