package org.fanin.fill.simd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.fanin.fill.matrix.MatrixKernel;
import org.fanin.fill.matrix.ScalarMatrixKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Vector kernels against the scalar definition, to the bit.
class MatrixKernelTest {
  private static final int[][] SHAPES = {{8, 1}, {8, 7}, {64, 256}, {16, 64}, {256, 64}, {8, 0}};

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "128", "256", "512"})
  void floatsAreTheScalarOnes(String name) {
    var random = new SplittableRandom(7);
    MatrixKernel kernel = MatrixKernels.named(name);
    assertEquals(name, kernel.name());
    for (int[] shape : SHAPES) {
      int rows = shape[0];
      int depth = shape[1];
      var a = new float[5 + rows * Math.max(depth, 1)];
      var b = new float[3 + depth * 40 + 32];
      var out = new float[2 + rows * 32];
      for (float[] array : new float[][] {a, b, out}) {
        for (int i = 0; i < array.length; i++) {
          array[i] = (float) Math.scalb(random.nextGaussian(), random.nextInt(-60, 20));
        }
      }
      var wanted = out.clone();
      var scalar = new ScalarMatrixKernel();
      scalar.addProduct(a, 5, 1, rows, b, 3, 40, depth, wanted, 2, rows);
      scalar.addProduct(a, 5, depth, 1, b, 3, 40, depth, wanted, 2, rows);
      kernel.addProduct(a, 5, 1, rows, b, 3, 40, depth, out, 2, rows);
      kernel.addProduct(a, 5, depth, 1, b, 3, 40, depth, out, 2, rows);
      assertArrayEquals(wanted, out, name + " " + rows + "×" + depth);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"128", "256", "512"})
  void doublesAreTheScalarOnes(String name) {
    var random = new SplittableRandom(8);
    MatrixKernel kernel = MatrixKernels.named(name);
    for (int[] shape : SHAPES) {
      int rows = shape[0];
      int depth = shape[1];
      double[] a = random.doubles(5 + rows * (long) Math.max(depth, 1), -1, 1).toArray();
      double[] b = random.doubles(3 + depth * 40L + 32, -1, 1).toArray();
      double[] out = random.doubles(2 + rows * 32L, -1, 1).toArray();
      double[] wanted = out.clone();
      var scalar = new ScalarMatrixKernel();
      scalar.addProduct(a, 5, 1, rows, b, 3, 40, depth, wanted, 2, rows);
      scalar.addProduct(a, 5, depth, 1, b, 3, 40, depth, wanted, 2, rows);
      kernel.addProduct(a, 5, 1, rows, b, 3, 40, depth, out, 2, rows);
      kernel.addProduct(a, 5, depth, 1, b, 3, 40, depth, out, 2, rows);
      assertArrayEquals(wanted, out, name + " " + rows + "×" + depth);
    }
  }

  /// The definition itself against plain sums, written without the kernel's loops.
  @Test
  void definitionIsAMatrixProduct() {
    var a = new double[8 * 3];
    var b = new double[3 * 32];
    for (int i = 0; i < a.length; i++) {
      a[i] = i - 5;
    }
    for (int i = 0; i < b.length; i++) {
      b[i] = 2 * i - 11;
    }
    var out = new double[8 * 32];
    out[3 * 32 + 4] = 1000;
    new ScalarMatrixKernel().addProduct(a, 0, 3, 1, b, 0, 32, 3, out, 0, 8);
    assertEquals(1000 + 4 * -3 + 5 * 61 + 6 * 125, out[3 * 32 + 4]);
  }

  @Test
  void otherNamesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> MatrixKernels.named("1024"));
  }
}
