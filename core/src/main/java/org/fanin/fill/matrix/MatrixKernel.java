package org.fanin.fill.matrix;

/// The one operation that orthogonal matrices are made with: a small matrix product in a fixed
/// order of summation, so that every implementation gives the same bits.
public interface MatrixKernel {
  /// Columns of `b` and `out`.
  int WIDTH = 32;

  /// `rows` is a multiple of this.
  int ROWS = 8;

  /// out[i·32 + j] += s, where s = Σ_k a[a0 + i·aRow + k·aK] · b[b0 + k·bRow + j] is summed by fma
  /// from +0 in the order k = 0, 1 … depth − 1; for 0 ≤ i < rows, 0 ≤ j < 32.
  ///
  /// @param rows a multiple of [#ROWS]
  void addProduct(
      float[] a,
      int a0,
      int aRow,
      int aK,
      float[] b,
      int b0,
      int bRow,
      int depth,
      float[] out,
      int out0,
      int rows);

  /// The same for doubles.
  void addProduct(
      double[] a,
      int a0,
      int aRow,
      int aK,
      double[] b,
      int b0,
      int bRow,
      int depth,
      double[] out,
      int out0,
      int rows);

  /// "scalar", "128", "256" or "512".
  String name();
}
