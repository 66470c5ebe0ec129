package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;

/// [Elements] against the definitions, written down element by element.
class OnePassTest {
  private static final List<Shape> SHAPES =
      List.of(
          Shape.of(2),
          Shape.of(9001),
          Shape.of(7, 5),
          Shape.of(1, 64),
          Shape.of(64, 1, 1),
          Shape.of(3, 5000),
          Shape.of(5000, 3),
          Shape.of(70, 1, 3, 3),
          Shape.of(12, 40, 3, 3),
          Shape.of(2, 3, 4, 5, 2, 3),
          Shape.of(2, 2, 2, 2, 2, 2, 2));

  @Test
  void sumsAreThoseOfTheDefinitions() {
    for (Shape shape : SHAPES) {
      double[] x = normals(shape, 1);
      Elements.Sums sums = Elements.of(floats(shape, x));
      assertMoments(sums.stats(), x);
      int[] wide =
          Arrays.stream(shape.toArray()).filter(d -> d != 1).mapToInt(d -> (int) d).toArray();
      if (wide.length > 6) {
        assertTrue(sums.momentsOnly(), shape.toString());
        continue;
      }
      assertArrayEquals(wide, sums.dims(), shape.toString());
      for (int m = 0; m < 1 << wide.length; m++) {
        double want = meanSquareOfAverages(x, wide, m);
        assertEquals(want, sums.meanSquares()[m], 1e-11 * want, shape + " over " + m);
      }
      for (int a = 0; a < wide.length; a++) {
        assertArrayEquals(
            squaresAlong(x, wide, a), sums.profiles()[a], 1e-9, shape + " along " + a);
      }
    }
  }

  @Test
  void aViewGivesTheSumsOfItsBytesAndTheFieldOfItsCopy() {
    Shape stored = Shape.of(30, 4, 6);
    double[] x = normals(stored, 2);
    for (int i = 0; i < 24; i++) {
      x[i] = 0;
      x[24 + i] += 3;
    }
    Tensor view = floats(stored, x).transpose(2, 0, 1);
    Tensor copy = Tensor.ofDoubles(view.shape(), view.toDoubles());
    Elements.Sums sums = Elements.of(view);
    assertArrayEquals(new int[] {30, 4, 6}, sums.dims());
    Field f = Sample.field(view, sums, sums.stats().m2());
    Field want = Sample.field(copy, Elements.of(copy), sums.stats().m2());
    assertArrayEquals(want.k, f.k, 1e-12);
    for (int a = 0; a < 3; a++) {
      assertEquals(want.profiles[a] == null, f.profiles[a] == null, "atom " + a);
    }
    assertArrayEquals(want.profiles[1], f.profiles[1], 1e-12);
  }

  @Test
  void moreElementsThanAreComparedGiveTheSameMoments() {
    Shape shape = Shape.of(2001, 2000);
    double[] x = normals(shape, 3);
    Elements.Sums sums = Elements.of(floats(shape, x).transpose(1, 0));
    assertTrue(sums.momentsOnly());
    assertMoments(sums.stats(), x);
  }

  @Test
  void hugeAndTinyDoublesKeepTheirFourthPowersApart() {
    for (double unit : new double[] {1e-200, 1e60, 1}) {
      double[] x = normals(Shape.of(40, 50), 4);
      double[] scaled = Arrays.stream(x).map(v -> v * unit).toArray();
      Sample.Stats want = Elements.of(Tensor.ofDoubles(Shape.of(40, 50), x)).stats();
      Elements.Sums sums = Elements.of(Tensor.ofDoubles(Shape.of(40, 50), scaled));
      assertEquals(want.mean() * unit, sums.stats().mean(), 1e-12 * unit);
      assertEquals(want.largest() * unit, sums.stats().largest(), 1e-12 * unit);
      double[] k = Sample.field(Tensor.ofDoubles(Shape.of(40, 50), scaled), sums, 1).k;
      assertArrayEquals(new double[] {1, 0, 0, 0}, k);
    }
  }

  @Test
  void whatIsNotFiniteIsCountedAndLeftOut() {
    double[] x = normals(Shape.of(20, 30), 5);
    double[] clean = x.clone();
    x[7] = Double.NaN;
    x[450] = Double.NEGATIVE_INFINITY;
    clean[7] = 0;
    clean[450] = 0;
    Elements.Sums sums = Elements.of(floats(Shape.of(20, 30), x));
    double square = Arrays.stream(clean).map(v -> (float) v * (double) (float) v).sum();
    assertEquals(2, sums.stats().nonFinite());
    assertEquals(square / 598, sums.stats().m2(), 1e-12);
    assertEquals(square / 600, sums.meanSquares()[0], 1e-12);
  }

  @Test
  void rowsThatRepeatAreCountedWhateverTheirLength() {
    for (int length : new int[] {2, 9, 1023, 5000}) {
      int rows = 40;
      double[] x = normals(Shape.of(rows, length), 6);
      System.arraycopy(x, 0, x, 7 * length, length);
      System.arraycopy(x, 3 * length, x, 39 * length, length);
      Elements.Sums sums = Elements.of(floats(Shape.of(rows, length), x));
      assertEquals(38, sums.distinctRows());
      assertEquals(sums.hash(), Elements.of(floats(Shape.of(rows, length), x)).hash());
      x[rows * length - 1] = Math.nextUp((float) x[rows * length - 1]);
      Elements.Sums other = Elements.of(floats(Shape.of(rows, length), x));
      assertEquals(39, other.distinctRows());
      assertNotEquals(sums.hash(), other.hash());
    }
  }

  /// The last bit of a double, which a float has not.
  @Test
  void rowsOfDoublesDifferInTheirLastBit() {
    double[] x = new double[40];
    Arrays.fill(x, 1.5);
    x[39] = Math.nextUp(1.5);
    assertEquals(2, Elements.of(Tensor.ofDoubles(Shape.of(4, 10), x)).distinctRows());
  }

  private static void assertMoments(Sample.Stats s, double[] x) {
    double n = x.length;
    double[] v = Arrays.stream(x).map(y -> (float) y).toArray();
    assertEquals(x.length, s.count());
    assertEquals(0, s.nonFinite());
    assertEquals(Arrays.stream(v).sum() / n, s.mean(), 1e-12);
    assertEquals(Arrays.stream(v).map(y -> y * y).sum() / n, s.m2(), 1e-11);
    assertEquals(Arrays.stream(v).map(y -> y * y * y * y).sum() / n, s.m4(), 1e-10);
    assertEquals(Arrays.stream(v).map(Math::abs).max().orElseThrow(), s.largest());
  }

  private static int[] index(int i, int[] dims) {
    int[] at = new int[dims.length];
    int rest = i;
    for (int a = dims.length - 1; a >= 0; a--) {
      at[a] = rest % dims[a];
      rest /= dims[a];
    }
    return at;
  }

  private static double meanSquareOfAverages(double[] x, int[] dims, int over) {
    double[] sums = new double[x.length];
    int[] counts = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      int[] at = index(i, dims);
      int cell = 0;
      for (int a = 0; a < dims.length; a++) {
        cell = cell * dims[a] + ((over >> a & 1) != 0 ? 0 : at[a]);
      }
      sums[cell] += (float) x[i];
      counts[cell]++;
    }
    double square = 0;
    int cells = 0;
    for (int c = 0; c < x.length; c++) {
      if (counts[c] > 0) {
        square += sums[c] / counts[c] * (sums[c] / counts[c]);
        cells++;
      }
    }
    return square / cells;
  }

  private static double[] squaresAlong(double[] x, int[] dims, int axis) {
    double[] p = new double[dims[axis]];
    for (int i = 0; i < x.length; i++) {
      p[index(i, dims)[axis]] += (float) x[i] * (double) (float) x[i];
    }
    return p;
  }

  private static double[] normals(Shape shape, long seed) {
    var random = new SplittableRandom(seed);
    double[] x = new double[(int) shape.count()];
    Arrays.setAll(x, i -> random.nextGaussian());
    return x;
  }

  private static Tensor floats(Shape shape, double[] x) {
    ByteBuffer b = ByteBuffer.allocate(4 * x.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : x) {
      b.putFloat((float) v);
    }
    return Tensor.of(DType.F32, shape, MemorySegment.ofBuffer(b.flip()));
  }
}
