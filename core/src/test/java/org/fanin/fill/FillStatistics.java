package org.fanin.fill;

import java.util.ArrayList;
import java.util.List;
import org.fanin.math.Normal;

/// Statistics of the elements themselves, each as a number of standard errors from what the law
/// says. Seeds are fixed: a figure that is far off is a defect, or the one false alarm in a million
/// that |z| < 5 allows per figure.
///
/// Kolmogorov–Smirnov is on 4096 bins of equal probability, its value transformed to a z of the
/// same probability (Marsaglia et al. 2003, asymptotic series); χ² of the same bins by Wilson &
/// Hilferty.
final class FillStatistics {
  /// @param z standard errors from the expected value
  record Figure(String what, double z) {}

  private static final int BINS = 4096;
  private static final int CHUNK = 1 << 16;
  private static final int MOMENTS = 6;

  private final List<Figure> figures = new ArrayList<>();
  private final long n;

  private FillStatistics(long n) {
    this.n = n;
  }

  /// @param n elements of each law
  static List<Figure> of(long n) {
    var s = new FillStatistics(n);
    s.law("normal", RandomValues.normal(key(1, "a"), 0, 0, NormalLaw.of(0, 1)), 0);
    s.law("truncated ±2", RandomValues.normal(key(4, "a"), 0, 0, NormalLaw.truncated(0, 1, 2)), 2);
    s.law(
        "truncated ±.5",
        RandomValues.normal(key(2, "a"), 0, 0, NormalLaw.truncated(0, 1, 0.5)),
        0.5);
    s.law("uniform", RandomValues.uniform(key(5, "a"), UniformLaw.of(-1, 1)), -1);
    s.pairs("neighbouring names", source(1, "layer1.weight", 0), source(1, "layer2.weight", 0), 0);
    s.pairs("neighbouring seeds", source(1, "a", 0), source(2, "a", 0), 0);
    s.pairs("elements and matrices", source(1, "a", 0), source(1, "a", 1), 0);
    for (int lag : new int[] {1, 15, 16, 17, 255, 256, 4096}) {
      s.pairs("elements i and i + " + lag, source(3, "a", 0), source(3, "a", 0), lag);
    }
    s.bits();
    return s.figures;
  }

  private static StreamKey key(long seed, String name) {
    return StreamKey.of(seed, name);
  }

  private static Values source(long seed, String name, int purpose) {
    return RandomValues.normal(key(seed, name), purpose, 0, NormalLaw.of(0, 1));
  }

  /// @param cut 0: none; −1: the law is U(−1, 1)
  private void law(String name, Values values, double cut) {
    double[] sums = new double[MOMENTS + 1];
    long[] bins = new long[BINS];
    long[] beyond = new long[6];
    float[] x = new float[CHUNK];
    for (long at = 0; at < n; at += CHUNK) {
      int size = (int) Math.min(CHUNK, n - at);
      values.read(at, x, 0, size);
      for (int i = 0; i < size; i++) {
        double p = cut < 0 ? 0.5 + 0.5 * x[i] : probability(x[i], cut);
        bins[(int) Math.min(BINS - 1, BINS * p)]++;
        beyond[(int) Math.min(5, Math.abs(x[i]))]++;
        double power = 1;
        for (int k = 1; k <= MOMENTS; k++) {
          sums[k] += power *= x[i];
        }
      }
    }
    for (int k = 1; k <= MOMENTS; k++) {
      double mean = moment(k, cut);
      double variance = moment(2 * k, cut) - mean * mean;
      add(name + ": mean of x^" + k, (sums[k] / n - mean) / Math.sqrt(variance / n));
    }
    shape(name, bins);
    if (cut == 0) {
      for (int sigma = 3; sigma <= 5; sigma++) {
        long count = 0;
        for (int k = sigma; k <= 5; k++) {
          count += beyond[k];
        }
        double expected = n * Normal.erfc(sigma * Math.sqrt(0.5));
        // Anscombe's root is close to normal also for few events.
        add(
            name + ": beyond " + sigma + "σ",
            2 * (Math.sqrt(count + 0.375) - Math.sqrt(expected + 0.375)));
      }
    }
  }

  private static double probability(double x, double cut) {
    double p = Normal.cdf(x);
    return cut == 0 ? p : (p - Normal.cdf(-cut)) / (1 - 2 * Normal.cdf(-cut));
  }

  /// E xᵏ.
  private static double moment(int k, double cut) {
    if (k % 2 == 1) {
      return 0;
    }
    if (cut < 0) {
      return 1.0 / (k + 1);
    }
    double kept = cut == 0 ? 1 : 1 - 2 * Normal.cdf(-cut);
    double m = 1;
    for (int j = 2; j <= k; j += 2) {
      double edge = cut == 0 ? 0 : 2 * StrictMath.pow(cut, j - 1) * Normal.pdf(cut) / kept;
      m = (j - 1) * m - edge;
    }
    return m;
  }

  private void shape(String name, long[] bins) {
    double expected = (double) n / BINS;
    double chi2 = 0;
    double largest = 0;
    long below = 0;
    for (int b = 0; b < BINS; b++) {
      double d = bins[b] - expected;
      chi2 += d * d / expected;
      below += bins[b];
      largest = Math.max(largest, Math.abs(below - (b + 1) * expected));
    }
    double free = BINS - 1;
    double third = 2 / (9 * free);
    add(name + ": χ² of 4096 bins", (Math.cbrt(chi2 / free) - 1 + third) / Math.sqrt(third));
    double d = largest / Math.sqrt(n);
    double p = 0;
    for (int k = 1; k < 100; k++) {
      p += (k % 2 == 1 ? 2 : -2) * StrictMath.exp(-2.0 * k * k * d * d);
    }
    p = Math.clamp(d < 0.2 ? 1 : p, 1e-300, 1);
    add(name + ": Kolmogorov–Smirnov", -Normal.quantile(p / 2));
  }

  /// Correlations of x and y, and of their squares.
  private void pairs(String name, Values a, Values b, int lag) {
    float[] x = new float[CHUNK];
    float[] y = new float[CHUNK];
    double xy = 0;
    double squares = 0;
    for (long at = 0; at < n; at += CHUNK) {
      int size = (int) Math.min(CHUNK, n - at);
      a.read(at, x, 0, size);
      b.read(at + lag, y, 0, size);
      for (int i = 0; i < size; i++) {
        xy += (double) x[i] * y[i];
        squares += ((double) x[i] * x[i] - 1) * ((double) y[i] * y[i] - 1);
      }
    }
    add(name + ": correlation", xy / Math.sqrt(n));
    add(name + ": correlation of squares", squares / (2 * Math.sqrt(n)));
  }

  /// How often each bit of a word is set, and equals that of the next element.
  private void bits() {
    long[] set = new long[32];
    long[] same = new long[32];
    int[] w = new int[CHUNK];
    StreamKey key = key(5, "bits");
    for (long at = 0; at < n; at += CHUNK) {
      int size = (int) Math.min(CHUNK, n - at);
      Words.read(key, 0, 0, at, w, size);
      for (int b = 0; b < 32; b++) {
        int ones = 0;
        int equal = 0;
        for (int i = 0; i < size; i++) {
          ones += w[i] >>> b & 1;
          equal += (w[i] ^ w[i ^ 1]) >>> b & 1;
        }
        set[b] += ones;
        same[b] += equal / 2;
      }
    }
    for (int b = 0; b < 32; b++) {
      add("bit " + b + " set", (2.0 * set[b] - n) / Math.sqrt(n));
      add("bit " + b + " equal in pairs", (4.0 * same[b] - n) / Math.sqrt(2.0 * n));
    }
  }

  private void add(String what, double z) {
    figures.add(new Figure(what, z));
  }

  /// Words that z32 and z64 are tried on in full: `errors`.
  private static void errors() {
    NormalLaw law = NormalLaw.of(0, 1);
    double worst = 0;
    double relative = 0;
    for (long m = 0; m < 1L << 31; m++) {
      double v = (m + 0.5) * 0x1p-31;
      double z;
      if (v > 0.5) {
        z = -Normal.quantile(0.5 * ((1L << 31) - m - 0.5) * 0x1p-31);
      } else {
        z = Normal.quantile(0.5 + 0.5 * v);
        z -= (Normal.erf(z * Math.sqrt(0.5)) - v) / (2 * Normal.pdf(z));
      }
      double error = Math.abs(law.z32((int) m) - z);
      worst = Math.max(worst, error);
      relative = Math.max(relative, error / z);
    }
    System.out.printf("2^31 magnitudes: absolute error %.3g, relative %.3g%n", worst, relative);
  }

  /// @param args number of elements, or `errors`
  public static void main(String[] args) {
    if (args[0].equals("errors")) {
      errors();
      return;
    }
    List<Figure> all = of((long) Double.parseDouble(args[0]));
    double squares = 0;
    double largest = 0;
    for (Figure f : all) {
      System.out.printf("%-45s %7.3f%n", f.what, f.z);
      squares += f.z * f.z;
      largest = Math.max(largest, Math.abs(f.z));
    }
    System.out.printf(
        "%d figures of %s elements, kernel %s: mean square %.3f, largest %.3f (limit 5: one false"
            + " alarm in %.0f runs)%n",
        all.size(),
        args[0],
        Kernels.best().name(),
        squares / all.size(),
        largest,
        1 / (all.size() * 5.7e-7));
    System.exit(largest < 5 ? 0 : 1);
  }
}
