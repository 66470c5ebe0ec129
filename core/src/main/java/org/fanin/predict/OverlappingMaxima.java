package org.fanin.predict;

import org.fanin.graph.Op;
import org.fanin.math.MaxOfNormals;

/// Maxima of windows that share elements. With elements √ρ·z₀ + √(1−ρ)·z_i two maxima have the
/// covariance of their windows' common parts and (1−ρ) times that of the maxima of independent
/// normals of which some are the same ([MaxOfNormals#covariance]).
final class OverlappingMaxima {
  /// Elements of a window beyond which distances are not looked at.
  private static final long LARGEST = 1 << 14;

  private OverlappingMaxima() {}

  /// Whether windows are few and small enough to be compared element by element.
  static boolean told(Op.Pool op) {
    long elements = 1;
    for (int k : op.kernel()) {
      elements *= Math.min(k, LARGEST);
    }
    return op.kernel().size() <= 2 && elements <= LARGEST;
  }

  /// @param top the maxima, on the output's shape, with pairs of far windows only
  /// @param x what is under them
  /// @param count mean number of elements of a window
  static Field of(Field top, Maximum max, Field x, Op.Pool op, double count) {
    if (!Nearby.possible(top) || !Nearby.possible(x) || !told(op)) {
      return top;
    }
    double v = x.centred();
    if (v < 1e-12) {
      return top;
    }
    double square = x.mean * x.mean;
    Nearby under = Nearby.of(x);
    double within = Math.clamp((between(under, op, 0, 0) - square) / v, 0, 1);
    double own = max.mean() * max.mean() + max.sd() * max.sd();
    return Nearby.put(
        top,
        Nearby.filled(
            (d, g) -> {
              if (d == 0 && g == 0) {
                return own;
              }
              double across = between(under, op, d, g) - square;
              double same =
                  MaxOfNormals.covariance(count, count * (far(d) || far(g) ? 0 : shared(op, d, g)));
              return max.mean() * max.mean() + across + v * (1 - within) * same;
            }));
  }

  /// Mean moment of different elements of two windows, d outputs down and g to the right.
  static double between(Nearby x, Op.Pool op, int d, int g) {
    boolean flat = op.kernel().size() < 2;
    return x.between(
        op.kernel().get(0),
        flat ? 1 : op.kernel().get(1),
        apart(op, 0, d),
        flat ? 0 : apart(op, 1, g));
  }

  /// Inputs between windows `d` outputs apart; those of the last distance class share nothing.
  private static int apart(Op.Pool op, int axis, int d) {
    int far = op.kernel().get(axis) + Nearby.REACH;
    return d < Nearby.REACH ? d * op.strides().get(axis) : far;
  }

  private static boolean far(int d) {
    return d >= Nearby.REACH;
  }

  /// Share of a window's elements that the other has too.
  private static double shared(Op.Pool op, int d, int g) {
    double s = 1;
    for (int i = 0; i < op.kernel().size(); i++) {
      double k = op.kernel().get(i);
      s *= Math.max(0, k - (i == 0 ? d : g) * op.strides().get(i)) / k;
    }
    return s;
  }

  /// What windows that have the same largest element add to the second moment of its gradient: of
  /// two windows that share s of their elements s/(2 − s) agree when elements are exchangeable, and
  /// their gradients add there.
  ///
  /// @param g gradient of the maxima; the result is relative to its second moment
  static double again(Op.Pool op, Field g) {
    if (!Nearby.possible(g) || !told(op)) {
      return 0;
    }
    Nearby alike = Nearby.of(g);
    double sum = 0;
    int rows = reach(op, 0);
    int columns = op.kernel().size() < 2 ? 0 : reach(op, 1);
    for (int d = -rows; d <= rows; d++) {
      for (int e = -columns; e <= columns; e++) {
        double s = shared(op, Math.abs(d), Math.abs(e));
        double there = neighbours(g, 2, d) * (columns == 0 ? 1 : neighbours(g, 3, e));
        double k = alike.k()[Nearby.step(d)][Nearby.step(e)];
        sum += d == 0 && e == 0 ? 0 : there * s / (2 - s) * k;
      }
    }
    return Math.max(0, sum);
  }

  /// Share of the outputs that have one d further along the axis.
  private static double neighbours(Field g, int axis, int d) {
    return Math.max(0, 1 - Math.abs(d) / (double) g.dim(axis));
  }

  /// Outputs along an axis to the last window that overlaps.
  private static int reach(Op.Pool op, int axis) {
    return (op.kernel().get(axis) - 1) / op.strides().get(axis);
  }
}
