package org.fanin.fill.matrix;

import java.util.Arrays;

/// The definition of [MatrixKernel].
public final class ScalarMatrixKernel implements MatrixKernel {
  @Override
  public void addProduct(
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
      int rows) {
    var sums = new float[WIDTH];
    for (int i = 0; i < rows; i++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < depth; k++) {
        float x = a[a0 + i * aRow + k * aK];
        int bk = b0 + k * bRow;
        for (int j = 0; j < WIDTH; j++) {
          sums[j] = Math.fma(x, b[bk + j], sums[j]);
        }
      }
      for (int j = 0; j < WIDTH; j++) {
        out[out0 + i * WIDTH + j] += sums[j];
      }
    }
  }

  @Override
  public void addProduct(
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
      int rows) {
    var sums = new double[WIDTH];
    for (int i = 0; i < rows; i++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < depth; k++) {
        double x = a[a0 + i * aRow + k * aK];
        int bk = b0 + k * bRow;
        for (int j = 0; j < WIDTH; j++) {
          sums[j] = Math.fma(x, b[bk + j], sums[j]);
        }
      }
      for (int j = 0; j < WIDTH; j++) {
        out[out0 + i * WIDTH + j] += sums[j];
      }
    }
  }

  @Override
  public String name() {
    return "scalar";
  }
}
