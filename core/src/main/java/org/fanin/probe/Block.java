package org.fanin.probe;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.fanin.tensor.Tensor;

/// A run of elements in four quarters of equal length, each an array of its own, and the loops over
/// them. Every loop uses one index for all arrays and adds quarter to quarter: that the compiler
/// turns into vectors, while an array with an offset, a sum in one variable, or two results in one
/// loop, it does not always. The order of addition depends on lengths alone. Not for several
/// threads.
abstract sealed class Block {
  /// Elements of a quarter, at most.
  static final int QUARTER = 512;

  /// Takes the elements [at, at + 4q).
  abstract void load(long at, int q);

  /// Adds Σx of four quarters to `sum`, Σx² to `squares`, element by element.
  abstract void sums(double[] sum, double[] squares, int q);

  /// Adds x·by to four quarters.
  abstract void addTo(double[][] total, double by, int q);

  /// Adds the products with four quarters to `sum`.
  abstract void dots(double[][] with, double[] sum, int q);

  /// Single precision.
  static final class Singles extends Block {
    static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private MemorySegment bytes = MemorySegment.NULL;
    private final float[] a = new float[QUARTER];
    private final float[] b = new float[QUARTER];
    private final float[] c = new float[QUARTER];
    private final float[] d = new float[QUARTER];

    void take(Tensor t) {
      bytes = t.bytes();
    }

    @Override
    void load(long at, int q) {
      MemorySegment.copy(bytes, FLOAT, at * 4, a, 0, q);
      MemorySegment.copy(bytes, FLOAT, (at + q) * 4, b, 0, q);
      MemorySegment.copy(bytes, FLOAT, (at + 2L * q) * 4, c, 0, q);
      MemorySegment.copy(bytes, FLOAT, (at + 3L * q) * 4, d, 0, q);
    }

    @Override
    void sums(double[] sum, double[] squares, int q) {
      for (int i = 0; i < q; i++) {
        sum[i] += ((double) a[i] + b[i]) + ((double) c[i] + d[i]);
      }
      for (int i = 0; i < q; i++) {
        double e = a[i];
        double f = b[i];
        double g = c[i];
        double h = d[i];
        squares[i] += (e * e + f * f) + (g * g + h * h);
      }
    }

    @Override
    void addTo(double[][] total, double by, int q) {
      add(a, total[0], by, q);
      add(b, total[1], by, q);
      add(c, total[2], by, q);
      add(d, total[3], by, q);
    }

    private static void add(float[] x, double[] to, double by, int q) {
      for (int i = 0; i < q; i++) {
        to[i] += x[i] * by;
      }
    }

    @Override
    void dots(double[][] with, double[] sum, int n) {
      double[] p = with[0];
      double[] q = with[1];
      double[] r = with[2];
      double[] s = with[3];
      for (int i = 0; i < n; i++) {
        sum[i] += (a[i] * p[i] + b[i] * q[i]) + (c[i] * r[i] + d[i] * s[i]);
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

    /// @param power elements are taken times 2^−power
    void take(Tensor t, int power) {
      of = t;
      this.power = power;
    }

    @Override
    void load(long at, int q) {
      read(at, a, q);
      read(at + q, b, q);
      read(at + 2L * q, c, q);
      read(at + 3L * q, d, q);
    }

    private void read(long at, double[] x, int q) {
      of.read(at, x, q);
      for (int i = 0; power != 0 && i < q; i++) {
        x[i] = Math.scalb(x[i], -power);
      }
    }

    @Override
    void sums(double[] sum, double[] squares, int q) {
      for (int i = 0; i < q; i++) {
        sum[i] += (a[i] + b[i]) + (c[i] + d[i]);
      }
      for (int i = 0; i < q; i++) {
        squares[i] += (a[i] * a[i] + b[i] * b[i]) + (c[i] * c[i] + d[i] * d[i]);
      }
    }

    @Override
    void addTo(double[][] total, double by, int q) {
      add(a, total[0], by, q);
      add(b, total[1], by, q);
      add(c, total[2], by, q);
      add(d, total[3], by, q);
    }

    private static void add(double[] x, double[] to, double by, int q) {
      for (int i = 0; i < q; i++) {
        to[i] += x[i] * by;
      }
    }

    @Override
    void dots(double[][] with, double[] sum, int n) {
      double[] p = with[0];
      double[] q = with[1];
      double[] r = with[2];
      double[] s = with[3];
      for (int i = 0; i < n; i++) {
        sum[i] += (a[i] * p[i] + b[i] * q[i]) + (c[i] * r[i] + d[i] * s[i]);
      }
    }
  }
}
