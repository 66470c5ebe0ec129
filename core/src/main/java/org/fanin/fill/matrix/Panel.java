package org.fanin.fill.matrix;

import java.lang.foreign.MemorySegment;

/// A run of neighbouring Householder reflections H_j … H_{j+w−1}, ready to be applied to strips of
/// columns as I − V·T·Vᵀ (compact WY form, Schreiber & Van Loan 1989).
abstract class Panel {
  /// Rows that are summed up without a pause; the sums of such blocks are then added in order.
  static final int BLOCK = 256;

  /// First column of the panel, and first row that it touches.
  final int first;

  /// Number of reflections.
  final int width;

  /// `width` and rows to the end, both rounded up to whole tiles; what is added is zero.
  final int paddedWidth;

  final int paddedRows;
  final int rows;

  /// Signs that make the triangular factor's diagonal positive.
  final byte[] signs;

  Panel(int m, int first, int width) {
    this.first = first;
    this.width = width;
    this.paddedWidth = pad(width);
    this.rows = m - first;
    this.paddedRows = pad(rows);
    this.signs = new byte[width];
  }

  static int pad(int n) {
    return (n + MatrixKernel.ROWS - 1) / MatrixKernel.ROWS * MatrixKernel.ROWS;
  }

  /// Replaces the strip by H·strip.
  ///
  /// @param strip rows of [MatrixKernel#WIDTH] elements
  /// @param work from [#work], not shared
  abstract void apply(MemorySegment strip, Object work);

  /// What one thread needs to apply panels of this kind.
  abstract Object work();

  /// Address of the panel's first normal: Gaussian matrices are numbered panel by panel, rows of
  /// `width` inside.
  long address(int m) {
    return (long) first * m + (long) first * width;
  }

  /// Moves rows of `width` elements apart to rows of `paddedWidth`.
  static void spread(Object rows, int count, int width, int padded) {
    if (width == padded) {
      return;
    }
    for (int r = count - 1; r > 0; r--) {
      System.arraycopy(rows, r * width, rows, r * padded, width);
    }
  }

  /// What becomes of column c whose part from the diagonal down is x: the first entry of v = x +
  /// sign(x₁)·‖x‖·e₁, and the factor that makes ‖v‖² = 2 (0: no reflection).
  ///
  /// @param square ‖x‖²
  /// @return {v₁, factor}
  double[] reflector(int c, double head, double square) {
    if (!(square > 0)) {
      signs[c] = 1;
      return new double[] {0, 0};
    }
    double s = head < 0 ? -1 : 1;
    signs[c] = (byte) -s;
    double v = head + s * Math.sqrt(square);
    double length = Math.fma(v, v, square - head * head);
    return new double[] {v, Math.sqrt(2 / length)};
  }

  /// T of the compact WY form by its inverse (Puglisi 1992): T⁻¹ has ‖v_c‖²/2 on its diagonal and
  /// VᵀV above it.
  ///
  /// @param gram upper triangle of VᵀV, rows of `n`, its diagonal in `squares`
  /// @return −T, rows of `n`; the padding is zero
  static double[] minusT(double[] gram, double[] squares, int n) {
    var diagonal = new double[n];
    for (int i = 0; i < n; i++) {
      diagonal[i] = i < squares.length && squares[i] > 0 ? squares[i] / 2 : 1;
    }
    var t = new double[n * n];
    for (int j = 0; j < squares.length; j++) {
      t[j * n + j] = -1 / diagonal[j];
      for (int i = j - 1; i >= 0; i--) {
        double s = 0;
        for (int k = i + 1; k <= j; k++) {
          s = Math.fma(gram[i * n + k], t[k * n + j], s);
        }
        t[i * n + j] = -s / diagonal[i];
      }
    }
    return t;
  }
}
