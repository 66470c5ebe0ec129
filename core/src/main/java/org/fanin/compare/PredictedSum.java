package org.fanin.compare;

import java.util.Optional;
import org.fanin.predict.Forecast.Backward;
import org.fanin.probe.Arithmetic;
import org.fanin.spectrum.Estimate;

/// Adds up squared gradients that a forecast knows.
final class PredictedSum {
  private double ln = Double.NEGATIVE_INFINITY;
  private double largest = Double.NEGATIVE_INFINITY;
  private double spread;
  private boolean known = true;

  /// @param g second moment of one of `count` elements; null when there is no forecast of them
  void add(Backward g, long count) {
    switch (g) {
      case null -> known = false;
      case Backward.Unknown _ -> known = false;
      case Backward.None _ -> {}
      case Backward.Known k -> {
        double part = k.lnGm2Typical() + Math.log(count);
        if (part > largest) {
          largest = part;
          spread = k.lnSpread();
        }
        ln = sum(ln, part);
      }
    }
  }

  private static double sum(double a, double b) {
    double top = Math.max(a, b);
    return top == Double.NEGATIVE_INFINITY
        ? top
        : top + Math.log(Math.exp(a - top) + Math.exp(b - top));
  }

  /// The sum over exp(lnShare) beside its measurement; the spread is that of the largest part.
  Optional<Pair> beside(Estimate measured, double lnShare) {
    if (!known) {
      return Optional.empty();
    }
    double error = measured.sampleError();
    return Optional.of(
        Pair.of(
            ln - lnShare,
            spread,
            measured.value(),
            Double.isFinite(error) ? error : measured.probeError(),
            Math.max(measured.value(), 0) + Pair.lnRounding(Arithmetic.FLOAT64)));
  }
}
