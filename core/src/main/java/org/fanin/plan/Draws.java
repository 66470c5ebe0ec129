package org.fanin.plan;

import java.util.List;
import org.fanin.math.TruncatedNormal;
import org.fanin.tensor.Shape;

/// What a draw promises, without drawing.
public final class Draws {
  private static final int STEPS = 4096;

  private Draws() {}

  /// Expected mean over all elements of a tensor of this shape, and over draws.
  ///
  /// @throws IllegalArgumentException when the draw does not fit the shape
  public static double mean(Draw draw, Shape shape) {
    return moments(draw, shape).mean();
  }

  /// Expected mean of w² over all elements.
  ///
  /// @throws IllegalArgumentException when the draw does not fit the shape
  public static double secondMoment(Draw draw, Shape shape) {
    return moments(draw, shape).m2();
  }

  /// Expected variance over all elements: E w² − (E w)². For centred draws that is the variance of
  /// one element.
  ///
  /// @throws IllegalArgumentException when the draw does not fit the shape
  public static double variance(Draw draw, Shape shape) {
    Moments m = moments(draw, shape);
    return m.constant() ? 0 : Math.max(0, m.m2() - m.mean() * m.mean());
  }

  /// @param constant every element the same number
  private record Moments(double mean, double m2, boolean constant) {
    Moments(double mean, double m2) {
      this(mean, m2, false);
    }

    static Moments around(double mean, double variance) {
      return new Moments(mean, variance + mean * mean);
    }
  }

  private static Moments moments(Draw draw, Shape shape) {
    return switch (draw) {
      case Draw.Constant(double v) -> new Moments(v, v * v, true);
      case Draw.Uniform(double low, double high) -> {
        double w = high - low;
        yield Moments.around(0.5 * (low + high), w * w / 12);
      }
      case Draw.Normal(double mean, double std) -> Moments.around(mean, std * std);
      case Draw.Truncated(double mean, double std, double cut) ->
          Moments.around(mean, std * std * TruncatedNormal.variance(cut));
      case Draw.Orthogonal(double gain, Draw.Matrix m) -> {
        double r = extent(shape, m.rows());
        double c = extent(shape, m.columns());
        yield new Moments(0, gain * gain / Math.max(r, c));
      }
      case Draw.Aligned d -> {
        double r = extent(shape, d.matrix().rows());
        double c = extent(shape, d.matrix().columns());
        yield new Moments(
            0, d.factor() * d.factor() / Math.max(r, c) + d.noiseStd() * d.noiseStd());
      }
      case Draw.DeltaOrthogonal(double gain, Draw.Matrix m, List<Integer> taps) -> {
        double r = extent(shape, m.rows());
        double c = extent(shape, m.columns());
        yield new Moments(0, gain * gain / Math.max(r, c) / extent(shape, taps));
      }
      case Draw.Identity(double gain, Draw.Matrix m, List<Integer> taps, int groups) ->
          identity(gain, m, taps, groups, shape);
      case Draw.Sparse(long nonZero, double std, Draw.Matrix m) -> {
        double c = extent(shape, m.columns());
        yield new Moments(0, std * std * Math.min(nonZero, c) / c);
      }
      case Draw.Parts p -> parts(p, shape);
      case Draw.Slice(Draw rest, int axis, long _, double v) -> {
        Moments m = moments(rest, shape);
        double share = 1.0 / axisExtent(shape, axis);
        yield new Moments(
            m.mean() * (1 - share) + v * share,
            m.m2() * (1 - share) + v * v * share,
            m.constant() && v == m.mean());
      }
      case Draw.SoftplusInverse(double low, double high) -> stepBias(low, high);
      case Draw.LogRange(int axis) -> logRange(axisExtent(shape, axis));
      case Draw.Hadamard(Draw.Matrix m, List<Integer> taps) -> hadamard(m, taps, shape);
    };
  }

  private static double extent(Shape shape, List<Integer> axes) {
    double n = 1;
    for (int a : axes) {
      n *= axisExtent(shape, a);
    }
    return n;
  }

  private static long axisExtent(Shape shape, int axis) {
    if (axis < 0 || axis >= shape.rank()) {
      throw new IllegalArgumentException("axis " + axis + " of a tensor of shape " + shape);
    }
    return Math.max(1, shape.dim(axis));
  }

  /// One on the diagonal of each group's block of rows.
  private static Moments identity(
      double gain, Draw.Matrix m, List<Integer> taps, int groups, Shape shape) {
    double r = extent(shape, m.rows());
    double c = extent(shape, m.columns());
    // A transposed convolution deals its columns, a plain one its rows; per group the other side
    // is whole.
    double ones = groups * Math.min(r / groups, c);
    double share = Math.min(1, ones / (r * c)) / extent(shape, taps);
    return new Moments(gain * share, gain * gain * share);
  }

  /// Identity up to a square; beyond it ±2^(−(m−1)/2), m = ⌈log₂ rows⌉, whose first column sums up
  /// and whose others cancel only where the rows are a power of two.
  private static Moments hadamard(Draw.Matrix m, List<Integer> taps, Shape shape) {
    double r = extent(shape, m.rows());
    double c = extent(shape, m.columns());
    double taken = extent(shape, taps);
    if (r <= c) {
      double share = r / (r * c) / taken;
      return new Moments(share, share);
    }
    int log = 64 - Long.numberOfLeadingZeros((long) r - 1);
    double square = StrictMath.pow(2, 1 - log);
    double mean = Math.sqrt(square) * signSum((long) r, (long) c) / (r * c);
    return new Moments(mean / taken, square / taken);
  }

  /// Σ over i < rows, j < columns of (−1)^(bits that i and j share).
  private static double signSum(long rows, long columns) {
    if (rows == 0 || columns == 0) {
      return 0;
    }
    // Every row of a whole Hadamard matrix but the first sums to 0.
    if (rows <= columns && Long.bitCount(columns) == 1) {
      return columns;
    }
    if (columns <= rows && Long.bitCount(rows) == 1) {
      return rows;
    }
    long half = Long.highestOneBit(Math.max(rows, columns) - 1);
    long r0 = Math.min(rows, half);
    long c0 = Math.min(columns, half);
    double s = signSum(r0, c0) + signSum(rows - r0, c0) + signSum(r0, columns - c0);
    return s - signSum(rows - r0, columns - c0);
  }

  private static Moments parts(Draw.Parts p, Shape shape) {
    long[] dims = shape.toArray();
    long whole = axisExtent(shape, p.axis());
    int n = p.parts().size();
    if (n == 0 || whole % n != 0) {
      throw new IllegalArgumentException(
          n + " equal parts of axis " + p.axis() + " of a tensor of shape " + shape);
    }
    dims[p.axis()] = whole / n;
    Shape part = Shape.of(dims);
    double mean = 0;
    double m2 = 0;
    Draw last = null;
    Moments m = null;
    for (Draw d : p.parts()) {
      m = d.equals(last) ? m : moments(d, part);
      last = d;
      mean += m.mean();
      m2 += m.m2();
    }
    boolean same = p.parts().stream().distinct().count() == 1;
    return new Moments(mean / n, m2 / n, same && m.constant());
  }

  /// Midpoint rule over the logarithm of the step.
  private static Moments stepBias(double low, double high) {
    double a = StrictMath.log(low);
    double width = StrictMath.log(high) - a;
    double mean = 0;
    double m2 = 0;
    for (int i = 0; i < STEPS; i++) {
      double step = StrictMath.exp(a + width * (i + 0.5) / STEPS);
      double b = step + StrictMath.log(-StrictMath.expm1(-step));
      mean += b / STEPS;
      m2 += b * b / STEPS;
    }
    return new Moments(mean, m2);
  }

  private static Moments logRange(long n) {
    double mean = 0;
    double m2 = 0;
    long counted = Math.min(n, 1 << 20);
    for (long i = 0; i < counted; i++) {
      double v = StrictMath.log1p(i);
      mean += v / counted;
      m2 += v * v / counted;
    }
    return new Moments(mean, m2);
  }
}
