package org.fanin.probe;

import java.util.Arrays;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// From elements to a [Reading]. Sums are in double; squares that leave a double's range are summed
/// again at a scale where they do not.
public final class Statistics {
  private static final int CHUNK = 2048;

  /// A tensor without samples is cut into so many runs for its standard errors.
  private static final int BLOCKS = 64;

  /// Unless that makes them shorter than this; but no fewer than [#LEAST].
  private static final int RUN = 1024;

  private static final int LEAST = 16;

  /// What a reading has of the elements themselves.
  record Forward(
      long count,
      double mean,
      double lnM2,
      double zeros,
      double nonFinite,
      Cosines cosines,
      Units units,
      double meanSe,
      double relativeM2Se,
      Reading.Range range,
      double zerosSe) {}

  record Backward(double lnGm2, double relativeSe, Reading.Range range) {}

  record Cosines(double cos, double se, double identical) {
    static final Cosines NONE = new Cosines(Double.NaN, Double.NaN, Double.NaN);
  }

  record Units(double never, double channels) {
    static final Units NONE = new Units(Double.NaN, Double.NaN);
  }

  /// Buffers that many readings use one after the other; for one thread.
  public static final class Workspace {
    private final ElementSums sums = new ElementSums();
    private final Magnitudes magnitudes = new Magnitudes();

    Magnitudes magnitudes() {
      return magnitudes;
    }
  }

  private final Tensor elements;
  private final Shape shape;
  private final int rows;
  private final long length;
  private final ElementSums sums;
  private final Magnitudes magnitudes;
  private final double[] rowSum;
  private final double[] rowSquares;
  private double allSum;
  private double allSquares;
  private int power;

  /// @param means whether Σx is wanted beside Σx²
  private Statistics(Workspace work, Tensor elements, boolean batched, boolean means) {
    this.elements = elements;
    this.shape = elements.shape();
    sums = work.sums;
    magnitudes = work.magnitudes;
    long n = elements.count();
    rows = n == 0 ? 1 : (int) (batched ? shape.dim(0) : runs(n));
    length = n / rows;
    rowSum = new double[rows];
    rowSquares = new double[rows];
    sum(means);
  }

  private static long runs(long n) {
    return Math.min(n, Math.clamp(n / RUN, LEAST, BLOCKS));
  }

  /// A reading without gradient.
  ///
  /// @param elements contiguous
  /// @param batched axis 0 counts samples
  /// @param saturated [Share#NONE] when not asked
  /// @param entropy [Share#NONE] when not asked
  public static Reading forward(
      Workspace work, Tensor elements, boolean batched, Share saturated, Share entropy) {
    Forward f = new Statistics(work, elements, batched, true).elements(batched);
    double m2 = Math.exp(f.lnM2);
    return new Reading(
        f.count,
        f.mean,
        m2,
        f.lnM2,
        f.cosines.cos,
        f.zeros,
        Double.NaN,
        Double.NaN,
        new Reading.Errors(
            f.meanSe,
            m2 * f.relativeM2Se,
            f.cosines.se,
            f.zerosSe,
            saturated.error(),
            entropy.error(),
            Double.NaN),
        new Reading.Activity(
            f.nonFinite,
            f.units.never,
            f.units.channels,
            saturated.value(),
            entropy.value(),
            f.cosines.identical),
        f.range,
        Reading.Range.EMPTY);
  }

  /// `reading` with the gradient's share filled in.
  ///
  /// @param gradient contiguous
  public static Reading withGradient(
      Workspace work, Reading reading, Tensor gradient, boolean batched) {
    Backward b = new Statistics(work, gradient, batched, false).gradient();
    return with(reading, b.lnGm2, b.relativeSe, b.range);
  }

  /// The reading of `by` times the elements that `work` read last, whose reading is given. What an
  /// operator made them for (saturation, entropy) is not asked.
  ///
  /// @param by not 0
  public static Reading scaled(Workspace work, Reading reading, double by) {
    double square = by * by;
    Reading.Errors e = reading.errors();
    Reading.Activity a = reading.activity();
    double lnM2 = reading.lnM2() + Math.log(square);
    return new Reading(
        reading.count(),
        by * reading.mean(),
        Math.exp(lnM2),
        lnM2,
        reading.cos(),
        reading.zeros(),
        Double.NaN,
        Double.NaN,
        new Reading.Errors(
            Math.abs(by) * e.mean(),
            square * e.m2(),
            e.cos(),
            e.zeros(),
            Double.NaN,
            Double.NaN,
            Double.NaN),
        new Reading.Activity(
            a.nonFinite(),
            a.neverActive(),
            a.neverActiveChannels(),
            Double.NaN,
            Double.NaN,
            a.identicalRows()),
        work.magnitudes.range(by),
        Reading.Range.EMPTY);
  }

  /// `reading` with the gradient's share of `other`, whose gradient `work` read last, times `by`.
  ///
  /// @param by not 0
  public static Reading withScaledGradient(
      Workspace work, Reading reading, Reading other, double by) {
    double lnGm2 = other.lnGm2() + Math.log(by * by);
    double relative = other.errors().gm2() / other.gm2();
    return with(reading, lnGm2, relative, work.magnitudes.range(by));
  }

  /// `reading` with the gradient's share of `other`, whose gradient has the same elements.
  public static Reading withGradientOf(Reading reading, Reading other) {
    return with(reading, other.lnGm2(), other.errors().gm2() / other.gm2(), other.gradients());
  }

  /// `reading` of a value whose gradient is exactly 0.
  public static Reading withoutGradient(Reading reading) {
    return with(reading, Double.NEGATIVE_INFINITY, 0, Reading.Range.EMPTY);
  }

  private static Reading with(Reading r, double lnGm2, double relativeSe, Reading.Range range) {
    double gm2 = Math.exp(lnGm2);
    Reading.Errors e = r.errors();
    return new Reading(
        r.count(),
        r.mean(),
        r.m2(),
        r.lnM2(),
        r.cos(),
        r.zeros(),
        gm2,
        lnGm2,
        new Reading.Errors(
            e.mean(),
            e.m2(),
            e.cos(),
            e.zeros(),
            e.saturated(),
            e.entropy(),
            gm2 == 0 ? 0 : gm2 * relativeSe),
        r.activity(),
        r.values(),
        range);
  }

  // ---- sums ----

  private void sum(boolean means) {
    magnitudes.count(elements);
    boolean scaled = !magnitudes.safe() && magnitudes.nonFinite() == 0;
    power = scaled ? magnitudes.largest() : 0;
    sums.take(elements, power);
    for (int r = 0; r < rows; r++) {
      sums.row(first(r), first(r + 1), means);
      rowSum[r] = scaled ? Math.scalb(sums.sum, power) : sums.sum;
      rowSquares[r] = sums.squared;
      allSum += rowSum[r];
      allSquares += rowSquares[r];
    }
  }

  private static double total(double[] v) {
    double s = 0;
    for (double x : v) {
      s += x;
    }
    return s;
  }

  private long first(int row) {
    return row == rows ? elements.count() : row * length;
  }

  private double lnMeanSquare() {
    return Math.log(allSquares / Math.max(1, elements.count())) + 2 * power * Math.log(2);
  }

  /// Standard error of the mean of `v` over rows.
  ///
  /// @param all its sum
  private double error(double[] v, double all) {
    if (rows < 2) {
      return Double.NaN;
    }
    double mean = all / rows;
    double ss = 0;
    for (double x : v) {
      ss += (x - mean) * (x - mean);
    }
    return Math.sqrt(ss / (rows - 1) / rows);
  }

  /// That of Σx², as a share of it.
  private double squaresError() {
    double se = error(rowSquares, allSquares);
    return allSquares == 0 ? 0 * se : se / (allSquares / rows);
  }

  private Backward gradient() {
    return new Backward(lnMeanSquare(), squaresError(), magnitudes.range(1));
  }

  private Forward elements(boolean batched) {
    long n = Math.max(1, elements.count());
    long zeros = magnitudes.zeros();
    boolean compare = batched && rows > 1 && magnitudes.nonFinite() == 0 && length > 0;
    // The range first: counting by rows overwrites what it looks at.
    Reading.Range range = magnitudes.range(1);
    double[] rowZeros = new double[rows];
    Units units = byRow(rowZeros, batched && zeros >= rows && length < Integer.MAX_VALUE - 8);
    return new Forward(
        elements.count(),
        allSum / n,
        lnMeanSquare(),
        (double) zeros / n,
        (double) magnitudes.nonFinite() / n,
        compare && length < Integer.MAX_VALUE - 8 ? cosines() : Cosines.NONE,
        batched && length < Integer.MAX_VALUE - 8 ? units : Units.NONE,
        error(rowSum, allSum) / length,
        squaresError(),
        range,
        error(rowZeros, total(rowZeros)) / length);
  }

  // ---- between samples ----

  private Cosines cosines() {
    double[] by = new double[rows];
    int k = 0;
    for (int r = 0; r < rows; r++) {
      if (rowSquares[r] > 0) {
        k++;
        by[r] = 1 / Math.sqrt(rowSquares[r]);
      }
    }
    double[] dot = new double[rows];
    sums.products(length, by, dot);
    double all = total(dot);
    double cos = k < 2 ? Double.NaN : (all - k) / ((double) k * (k - 1));
    return new Cosines(cos, k < 3 ? Double.NaN : jackknife(dot, by, all, k), identical());
  }

  /// Leave one sample out (Efron 1982).
  private static double jackknife(double[] dot, double[] by, double all, int k) {
    double[] left = new double[k];
    int i = 0;
    for (int r = 0; r < dot.length; r++) {
      if (by[r] != 0) {
        left[i++] = (all - 2 * dot[r] + 1 - (k - 1)) / ((k - 1.0) * (k - 2));
      }
    }
    double mean = total(left) / k;
    double ss = 0;
    for (double x : left) {
      ss += (x - mean) * (x - mean);
    }
    return Math.sqrt(ss * (k - 1) / k);
  }

  private double identical() {
    int same = 0;
    for (int r = 1; r < rows; r++) {
      for (int q = 0; q < r; q++) {
        // Equal sums first: almost never by chance.
        if (rowSum[q] == rowSum[r] && rowSquares[q] == rowSquares[r] && equal(q, r)) {
          same++;
          break;
        }
      }
    }
    return (double) same / rows;
  }

  private boolean equal(int q, int r) {
    double[] one = new double[CHUNK];
    double[] other = new double[CHUNK];
    for (long at = 0; at < length; at += CHUNK) {
      int n = (int) Math.min(CHUNK, length - at);
      elements.read(first(q) + at, one, n);
      elements.read(first(r) + at, other, n);
      if (!Arrays.equals(one, 0, n, other, 0, n)) {
        return false;
      }
    }
    return true;
  }

  /// Counts zeros row by row and, when asked, what is zero in every row.
  ///
  /// @param zeros filled in
  private Units byRow(double[] zeros, boolean units) {
    if (magnitudes.zeros() == 0) {
      return new Units(0, 0);
    }
    int[][] marks = units ? marks() : null;
    for (int r = 0; r < rows; r++) {
      zeros[r] = magnitudes.zeros(first(r), first(r + 1), marks);
    }
    return units ? dead(marks) : new Units(0, 0);
  }

  private int[][] marks() {
    int[][] m = new int[(int) ((length + Magnitudes.BLOCK - 1) / Magnitudes.BLOCK)][];
    Arrays.setAll(
        m, k -> new int[(int) Math.min(Magnitudes.BLOCK, length - (long) k * Magnitudes.BLOCK)]);
    return m;
  }

  private Units dead(int[][] marks) {
    int channels = shape.rank() < 3 ? (int) length : (int) shape.dim(1);
    int each = (int) length / Math.max(1, channels);
    int dead = 0;
    for (int[] block : marks) {
      dead += Magnitudes.unmarked(block);
    }
    int deadChannels = each == 1 ? dead : 0;
    for (int c = 0; each > 1 && dead >= each && c < channels; c++) {
      deadChannels += silent(marks, c * each, each) ? 1 : 0;
    }
    return new Units(
        (double) dead / Math.max(1, length), (double) deadChannels / Math.max(1, channels));
  }

  /// Whether units [from, from + n) are zero in every row.
  private static boolean silent(int[][] marks, int from, int n) {
    for (int i = from; i < from + n; i++) {
      if (marks[i / Magnitudes.BLOCK][i % Magnitudes.BLOCK] != 0) {
        return false;
      }
    }
    return true;
  }
}
