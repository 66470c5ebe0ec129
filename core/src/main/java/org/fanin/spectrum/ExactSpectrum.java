package org.fanin.spectrum;

import java.util.ArrayList;
import java.util.List;
import org.fanin.spectrum.JacobianSpectrum.Extremes;

/// The whole matrices, element by element.
final class ExactSpectrum {
  private final int rows;
  private final int columns;
  private final List<double[]> values;

  private ExactSpectrum(int rows, int columns, List<double[]> values) {
    this.rows = rows;
    this.columns = columns;
    this.values = values;
  }

  /// Singular values of every block.
  ///
  /// @param map no more rows than columns
  static ExactSpectrum of(BlockMap map) {
    int k = map.rows();
    double[][][] dense = new double[map.blocks()][k][];
    for (int i = 0; i < k; i++) {
      double[][] unit = new double[map.blocks()][k];
      for (double[] u : unit) {
        u[i] = 1;
      }
      double[][] row = map.transposed(unit);
      for (int b = 0; b < row.length; b++) {
        dense[b][i] = row[b];
        if (!Double.isFinite(Vectors.largest(row[b]))) {
          throw new NotFiniteException();
        }
      }
    }
    List<double[]> all = new ArrayList<>();
    for (int b = 0; b < dense.length; b++) {
      all.add(JacobiSvd.values(dense[b]));
      dense[b] = null;
    }
    return new ExactSpectrum(k, map.columns(), all);
  }

  private double floor(double[] s) {
    return Extremes.floor(s[0], rows, columns);
  }

  List<Extremes> extremes() {
    return values.stream().map(this::extremes).toList();
  }

  private Extremes extremes(double[] s) {
    double floor = floor(s);
    double smallest = Double.NaN;
    int zeros = 0;
    for (double x : s) {
      if (x > floor) {
        smallest = x;
      } else {
        zeros++;
      }
    }
    return new Extremes(s[0], 0, smallest, false, zeros);
  }

  Estimate lnMeanSquare() {
    double top = values.stream().mapToDouble(s -> s[0]).max().orElse(0);
    if (top == 0) {
      return new Estimate(Double.NEGATIVE_INFINITY, 0, 0);
    }
    double[] x = values.stream().mapToDouble(s -> meanOfPowers(s, top, 2)).toArray();
    double mean = Moments.mean(x);
    return new Estimate(Math.log(mean) + 2 * Math.log(top), 0, Moments.standardError(x) / mean);
  }

  private static double meanOfPowers(double[] s, double scale, int power) {
    double sum = 0;
    for (double x : s) {
      sum += Math.pow(x / scale, power);
    }
    return sum / s.length;
  }

  Estimate relativeVariance() {
    double[] x =
        values.stream()
            .filter(s -> s[0] > 0)
            .mapToDouble(ExactSpectrum::relativeVariance)
            .toArray();
    return x.length == 0
        ? new Estimate(Double.NaN, 0, Double.NaN)
        : new Estimate(Moments.mean(x), 0, Moments.standardError(x));
  }

  /// Σ(σ² − mean)²/k/mean², in two passes: what is nearly isometric would lose all digits in one.
  private static double relativeVariance(double[] s) {
    double mean = meanOfPowers(s, s[0], 2);
    double sum = 0;
    for (double x : s) {
      double d = (x / s[0]) * (x / s[0]) / mean - 1;
      sum += d * d;
    }
    return sum / s.length;
  }

  LogDensity density() {
    List<LogDensity.Points> points = new ArrayList<>();
    for (double[] s : values) {
      double floor = floor(s);
      double[] shown = s.clone();
      double[] weights = new double[s.length];
      for (int i = 0; i < s.length; i++) {
        shown[i] = s[i] > floor ? s[i] : 0;
        weights[i] = 1.0 / s.length;
      }
      points.add(new LogDensity.Points(shown, weights));
    }
    return LogDensity.of(points, false);
  }
}
