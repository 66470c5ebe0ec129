package org.fanin.spectrum;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Shares of directions by log10 σ. A singular value between the centres of two bins belongs to
/// both in proportion, so that the shares do not jump.
///
/// @param width of a bin in decades
/// @param first centre of the first bin: a whole number of widths, so that σ = 1 is a centre
/// @param shares of all directions, by bin
/// @param errors their standard errors over random probes; 0 for what is exact
/// @param zeros share of the directions with σ = 0
/// @param zerosError its standard error
public record LogDensity(
    double width,
    double first,
    List<Double> shares,
    List<Double> errors,
    double zeros,
    double zerosError) {
  private static final double[] WIDTHS = {0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50};
  private static final int MOST_BINS = 21;

  public LogDensity {
    shares = List.copyOf(shares);
    errors = List.copyOf(errors);
  }

  /// Centre of bin i: log10 σ.
  public double centre(int i) {
    return first + i * width;
  }

  /// Points on the axis of σ with weights, of one probe.
  record Points(double[] values, double[] weights) {}

  /// @param probes weights of each add up to 1
  /// @param random whether the probes are random, and the errors so to be had from them
  static LogDensity of(List<Points> probes, boolean random) {
    double lo = Double.POSITIVE_INFINITY;
    double hi = Double.NEGATIVE_INFINITY;
    for (Points p : probes) {
      for (int i = 0; i < p.values.length; i++) {
        if (p.values[i] > 0 && p.weights[i] > 1e-6) {
          lo = Math.min(lo, Math.log10(p.values[i]));
          hi = Math.max(hi, Math.log10(p.values[i]));
        }
      }
    }
    if (lo > hi) {
      return new LogDensity(1, 0, List.of(), List.of(), 1, 0);
    }
    double width = width(hi - lo);
    long from = (long) Math.floor(lo / width + 1e-9);
    int bins = (int) ((long) Math.ceil(hi / width - 1e-9) - from) + 1;
    double[][] rows = new double[probes.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(probes.get(i), width, from, bins);
    }
    return of(rows, width, from * width, bins, random);
  }

  private static double width(double span) {
    return Arrays.stream(WIDTHS).filter(w -> span / w <= MOST_BINS - 1).findFirst().orElse(50);
  }

  /// Shares, those of zeros last.
  private static double[] row(Points p, double width, long from, int bins) {
    double[] r = new double[bins + 1];
    for (int i = 0; i < p.values.length; i++) {
      if (p.values[i] <= 0) {
        r[bins] += p.weights[i];
        continue;
      }
      double x = Math.clamp(Math.log10(p.values[i]) / width - from, 0, bins - 1);
      int at = (int) Math.min(Math.floor(x), Math.max(0, bins - 2));
      r[at] += p.weights[i] * (1 - (x - at));
      if (at + 1 < bins) {
        r[at + 1] += p.weights[i] * (x - at);
      }
    }
    return r;
  }

  private static LogDensity of(
      double[][] rows, double width, double first, int bins, boolean random) {
    List<Double> shares = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    for (int k = 0; k <= bins; k++) {
      int at = k;
      double[] x = Arrays.stream(rows).mapToDouble(r -> r[at]).toArray();
      shares.add(Moments.mean(x));
      errors.add(random ? Moments.standardError(x) : 0);
    }
    return new LogDensity(
        width,
        first,
        shares.subList(0, bins),
        errors.subList(0, bins),
        shares.get(bins),
        errors.get(bins));
  }
}
