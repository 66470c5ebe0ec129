package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.fanin.tensor.Tensor;

/// A run of elements in four quarters of equal length, each an array of its own, and the loops over
/// them. Every loop uses one index for all arrays and adds quarter to quarter: that the compiler
/// turns into vectors, while an array with an offset, a sum in one variable, two results in one
/// loop, or four squares of single precision, it does not always. The order of addition depends on
/// lengths alone. Not for several threads.
abstract sealed class Block {
  /// Elements of a quarter, at most.
  static final int QUARTER = 512;

  /// Takes the elements [at, at + 4q).
  abstract void load(long at, int q);

  /// Adds Σx of four quarters to `sum`, element by element.
  abstract void sums(double[] sum, int q);

  /// Adds Σx² of four quarters to `squares`, element by element.
  abstract void squares(double[] squares, int q);

  /// Begins a total of blocks.
  abstract void clear(int q);

  /// Adds x·by to the total.
  abstract void addTo(double by, int q);

  /// Adds the products with the total to `sum`, quarter to quarter. May spend what was loaded.
  abstract void dots(double[] sum, int q);

  /// Single precision. The total and products with it are too: each is off by 6·10⁻⁸ of itself, and
  /// a cosine, which they are for, by less.
  static final class Singles extends Block {
    static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Factors outside leave single precision.
    private static final double LEAST = 1e-36;

    private static final double MOST = 1e36;

    private MemorySegment bytes = MemorySegment.NULL;
    private final float[] a = new float[QUARTER];
    private final float[] b = new float[QUARTER];
    private final float[] c = new float[QUARTER];
    private final float[] d = new float[QUARTER];
    private final float[] p = new float[QUARTER];
    private final float[] q = new float[QUARTER];
    private final float[] r = new float[QUARTER];
    private final float[] s = new float[QUARTER];

    void take(Tensor t) {
      bytes = t.bytes();
    }

    /// Whether [#addTo] may be used with a factor.
    static boolean holds(double by) {
      return by == 0 || by > LEAST && by < MOST;
    }

    @Override
    void load(long at, int n) {
      MemorySegment.copy(bytes, FLOAT, at * 4, a, 0, n);
      MemorySegment.copy(bytes, FLOAT, (at + n) * 4, b, 0, n);
      MemorySegment.copy(bytes, FLOAT, (at + 2L * n) * 4, c, 0, n);
      MemorySegment.copy(bytes, FLOAT, (at + 3L * n) * 4, d, 0, n);
    }

    @Override
    void sums(double[] sum, int n) {
      for (int i = 0; i < n; i++) {
        sum[i] += ((double) a[i] + b[i]) + ((double) c[i] + d[i]);
      }
    }

    @Override
    void squares(double[] squares, int n) {
      for (int i = 0; i < n; i++) {
        squares[i] += (double) a[i] * a[i] + (double) b[i] * b[i];
      }
      for (int i = 0; i < n; i++) {
        squares[i] += (double) c[i] * c[i] + (double) d[i] * d[i];
      }
    }

    @Override
    void clear(int n) {
      Arrays.fill(p, 0, n, 0);
      Arrays.fill(q, 0, n, 0);
      Arrays.fill(r, 0, n, 0);
      Arrays.fill(s, 0, n, 0);
    }

    @Override
    void addTo(double by, int n) {
      add(a, p, (float) by, n);
      add(b, q, (float) by, n);
      add(c, r, (float) by, n);
      add(d, s, (float) by, n);
    }

    private static void add(float[] x, float[] to, float by, int n) {
      for (int i = 0; i < n; i++) {
        to[i] += x[i] * by;
      }
    }

    @Override
    void dots(double[] sum, int n) {
      for (int i = 0; i < n; i++) {
        a[i] = (a[i] * p[i] + b[i] * q[i]) + (c[i] * r[i] + d[i] * s[i]);
      }
      for (int i = 0; i < n; i++) {
        sum[i] += a[i];
      }
    }
  }

  /// Double precision; anything else is made doubles, and scaled by a power of two, as it is read.
  static final class Doubles extends Block {
    private Tensor of;
    private int power;
    private final double[] a = new double[QUARTER];
    private final double[] b = new double[QUARTER];
    private final double[] c = new double[QUARTER];
    private final double[] d = new double[QUARTER];
    private final double[] p = new double[QUARTER];
    private final double[] q = new double[QUARTER];
    private final double[] r = new double[QUARTER];
    private final double[] s = new double[QUARTER];

    /// @param power elements are taken times 2^−power
    void take(Tensor t, int power) {
      of = t;
      this.power = power;
    }

    @Override
    void load(long at, int n) {
      read(at, a, n);
      read(at + n, b, n);
      read(at + 2L * n, c, n);
      read(at + 3L * n, d, n);
    }

    private void read(long at, double[] x, int n) {
      of.read(at, x, n);
      for (int i = 0; power != 0 && i < n; i++) {
        x[i] = Math.scalb(x[i], -power);
      }
    }

    @Override
    void sums(double[] sum, int n) {
      for (int i = 0; i < n; i++) {
        sum[i] += (a[i] + b[i]) + (c[i] + d[i]);
      }
    }

    @Override
    void squares(double[] squares, int n) {
      for (int i = 0; i < n; i++) {
        squares[i] += a[i] * a[i] + b[i] * b[i];
      }
      for (int i = 0; i < n; i++) {
        squares[i] += c[i] * c[i] + d[i] * d[i];
      }
    }

    @Override
    void clear(int n) {
      Arrays.fill(p, 0, n, 0);
      Arrays.fill(q, 0, n, 0);
      Arrays.fill(r, 0, n, 0);
      Arrays.fill(s, 0, n, 0);
    }

    @Override
    void addTo(double by, int n) {
      add(a, p, by, n);
      add(b, q, by, n);
      add(c, r, by, n);
      add(d, s, by, n);
    }

    private static void add(double[] x, double[] to, double by, int n) {
      for (int i = 0; i < n; i++) {
        to[i] += x[i] * by;
      }
    }

    @Override
    void dots(double[] sum, int n) {
      for (int i = 0; i < n; i++) {
        sum[i] += (a[i] * p[i] + b[i] * q[i]) + (c[i] * r[i] + d[i] * s[i]);
      }
    }
  }
}
