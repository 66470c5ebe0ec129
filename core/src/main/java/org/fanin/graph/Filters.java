package org.fanin.graph;

import java.util.Optional;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Convolution kernels that compute something known: blur, edges, interpolation, wavelets; and the
/// triangles of a mel filter bank.
final class Filters {
  private static final double SAME = 1e-5;
  private static final int FEWEST_BANDS = 6;

  private final Tensor t;
  private final long taps;
  private final double[] kernel;

  private Filters(Tensor t) {
    this.t = t;
    this.taps = t.count() / t.shape().dim(0) / t.shape().dim(1);
    this.kernel = new double[(int) taps];
  }

  /// Every filter is its own mirror image along each axis of the kernel, or the negative of it;
  /// drawn and trained ones are not.
  static Optional<Buffer> of(Tensor t) {
    Shape s = t.shape();
    long taps = s.rank() < 3 || t.count() == 0 ? 0 : t.count() / s.dim(0) / s.dim(1);
    if (taps < 2 || taps > 1 << 16) {
      return Optional.empty();
    }
    return new Filters(t).mirrored();
  }

  private Optional<Buffer> mirrored() {
    long filters = t.count() / taps;
    boolean flat = true;
    boolean delta = true;
    for (long f = 0; f < filters; f++) {
      double top = read(f);
      if (!isMirrored(top)) {
        return Optional.empty();
      }
      if (top > 0) {
        flat &= isFlat(top);
        delta &= isDelta();
      }
    }
    // Equal elements are a start as well, if a bad one: only the use tells.
    return delta || flat
        ? Optional.empty()
        : Optional.of(new Buffer(Buffer.Kind.FILTER, "each its own mirror image"));
  }

  private double read(long filter) {
    double top = 0;
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = t.at(filter * taps + i);
      top = Math.max(top, Math.abs(kernel[i]));
    }
    return top;
  }

  private boolean isMirrored(double top) {
    Shape s = t.shape();
    int inner = kernel.length;
    for (int a = 2; a < s.rank(); a++) {
      int n = (int) s.dim(a);
      inner /= n;
      if (n > 1 && !mirrors(n, inner, 1, top) && !mirrors(n, inner, -1, top)) {
        return false;
      }
    }
    return true;
  }

  private boolean mirrors(int n, int inner, int sign, double top) {
    for (int i = 0; i < kernel.length; i++) {
      int at = i / inner % n;
      int other = i + (n - 1 - 2 * at) * inner;
      if (!(Math.abs(kernel[i] - sign * kernel[other]) <= SAME * top)) {
        return false;
      }
    }
    return true;
  }

  private boolean isFlat(double top) {
    for (double v : kernel) {
      if (Math.abs(v - kernel[0]) > SAME * top) {
        return false;
      }
    }
    return true;
  }

  /// Nothing but the centre: an identity, or a kernel that was started at one position.
  private boolean isDelta() {
    for (int i = 0; i < kernel.length; i++) {
      if (kernel[i] != 0 && i != kernel.length / 2) {
        return false;
      }
    }
    return true;
  }

  // ---- filter banks ----

  /// Rows (or columns) that rise and fall once, from band to band further up, mostly zero.
  static Optional<Buffer> bank(Tensor t) {
    Shape s = t.shape();
    if (t.at(0) < 0 || t.at(t.count() - 1) < 0 || t.at(t.count() / 2) < 0) {
      return Optional.empty();
    }
    long a = 0;
    long b = 0;
    for (int i = 0; i < s.rank(); i++) {
      if (s.dim(i) > 1) {
        b = a == 0 ? b : b == 0 ? s.dim(i) : -1;
        a = a == 0 ? s.dim(i) : a;
      }
    }
    if (a < 2 || b < 2) {
      return Optional.empty();
    }
    boolean found =
        a >= FEWEST_BANDS && bands(t, a, b, b, 1) || b >= FEWEST_BANDS && bands(t, b, a, 1, b);
    return found
        ? Optional.of(new Buffer(Buffer.Kind.FILTER_BANK, "bands that rise and fall once"))
        : Optional.empty();
  }

  /// @param stride from one band to the next
  /// @param step within a band
  private static boolean bands(Tensor t, long bands, long length, long stride, long step) {
    long zeros = 0;
    long peak = -1;
    long wide = 0;
    for (long i = 0; i < bands; i++) {
      long top = -1;
      long support = 0;
      boolean falls = false;
      double last = 0;
      for (long k = 0; k < length; k++) {
        double v = t.at(i * stride + k * step);
        boolean rises = v > last;
        if (!(v >= 0) || rises && falls) {
          return false;
        }
        falls |= v < last;
        top = rises ? k : top;
        support += v > 0 ? 1 : 0;
        zeros += v == 0 ? 1 : 0;
        last = v;
      }
      if (top >= 0 && top < peak) {
        return false;
      }
      peak = Math.max(peak, top);
      wide += support > 1 ? 1 : 0;
    }
    return 2 * zeros > bands * length && 2 * wide >= bands;
  }
}
