package org.fanin.graph;

import java.util.Arrays;
import java.util.Optional;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Recognises values that follow a formula along an axis. Steps of one length, sines and cosines of
/// any frequency, windowed across the axis or not, and geometric progressions all solve x[n+1] +
/// x[n−1] = c·x[n] with a c of their own for every line; numbers that were drawn do not.
///
/// The first line that does not ends the search, so a weight costs a few reads.
final class Progressions {
  /// Lines shorter than this prove nothing when there are several, or when there is one.
  private static final int SHORTEST = 5;

  private static final int SHORTEST_ALONE = 8;

  /// From here on the two ends may differ: a pseudo-inverse halves the rows of frequency 0 and of
  /// the highest one.
  private static final int WITH_ENDS = 9;

  /// Residual over variation: phases of single precision are off by 1e-3 after ten thousand turns.
  private static final double TOLERANCE = 5e-3;

  private static final int PREFIX = 48;
  private static final int SAMPLED = 97;

  /// Lines that are smaller than this beside others are what rounding left of 0: sin(πk).
  private static final double NOTHING = 1e-6;

  /// Lines that change by less than this share of their size are constant.
  private static final double STILL = 1e-4;

  private enum Line {
    CONSTANT,
    STEPS,
    WAVE,
    GEOMETRIC,
    NONE
  }

  private final Tensor t;
  private final double rounding;
  private final double top;
  private double[] values = new double[PREFIX];

  private Progressions(Tensor t) {
    this.t = t;
    this.rounding = roundingOf(t.dtype());
    this.top = sampledTop(t);
  }

  /// The largest of a few elements.
  private static double sampledTop(Tensor t) {
    double top = 0;
    for (int i = 0; i < SAMPLED; i++) {
      double v = Math.abs(t.at((long) ((double) t.count() * i / SAMPLED * 0.999)));
      top = Double.isFinite(v) ? Math.max(top, v) : top;
    }
    return top;
  }

  /// @return [Buffer.Kind#GRID], [Buffer.Kind#SINUSOIDS] or [Buffer.Kind#FREQUENCIES]
  static Optional<Buffer> of(Tensor t) {
    Shape s = t.shape();
    Progressions p = new Progressions(t);
    for (int a = 0; a < s.rank(); a++) {
      if (s.dim(a) >= SHORTEST && (s.dim(a) >= SHORTEST_ALONE || s.count() / s.dim(a) >= 4)) {
        Optional<Buffer> found = p.along(a);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /// Whole lines; halves, for tables that hold all cosines and then all sines; every second
  /// element, for tables that hold them in turn.
  private Optional<Buffer> along(int axis) {
    int n = (int) t.shape().dim(axis);
    Optional<Buffer> whole = all(axis, n, 1, 1);
    if (whole.isPresent() || n % 2 != 0 || n / 2 < SHORTEST_ALONE) {
      return whole;
    }
    Optional<Buffer> halves = all(axis, n / 2, 2, 1);
    return halves.isPresent() ? halves : all(axis, n / 2, 2, 2);
  }

  /// @param n elements of a line
  /// @param parts lines that one walk along the axis is cut into
  /// @param step elements of the axis from one to the next: 1, or `parts` for lines in turn
  private Optional<Buffer> all(int axis, int n, int parts, int step) {
    long inner = 1;
    for (int a = axis + 1; a < t.shape().rank(); a++) {
      inner *= t.shape().dim(a);
    }
    long length = t.shape().dim(axis);
    long outer = t.count() / inner / length;
    long[] seen = new long[Line.values().length];
    for (long o = 0; o < outer; o++) {
      for (long i = 0; i < inner; i++) {
        for (int p = 0; p < parts; p++) {
          long from = o * length * inner + i + (step == 1 ? (long) p * n : p) * inner;
          Line line = line(from, step * inner, n);
          if (line == Line.NONE) {
            return Optional.empty();
          }
          seen[line.ordinal()]++;
        }
      }
    }
    return kind(seen, outer * inner * parts, axis, n);
  }

  private static Optional<Buffer> kind(long[] seen, long lines, int axis, int n) {
    long moving = lines - seen[Line.CONSTANT.ordinal()];
    if (moving == 0 || 4 * moving < lines) {
      return Optional.empty();
    }
    String where = "along axis " + axis + ", " + n + " elements a line";
    if (seen[Line.STEPS.ordinal()] == moving) {
      return Optional.of(new Buffer(Buffer.Kind.GRID, "equal steps " + where));
    }
    return seen[Line.GEOMETRIC.ordinal()] == moving
        ? Optional.of(new Buffer(Buffer.Kind.FREQUENCIES, "equal ratios " + where))
        : Optional.of(
            new Buffer(Buffer.Kind.SINUSOIDS, "each line a wave of one frequency " + where));
  }

  private Line line(long from, long stride, int n) {
    int first = Math.min(n, PREFIX);
    read(from, stride, 0, first);
    if (first < n && judge(first) == Line.NONE) {
      return Line.NONE;
    }
    read(from, stride, first, n);
    return judge(n);
  }

  private void read(long from, long stride, int begin, int end) {
    if (end > values.length) {
      values = Arrays.copyOf(values, end);
    }
    for (int k = begin; k < end; k++) {
      values[k] = t.at(from + k * stride);
    }
  }

  private Line judge(int n) {
    int lo = n >= WITH_ENDS ? 1 : 0;
    int hi = n >= WITH_ENDS ? n - 1 : n;
    double size = 0;
    double mean = 0;
    for (int k = lo; k < hi; k++) {
      size = Math.max(size, Math.abs(values[k]));
      mean += values[k] / (hi - lo);
    }
    if (!Double.isFinite(size)) {
      return Line.NONE;
    }
    double variation = 0;
    for (int k = lo; k < hi; k++) {
      variation = Math.max(variation, Math.abs(values[k] - mean));
    }
    return size <= NOTHING * top || variation <= Math.max(STILL, 32 * rounding) * size
        ? Line.CONSTANT
        : fit(lo, hi, TOLERANCE * variation + 4 * rounding * size);
  }

  private Line fit(int lo, int hi, double allowed) {
    double above = 0;
    double below = 0;
    for (int k = lo + 1; k < hi - 1; k++) {
      above += (values[k + 1] + values[k - 1]) * values[k];
      below += values[k] * values[k];
    }
    double c = below == 0 ? 0 : above / below;
    double worst = 0;
    double bent = 0;
    for (int k = lo + 1; k < hi - 1; k++) {
      double sum = values[k + 1] + values[k - 1];
      worst = Math.max(worst, Math.abs(sum - c * values[k]));
      bent = Math.max(bent, Math.abs(sum - 2 * values[k]));
    }
    if (bent <= allowed / 10) {
      return Line.STEPS;
    }
    if (worst > allowed) {
      return Line.NONE;
    }
    return c > 2 + 1e-6 ? Line.GEOMETRIC : Line.WAVE;
  }

  /// Half a unit in the last place, relative.
  private static double roundingOf(DType type) {
    return switch (type) {
      case F64, F32 -> 0x1p-24;
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case F8E4M3, F8E5M2, I8, I16, I32, I64, U8, U16, U32, U64, BOOL, OTHER -> 0x1p-4;
    };
  }
}
