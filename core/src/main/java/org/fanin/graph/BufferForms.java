package org.fanin.graph;

import java.util.Arrays;
import java.util.Optional;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Tells from the values alone that a tensor was computed, not drawn. Usable where there is no
/// graph.
///
/// Every test ends at the first element that contradicts it: a weight costs a few reads.
public final class BufferForms {
  /// Larger tensors are no tables.
  private static final long LARGEST = 1L << 24;

  /// So many elements before repeated values are held to be no accident.
  private static final int MANY = 16;

  /// Windows are not shorter.
  private static final int SHORTEST_WINDOW = 8;

  private static final double SAME = 1e-5;

  /// Where a tensor is used: what a layer may well start as is decided by it.
  public enum Place {
    /// The matrix of a layer: an identity is a start, and so are equal elements.
    MATRIX,
    /// The kernel of a convolution, likewise.
    KERNEL,
    /// Added, multiplied, looked up, joined.
    ELEMENTS
  }

  private BufferForms() {}

  /// @return empty for what may have been drawn, and for equal elements, which only the use can
  ///   tell
  public static Optional<Buffer> of(Tensor t, Place place) {
    if (!t.dtype().floating() || t.count() < 2 || t.count() > LARGEST) {
      return Optional.empty();
    }
    Optional<Buffer> found = Levels.mask(t, place);
    if (found.isEmpty() && place == Place.KERNEL) {
      found = Filters.of(t);
    }
    if (found.isEmpty()) {
      found = Progressions.of(t);
    }
    if (found.isEmpty()) {
      found = window(t);
    }
    if (found.isEmpty()) {
      found = Filters.bank(t);
    }
    return found.isEmpty() && place == Place.ELEMENTS ? Levels.repeated(t) : found;
  }

  /// One axis, the second half the mirror image of the first (or of the first without its first
  /// element, as for spectra), positive.
  private static Optional<Buffer> window(Tensor t) {
    Shape s = t.shape();
    int n = (int) t.count();
    for (int a = 0; a < s.rank(); a++) {
      if (s.dim(a) != 1 && s.dim(a) != n) {
        return Optional.empty();
      }
    }
    if (n < SHORTEST_WINDOW) {
      return Optional.empty();
    }
    double top = Math.max(Math.abs(t.at(n / 2)), Math.abs(t.at((n - 1) / 2)));
    boolean bent = Math.abs(t.at(n / 4) - t.at(n / 2)) > 1e-3 * top;
    return bent && (isMirrored(t, 0, n, top) || isMirrored(t, 1, n, top))
        ? Optional.of(new Buffer(Buffer.Kind.WINDOW, n + " samples, symmetric"))
        : Optional.empty();
  }

  private static boolean isMirrored(Tensor t, int from, int n, double top) {
    for (int i = from; i < n; i++) {
      double v = t.at(i);
      if (v < -SAME * top || !(Math.abs(v - t.at(n - 1 - i + from)) <= SAME * top)) {
        return false;
      }
    }
    return true;
  }

  /// Tensors of few different values.
  static final class Levels {
    private Levels() {}

    /// Two values, one of which says "all of it" and the other "nothing".
    static Optional<Buffer> mask(Tensor t, Place place) {
      double a = t.at(0);
      double b = a;
      long first = 0;
      long n = t.count();
      for (long i = 0; i < n; i++) {
        double v = t.at(i);
        if (v == a) {
          first++;
        } else if (a == b) {
          b = v;
        } else if (v != b) {
          return place == Place.ELEMENTS ? shut(t) : Optional.empty();
        }
      }
      double low = Math.min(a, b);
      double high = Math.max(a, b);
      if (low == high || Double.isNaN(low) || Double.isNaN(high)) {
        return Optional.empty();
      }
      if (low == 0 && high == 1) {
        return place != Place.ELEMENTS && isIdentity(t)
            ? Optional.empty()
            : Optional.of(new Buffer(Buffer.Kind.MASK, "zeros and ones"));
      }
      boolean shuts = high == 0 && isShut(low) || high == 1 && low <= -1000;
      return shuts && first < n
          ? Optional.of(new Buffer(Buffer.Kind.MASK, "0 and " + word(low)))
          : Optional.empty();
    }

    /// Numbers that people add to a logit to close it.
    private static boolean isShut(double v) {
      return v <= -50 && (v <= -1e4 || v == Math.rint(v));
    }

    /// More than two values, of which one is far below all others and stands more than once: a mask
    /// with a bias in it.
    private static Optional<Buffer> shut(Tensor t) {
      double shut = 0;
      double rest = 0;
      long often = 0;
      // Attention biases are no larger.
      long n = Math.min(t.count(), 1 << 20);
      double[] part = new double[(int) Math.min(n, 4096)];
      for (long i = 0; i < n; i++) {
        int at = (int) (i % part.length);
        if (at == 0) {
          t.read(i, part, (int) Math.min(part.length, n - i));
        }
        double v = part[at];
        if (v <= -1e4 && (often == 0 || v == shut)) {
          shut = v;
          often++;
        } else if (!(Math.abs(v) < 1e4)) {
          return Optional.empty();
        } else {
          rest = Math.max(rest, Math.abs(v));
        }
      }
      return often > 1 && rest < -shut / 10
          ? Optional.of(new Buffer(Buffer.Kind.MASK, word(shut) + " where it closes"))
          : Optional.empty();
    }

    private static String word(double v) {
      return v == Double.NEGATIVE_INFINITY
          ? "−∞"
          : v == Math.rint(v) && v > -1e6
              ? Long.toString((long) v)
              : String.format(java.util.Locale.ROOT, "%.3g", v);
    }

    /// Ones on the main diagonal of the first two axes, at the centre of the others.
    private static boolean isIdentity(Tensor t) {
      Shape s = t.shape();
      if (s.rank() < 2) {
        return false;
      }
      long taps = t.count() / s.dim(0) / s.dim(1);
      long ones = 0;
      for (long i = 0; i < t.count(); i++) {
        if (t.at(i) != 0) {
          ones++;
          long row = i / taps / s.dim(1);
          long column = i / taps % s.dim(1);
          // A depthwise kernel holds one column.
          if (row != column && s.dim(1) != 1 || i % taps != taps / 2) {
            return false;
          }
        }
      }
      return ones >= 1;
    }

    /// Single precision holds four billion numbers; where each stands four times on average, they
    /// were computed.
    static Optional<Buffer> repeated(Tensor t) {
      boolean fine = t.dtype().bytes() >= 4;
      if (!fine || t.count() < MANY || t.count() > 1 << 22 || t.shape().rank() < 2) {
        return Optional.empty();
      }
      // Most tensors show it in their first elements.
      if (t.count() > 4096 && distinct(t, 4096) > 3072) {
        return Optional.empty();
      }
      int n = (int) t.count();
      int distinct = distinct(t, n);
      return distinct > 1 && 4L * distinct <= n
          ? Optional.of(
              new Buffer(Buffer.Kind.GRID, distinct + " different values in " + n + " elements"))
          : Optional.empty();
    }

    private static int distinct(Tensor t, int n) {
      double[] v = new double[n];
      t.read(0, v, n);
      Arrays.sort(v);
      int distinct = 1;
      for (int i = 1; i < n; i++) {
        distinct += v[i] == v[i - 1] ? 0 : 1;
      }
      return distinct;
    }
  }
}
