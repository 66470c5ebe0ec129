package org.fanin.probe;

import java.util.Optional;
import java.util.function.DoublePredicate;
import org.fanin.math.Fn;
import org.fanin.math.Normal;
import org.fanin.tensor.Tensor;

/// Where a bounded activation is flat: its slope is under 1% of its largest. Told from the output.
public final class Saturation {
  private static final int CHUNK = 2048;

  /// erf(√ln 100): beyond, erf′ is under 1% of 2/√π.
  private static final double ERF = 0.997595;

  private static final int TRIED = 80;
  private static final double FAR = 1e4;

  /// 1e4 halved so often is less than a double's rounding at 1.
  private static final int BISECTIONS = 70;

  private Saturation() {}

  /// Share of outputs `y` of `fn` that are saturated; NaN when `fn` is not bounded.
  ///
  /// @param batched axis 0 counts samples
  public static Share share(Fn fn, Tensor y, boolean batched) {
    Optional<DoublePredicate> flat = flat(fn);
    if (flat.isEmpty() || y.count() == 0) {
      return Share.NONE;
    }
    double[] bySample = new double[batched ? (int) y.shape().dim(0) : 1];
    count(flat.get(), y, bySample);
    long length = y.count() / bySample.length;
    for (int r = 0; r < bySample.length; r++) {
      bySample[r] /= length;
    }
    return Share.of(bySample);
  }

  /// Adds how many elements of each sample are flat. Pieces are read whole, whatever the samples'
  /// length.
  private static void count(DoublePredicate flat, Tensor y, double[] bySample) {
    long n = y.count();
    long length = n / bySample.length;
    double[] part = new double[(int) Math.min(CHUNK, n)];
    for (long at = 0; at < n; at += CHUNK) {
      int m = (int) Math.min(CHUNK, n - at);
      y.read(at, part, m);
      for (int i = 0; i < m; ) {
        int r = (int) ((at + i) / length);
        int end = (int) Math.min(m, (r + 1) * length - at);
        int c = 0;
        for (; i < end; i++) {
          c += flat.test(part[i]) ? 1 : 0;
        }
        bySample[r] += c;
      }
    }
  }

  /// The share that is to be expected of N(mean, deviation²) before `fn`; NaN when `fn` is not
  /// bounded, or is flat at every point that was tried.
  public static double expected(Fn fn, double mean, double deviation) {
    Optional<DoublePredicate> flat = flat(fn);
    double middle = Double.NaN;
    for (int i = 0; flat.isPresent() && i <= 2 * TRIED; i++) {
      // 0, 1/4, −1/4, 1/2, …
      double x = (i % 2 == 0 ? -1 : 1) * ((i + 1) / 2) * 0.25;
      if (Double.isNaN(middle) && !flat.get().test(fn.at(x))) {
        middle = x;
      }
    }
    if (Double.isNaN(middle) || !(deviation >= 0)) {
      return Double.NaN;
    }
    double low = edge(fn, flat.get(), middle, -FAR);
    double high = edge(fn, flat.get(), middle, FAR);
    if (deviation == 0) {
      return mean <= low || mean >= high ? 1 : 0;
    }
    return Normal.cdf((low - mean) / deviation) + Normal.cdf((mean - high) / deviation);
  }

  /// Where flatness begins between a steep point and one far off; infinite when it does not.
  private static double edge(Fn fn, DoublePredicate flat, double steep, double far) {
    if (!flat.test(fn.at(far))) {
      return far > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }
    double in = steep;
    double out = far;
    for (int i = 0; i < BISECTIONS; i++) {
      double x = (in + out) / 2;
      if (flat.test(fn.at(x))) {
        out = x;
      } else {
        in = x;
      }
    }
    return out;
  }

  private static Optional<DoublePredicate> flat(Fn fn) {
    String name = fn.name();
    if (name.startsWith("clip(") || name.equals("relu6") || name.equals("hard-tanh")) {
      double lo = fn.at(-Double.MAX_VALUE);
      double hi = fn.at(Double.MAX_VALUE);
      return Optional.of(y -> y <= lo || y >= hi);
    }
    return Optional.ofNullable(
        switch (name) {
          case "tanh" -> y -> 1 - y * y < 0.01;
          case "sigmoid" -> y -> y * (1 - y) < 0.0025;
          case "softsign" -> y -> (1 - Math.abs(y)) * (1 - Math.abs(y)) < 0.01;
          case "erf" -> y -> Math.abs(y) > ERF;
          case "hard-sigmoid" -> y -> y <= 0 || y >= 1;
          default -> null;
        });
  }
}
