package org.fanin.math;

import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// What functions of the catalogue are put together from.
final class FnParts {
  private static final List<Double> NONE = List.of();
  private static final List<Double> ZERO = List.of(0.0);

  private FnParts() {}

  static Fn smooth(String name, DoubleUnaryOperator f, DoubleUnaryOperator slope) {
    return general(name, f, slope, NONE, ZERO);
  }

  static Fn general(
      String name,
      DoubleUnaryOperator f,
      DoubleUnaryOperator slope,
      List<Double> kinks,
      List<Double> scales) {
    return new Fn(name, f, slope, kinks, scales, new Fn.Form.General());
  }

  /// Scale list for a bend of the given width at 0.
  static List<Double> bends(double width) {
    return width < 1 && width > 0 ? List.of(-width, 0.0, width) : ZERO;
  }

  static void finite(String name, double... parameters) {
    for (double p : parameters) {
      if (!Double.isFinite(p)) {
        throw new IllegalArgumentException(name + ": a parameter is " + p);
      }
    }
  }

  static double logistic(double x) {
    if (x >= 0) {
      return 1 / (1 + StrictMath.exp(-x));
    }
    double e = StrictMath.exp(x);
    return e / (1 + e);
  }
}
