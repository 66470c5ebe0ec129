package org.fanin.probe;

import java.util.Optional;
import java.util.function.DoublePredicate;
import org.fanin.math.Fn;
import org.fanin.tensor.Tensor;

/// Where a bounded activation is flat: its slope is under 1% of its largest. Told from the output.
public final class Saturation {
  private static final int CHUNK = 2048;

  /// erf(√ln 100): beyond, erf′ is under 1% of 2/√π.
  private static final double ERF = 0.997595;

  private Saturation() {}

  /// Share of outputs `y` of `fn` that are saturated; NaN when `fn` is not bounded.
  public static double share(Fn fn, Tensor y) {
    Optional<DoublePredicate> flat = flat(fn);
    if (flat.isEmpty() || y.count() == 0) {
      return Double.NaN;
    }
    double[] part = new double[CHUNK];
    long n = 0;
    for (long at = 0; at < y.count(); at += CHUNK) {
      int m = (int) Math.min(CHUNK, y.count() - at);
      y.read(at, part, m);
      for (int i = 0; i < m; i++) {
        n += flat.get().test(part[i]) ? 1 : 0;
      }
    }
    return (double) n / y.count();
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
