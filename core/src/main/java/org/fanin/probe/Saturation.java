package org.fanin.probe;

import java.util.Optional;
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

  /// Outputs strictly between are steep.
  private record Steep(double low, double high) {
    /// Both ends of middle ± radius are steep too.
    static Steep closed(double middle, double radius) {
      return new Steep(Math.nextDown(middle - radius), Math.nextUp(middle + radius));
    }

    boolean flat(double y) {
      return y <= low || y >= high;
    }

    /// How many of the elements [from, to) of y are flat; by their magnitudes where they decide.
    long flat(Magnitudes magnitudes, Tensor y, long from, long to) {
      if (low == -high) {
        return magnitudes.outside(from, to, -1, magnitudes.word(high));
      }
      if (low >= 0) {
        return magnitudes.outside(from, to, magnitudes.word(low), magnitudes.word(high));
      }
      long flat = 0;
      double[] part = new double[(int) Math.min(CHUNK, to - from)];
      for (long at = from; at < to; at += CHUNK) {
        int n = (int) Math.min(CHUNK, to - at);
        y.read(at, part, n);
        for (int i = 0; i < n; i++) {
          flat += flat(part[i]) ? 1 : 0;
        }
      }
      return flat;
    }
  }

  /// Share of outputs `y` of `fn` that are saturated; NaN when `fn` is not bounded.
  ///
  /// @param y contiguous
  /// @param batched axis 0 counts samples
  public static Share share(Statistics.Workspace work, Fn fn, Tensor y, boolean batched) {
    Optional<Steep> steep = steep(fn);
    if (steep.isEmpty() || y.count() == 0) {
      return Share.NONE;
    }
    double[] bySample = new double[batched ? (int) y.shape().dim(0) : 1];
    long length = y.count() / bySample.length;
    work.magnitudes().take(y);
    for (int r = 0; r < bySample.length; r++) {
      long flat = steep.get().flat(work.magnitudes(), y, r * length, (r + 1) * length);
      bySample[r] = (double) flat / length;
    }
    return Share.of(bySample);
  }

  /// The share that is to be expected of N(mean, deviation²) before `fn`; NaN when `fn` is not
  /// bounded, or is flat at every point that was tried.
  public static double expected(Fn fn, double mean, double deviation) {
    Optional<Steep> steep = steep(fn);
    double middle = Double.NaN;
    for (int i = 0; steep.isPresent() && i <= 2 * TRIED; i++) {
      // 0, 1/4, −1/4, 1/2, …
      double x = (i % 2 == 0 ? -1 : 1) * ((i + 1) / 2) * 0.25;
      if (Double.isNaN(middle) && !steep.get().flat(fn.at(x))) {
        middle = x;
      }
    }
    if (Double.isNaN(middle) || !(deviation >= 0)) {
      return Double.NaN;
    }
    double low = edge(fn, steep.get(), middle, -FAR);
    double high = edge(fn, steep.get(), middle, FAR);
    if (deviation == 0) {
      return mean <= low || mean >= high ? 1 : 0;
    }
    return Normal.cdf((low - mean) / deviation) + Normal.cdf((mean - high) / deviation);
  }

  /// Where flatness begins between a steep point and one far off; infinite when it does not.
  private static double edge(Fn fn, Steep steep, double middle, double far) {
    if (!steep.flat(fn.at(far))) {
      return far > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }
    double in = middle;
    double out = far;
    for (int i = 0; i < BISECTIONS; i++) {
      double x = (in + out) / 2;
      if (steep.flat(fn.at(x))) {
        out = x;
      } else {
        in = x;
      }
    }
    return out;
  }

  /// Where the slope is not under 1% of its largest, told from the output y: tanh′ = 1 − y²,
  /// sigmoid′ = y(1 − y), softsign′ = (1 − |y|)².
  private static Optional<Steep> steep(Fn fn) {
    String name = fn.name();
    if (name.startsWith("clip(") || name.equals("relu6") || name.equals("hard-tanh")) {
      return Optional.of(new Steep(fn.at(-Double.MAX_VALUE), fn.at(Double.MAX_VALUE)));
    }
    return Optional.ofNullable(
        switch (name) {
          case "tanh" -> Steep.closed(0, Math.sqrt(0.99));
          case "sigmoid" -> Steep.closed(0.5, Math.sqrt(0.2475));
          case "softsign" -> Steep.closed(0, 0.9);
          case "erf" -> Steep.closed(0, ERF);
          case "hard-sigmoid" -> new Steep(0, 1);
          default -> null;
        });
  }
}
