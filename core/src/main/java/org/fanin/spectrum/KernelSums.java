package org.fanin.spectrum;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.fanin.math.Addressed;
import org.fanin.probe.Linearised.Part;

/// Gathers inner products of the samples' gradients, one cotangent of the outputs at a time.
final class KernelSums {
  private static final long STREAM = 1L << 41;

  private final Samples samples;
  private final int outputs;
  private final boolean exact;
  private final long seed;
  private final List<Part> weights;

  /// By cotangent: Θ as S×S, and what each parameter adds to its trace; over scale².
  private final List<double[][]> kernels = new ArrayList<>();

  private final List<double[]> parts = new ArrayList<>();
  private double scale;

  KernelSums(Samples samples, SpectrumSettings s) {
    this.samples = samples;
    outputs = Math.toIntExact(samples.network().outputs() / samples.batch());
    exact = outputs <= s.kernelOutputs();
    seed = s.seed();
    weights = samples.network().weights();
  }

  void run(int probes, PassCounter passes) {
    for (int k = 0; k < (exact ? outputs : probes); k++) {
      double[] u = cotangent(k);
      double[][] gradients = new double[samples.count()][];
      for (int i = 0; i < gradients.length; i++) {
        passes.next();
        double[][] only = new double[samples.batch()][];
        only[i] = u;
        double[] all = samples.joined(only, samples.network().to());
        gradients[i] = scaled(samples.network().pullBackToParameters(all));
      }
      add(gradients);
    }
  }

  /// One output, or random signs for all of them: the same for every sample, as Θ pairs each output
  /// with itself (Hutchinson 1990).
  private double[] cotangent(int k) {
    double[] u = new double[outputs];
    if (exact) {
      u[k] = 1;
    } else {
      for (int j = 0; j < outputs; j++) {
        u[j] = Addressed.bits(seed, STREAM + k, j) < 0 ? -1 : 1;
      }
    }
    return u;
  }

  /// The first gradient that is not 0 sets the scale, so that squares stay in range.
  private double[] scaled(double[] g) {
    double top = Vectors.largest(g);
    if (!Double.isFinite(top)) {
      throw new NotFiniteException();
    }
    if (scale == 0 && top > 0) {
      scale = Vectors.power(top);
    }
    if (top > 0) {
      Vectors.scale(g, 1 / scale);
    }
    return g;
  }

  private void add(double[][] gradients) {
    int n = gradients.length;
    double[][] kernel = new double[n][n];
    double[] part = new double[weights.size()];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        int at = 0;
        for (int p = 0; p < part.length; p++) {
          int size = Math.toIntExact(weights.get(p).shape().count());
          double dot = Vectors.dot(gradients[i], gradients[j], at, at + size);
          kernel[i][j] += dot;
          part[p] += i == j ? dot : 0;
          at += size;
        }
        kernel[j][i] = kernel[i][j];
      }
    }
    kernels.add(kernel);
    parts.add(part);
  }

  /// Sum over outputs, over scale²; without one of the cotangents.
  private double[][] kernel(int except) {
    int n = samples.count();
    double[][] sum = new double[n][n];
    for (int k = 0; k < kernels.size(); k++) {
      for (int i = 0; i < n && k != except; i++) {
        Vectors.add(sum[i], factor(except), kernels.get(k)[i]);
      }
    }
    return sum;
  }

  /// A random mixture has Θ's sum over outputs as its mean.
  private double factor(int except) {
    return exact ? 1 : 1.0 / (except < 0 ? kernels.size() : kernels.size() - 1);
  }

  private static double[] diagonal(double[][] a) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i][i]).toArray();
  }

  TangentKernel result(int passes) {
    double[][] sum = kernel(-1);
    double[] diagonal = diagonal(sum);
    double mean = Moments.mean(diagonal);
    for (double[] row : sum) {
      Vectors.scale(row, mean == 0 ? 1 : 1 / mean);
    }
    double[] eigenvalues = SymmetricEigen.values(sum);
    return new TangentKernel(
        diagonal.length,
        outputs,
        exact,
        passes,
        lnMeanDiagonal(diagonal, mean),
        Arrays.stream(sum).map(r -> Arrays.stream(r).boxed().toList()).toList(),
        Arrays.stream(eigenvalues).boxed().toList(),
        lnCondition(eigenvalues),
        shares());
  }

  private Estimate lnMeanDiagonal(double[] diagonal, double mean) {
    if (mean == 0) {
      return new Estimate(Double.NEGATIVE_INFINITY, 0, 0);
    }
    double error = exact ? 0 : jackknife(i -> Moments.mean(diagonal(kernel(i)))).error() / mean;
    double ln = Math.log(mean) + 2 * Math.log(scale) - Math.log(outputs);
    return new Estimate(ln, error, Moments.standardError(diagonal) / mean);
  }

  private Moments.Jackknife jackknife(java.util.function.ToDoubleFunction<Integer> f) {
    return Moments.Jackknife.of(kernels.size(), f);
  }

  private Estimate lnCondition(double[] eigenvalues) {
    double ln = lnRatio(eigenvalues);
    double error =
        exact || !Double.isFinite(ln)
            ? 0
            : jackknife(i -> lnRatio(SymmetricEigen.values(kernel(i)))).error();
    return new Estimate(ln, error, Double.NaN);
  }

  private static double lnRatio(double[] e) {
    double top = e[0];
    double least = e[e.length - 1];
    if (!(top > 0)) {
      return Double.NaN;
    }
    boolean rounding = least <= e.length * JacobianSpectrum.Extremes.ROUNDING * top;
    return rounding ? Double.POSITIVE_INFINITY : Math.log(top / least);
  }

  private List<TangentKernel.Share> shares() {
    List<TangentKernel.Share> all = new ArrayList<>();
    for (int p = 0; p < weights.size(); p++) {
      int at = p;
      double error = exact ? 0 : jackknife(i -> share(at, i)).error();
      all.add(new TangentKernel.Share(weights.get(p).name(), share(p, -1), error));
    }
    return all;
  }

  private double share(int parameter, int except) {
    double all = 0;
    double own = 0;
    for (int k = 0; k < parts.size(); k++) {
      if (k != except) {
        all += Arrays.stream(parts.get(k)).sum();
        own += parts.get(k)[parameter];
      }
    }
    return all == 0 ? 0 : own / all;
  }
}
