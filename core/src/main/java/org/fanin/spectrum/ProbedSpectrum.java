package org.fanin.spectrum;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.fanin.spectrum.JacobianSpectrum.Extremes;

/// Stochastic Lanczos quadrature (Ubaru, Chen & Saad 2017): each random direction's Gauss
/// quadrature is an unbiased sample of the spectrum, up to the moments that its steps resolve.
final class ProbedSpectrum {
  private final int rows;
  private final int columns;
  private final List<List<Bidiagonal.Ritz>> probes = new ArrayList<>();
  private final int blocks;

  private ProbedSpectrum(BlockMap map) {
    rows = map.rows();
    columns = map.columns();
    blocks = map.blocks();
  }

  /// @param map no more rows than columns
  static ProbedSpectrum of(BlockMap map, SpectrumSettings s) {
    ProbedSpectrum p = new ProbedSpectrum(map);
    for (int i = 0; i < s.probes(); i++) {
      p.probes.add(Bidiagonal.run(map, s.steps(), s.seed(), i));
    }
    return p;
  }

  List<Extremes> extremes() {
    return IntStream.range(0, blocks).mapToObj(this::extremes).toList();
  }

  private Extremes extremes(int block) {
    double largest = -1;
    double error = 0;
    boolean complete = false;
    for (List<Bidiagonal.Ritz> p : probes) {
      Bidiagonal.Ritz r = p.get(block);
      complete |= r.complete();
      if (r.values()[0] > largest) {
        largest = r.values()[0];
        error = r.errors()[0];
      }
    }
    double floor = Extremes.floor(largest, rows, columns);
    double smallest = Double.POSITIVE_INFINITY;
    double zeros = 0;
    for (List<Bidiagonal.Ritz> p : probes) {
      Bidiagonal.Ritz r = p.get(block);
      for (int i = 0; i < r.values().length; i++) {
        if (r.values()[i] > floor) {
          smallest = Math.min(smallest, r.values()[i]);
        } else {
          zeros += r.weights()[i] * rows / probes.size();
        }
      }
    }
    double none = Double.isInfinite(smallest) ? Double.NaN : smallest;
    return new Extremes(largest, error, none, !complete, complete ? zeros : Double.NaN);
  }

  /// Largest scale of all probes and blocks.
  private double scale() {
    return probes.stream()
        .flatMap(List::stream)
        .mapToDouble(Bidiagonal.Ritz::scale)
        .max()
        .orElse(1);
  }

  /// Mean over probes, except one, of uᵀ(AAᵀ)^(power/2)·u over scale^power.
  private double moment(int block, int power, int except, double scale) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < probes.size(); i++) {
      if (i != except) {
        Bidiagonal.Ritz r = probes.get(i).get(block);
        double m = power == 2 ? r.moment2() : r.moment4();
        sum += m * Math.pow(r.scale() / scale, power);
        n++;
      }
    }
    return sum / n;
  }

  private double[] perBlock(IntToDoubleFunction f) {
    return IntStream.range(0, blocks).mapToDouble(f).toArray();
  }

  Estimate lnMeanSquare() {
    double scale = scale();
    double[] all = perBlock(b -> moment(b, 2, -1, scale));
    if (Moments.mean(all) == 0) {
      return new Estimate(Double.NEGATIVE_INFINITY, 0, 0);
    }
    Moments.Jackknife j =
        Moments.Jackknife.of(
            probes.size(), i -> Moments.mean(perBlock(b -> moment(b, 2, i, scale))));
    double mean = Moments.mean(all);
    return new Estimate(
        Math.log(mean) + 2 * Math.log(scale), j.error() / mean, Moments.standardError(all) / mean);
  }

  Estimate relativeVariance() {
    double scale = scale();
    int[] some = IntStream.range(0, blocks).filter(b -> moment(b, 2, -1, scale) > 0).toArray();
    if (some.length == 0) {
      return new Estimate(Double.NaN, 0, Double.NaN);
    }
    Moments.Jackknife j =
        Moments.Jackknife.of(
            probes.size(),
            i -> Moments.mean(Arrays.stream(some).mapToDouble(b -> ratio(b, i, scale)).toArray()));
    double[] all = Arrays.stream(some).mapToDouble(b -> ratio(b, -1, scale)).toArray();
    return new Estimate(j.value(), j.error(), Moments.standardError(all));
  }

  private double ratio(int block, int except, double scale) {
    double m2 = moment(block, 2, except, scale);
    return moment(block, 4, except, scale) / (m2 * m2) - 1;
  }

  /// One row of points per probe, all blocks together.
  LogDensity density() {
    double[] floors =
        extremes().stream().mapToDouble(e -> Extremes.floor(e.largest(), rows, columns)).toArray();
    List<LogDensity.Points> points = new ArrayList<>();
    for (List<Bidiagonal.Ritz> p : probes) {
      int n = p.stream().mapToInt(r -> r.values().length).sum();
      double[] values = new double[n];
      double[] weights = new double[n];
      int at = 0;
      for (int b = 0; b < blocks; b++) {
        Bidiagonal.Ritz r = p.get(b);
        for (int i = 0; i < r.values().length; i++) {
          values[at] = r.values()[i] > floors[b] ? r.values()[i] : 0;
          weights[at++] = r.weights()[i] / blocks;
        }
      }
      points.add(new LogDensity.Points(values, weights));
    }
    return LogDensity.of(points, true);
  }

  /// 0 where every chain ended by itself.
  double resolution() {
    double coarsest = 0;
    for (List<Bidiagonal.Ritz> p : probes) {
      for (Bidiagonal.Ritz r : p) {
        double here = r.complete() ? 0 : Math.PI * r.values()[0] / r.values().length;
        coarsest = Math.max(coarsest, here);
      }
    }
    return coarsest;
  }
}
