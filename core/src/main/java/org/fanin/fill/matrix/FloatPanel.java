package org.fanin.fill.matrix;

import static org.fanin.fill.matrix.MatrixKernel.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// [Panel] in single precision. Norms and T are computed in doubles from the rounded reflectors, so
/// that rounding turns a reflection into a slightly different one, not into a map that is not
/// orthogonal.
final class FloatPanel extends Panel {
  private final MatrixKernel kernel;

  /// Row by row, `paddedWidth` apart.
  private final float[] v;

  private final float[] minusT;

  /// @param m rows of the whole matrix
  FloatPanel(NormalSource source, int number, int m, int first, int width, MatrixKernel kernel) {
    super(m, first, width);
    this.kernel = kernel;
    this.v = new float[paddedRows * paddedWidth];
    source.normals(number, address(m), v, 0, rows * width);
    spread(v, rows, width, paddedWidth);
    reflect();
    this.minusT = triangle();
  }

  /// Normals to reflectors.
  private void reflect() {
    var squares = squares();
    var factors = new double[width];
    for (int c = 0; c < width; c++) {
      int diagonal = c * paddedWidth + c;
      double[] r = reflector(c, v[diagonal], squares[c]);
      factors[c] = r[1];
      v[diagonal] = (float) (r[0] * r[1]);
    }
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < Math.min(r, width); c++) {
        v[r * paddedWidth + c] = (float) (v[r * paddedWidth + c] * factors[c]);
      }
      Arrays.fill(v, r * paddedWidth + Math.min(r + 1, width), (r + 1) * paddedWidth, 0);
    }
  }

  /// Squared lengths of the columns from the diagonal down, summed from the top.
  private double[] squares() {
    var squares = new double[width];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < Math.min(r + 1, width); c++) {
        double x = v[r * paddedWidth + c];
        squares[c] = Math.fma(x, x, squares[c]);
      }
    }
    return squares;
  }

  private float[] triangle() {
    int n = paddedWidth;
    var gram = new double[n * n];
    var strip = new float[n * WIDTH];
    var columns = new float[BLOCK * WIDTH];
    for (int j = 0; j < n; j += WIDTH) {
      int wide = Math.min(WIDTH, n - j);
      Arrays.fill(strip, 0);
      for (int r = 0; r < rows; r += BLOCK) {
        int depth = Math.min(BLOCK, rows - r);
        for (int k = 0; k < depth; k++) {
          System.arraycopy(v, (r + k) * n + j, columns, k * WIDTH, wide);
        }
        kernel.addProduct(v, r * n, 1, n, columns, 0, WIDTH, depth, strip, 0, n);
      }
      for (int i = 0; i < n; i++) {
        for (int c = 0; c < wide; c++) {
          gram[i * n + j + c] = strip[i * WIDTH + c];
        }
      }
    }
    double[] t = minusT(gram, squares(), n);
    var narrow = new float[n * n];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) t[i];
    }
    return narrow;
  }

  private static final class Work {
    final float[] block = new float[BLOCK * WIDTH];
    float[] w = {};
    float[] tw = {};
  }

  @Override
  Object work() {
    return new Work();
  }

  @Override
  void apply(MemorySegment strip, Object work) {
    var own = (Work) work;
    int n = paddedWidth;
    own.w = cleared(own.w, n * WIDTH);
    own.tw = cleared(own.tw, n * WIDTH);
    for (int r = 0; r < paddedRows; r += BLOCK) {
      int depth = Math.min(BLOCK, paddedRows - r);
      copy(strip, r, own.block, depth);
      kernel.addProduct(v, r * n, 1, n, own.block, 0, WIDTH, depth, own.w, 0, n);
    }
    kernel.addProduct(minusT, 0, n, 1, own.w, 0, WIDTH, n, own.tw, 0, n);
    for (int r = 0; r < paddedRows; r += BLOCK) {
      int count = Math.min(BLOCK, paddedRows - r);
      copy(strip, r, own.block, count);
      kernel.addProduct(v, r * n, n, 1, own.tw, 0, WIDTH, n, own.block, 0, count);
      MemorySegment.copy(own.block, 0, strip, ValueLayout.JAVA_FLOAT, at(r), count * WIDTH);
    }
  }

  private static float[] cleared(float[] old, int size) {
    if (old.length != size) {
      return new float[size];
    }
    Arrays.fill(old, 0);
    return old;
  }

  private void copy(MemorySegment strip, int r, float[] block, int count) {
    MemorySegment.copy(strip, ValueLayout.JAVA_FLOAT, at(r), block, 0, count * WIDTH);
  }

  private long at(int r) {
    return (long) (first + r) * WIDTH * Float.BYTES;
  }
}
