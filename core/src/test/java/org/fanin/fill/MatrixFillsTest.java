package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.fanin.fill.simd.MatrixKernels;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The promise of each matrix draw, element by element.
class MatrixFillsTest {
  private static final StreamKey KEY = StreamKey.of(42, "w");
  private static final Draw.Matrix PLAIN = new Draw.Matrix(List.of(0), List.of(1), List.of());
  private static final Draw.Matrix TURNED = new Draw.Matrix(List.of(1), List.of(0), List.of());
  private static final Draw.Matrix FIRST_OF_THREE =
      new Draw.Matrix(List.of(1), List.of(2), List.of(0));
  private static final Draw.Matrix LAST_OF_THREE =
      new Draw.Matrix(List.of(0), List.of(1), List.of(2));
  private static final MatrixFills.Engine ENGINE =
      new MatrixFills.Engine(MatrixKernels.named("scalar"), 2);

  private static float[] floats(Draw draw, Shape shape, long number) {
    try (var values = MatrixFills.values(KEY, draw, shape, number, false, ENGINE)) {
      var out = new float[Math.toIntExact(shape.count())];
      values.read(0, out, 0, out.length);
      return out;
    }
  }

  private static float[] floats(Draw draw, long... dims) {
    return floats(draw, Shape.of(dims), 0);
  }

  private static double[] doubles(Draw draw, long... dims) {
    try (var values = MatrixFills.values(KEY, draw, Shape.of(dims), 0, true, ENGINE)) {
      var out = new double[Math.toIntExact(Shape.of(dims).count())];
      values.read(0, out, 0, out.length);
      return out;
    }
  }

  /// Largest |W·Wᵀ − square·I| of a matrix stored row by row.
  private static double defect(float[] w, int rows, int columns, double square) {
    double worst = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j <= i; j++) {
        double s = i == j ? -square : 0;
        for (int k = 0; k < columns; k++) {
          s += (double) w[i * columns + k] * w[j * columns + k];
        }
        worst = Math.max(worst, Math.abs(s));
      }
    }
    return worst;
  }

  private static float[] turned(float[] w, int rows, int columns) {
    var t = new float[w.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        t[c * rows + r] = w[r * columns + c];
      }
    }
    return t;
  }

  @Test
  void orthogonalConvolutionHasOrthonormalRowsTimesGain() {
    var conv = new Draw.Matrix(List.of(0), List.of(1, 2, 3), List.of());
    assertEquals(0, defect(floats(new Draw.Orthogonal(2, conv), 8, 4, 3, 3), 8, 36, 4), 4e-6);
    float[] tall = floats(new Draw.Orthogonal(.5, conv), 50, 4, 3, 1);
    assertEquals(0, defect(turned(tall, 50, 12), 12, 50, .25), 1e-6);
  }

  @Test
  void axesOnlySayWhereElementsStand() {
    float[] plain = floats(new Draw.Orthogonal(1, PLAIN), 6, 5);
    assertArrayEquals(turned(plain, 6, 5), floats(new Draw.Orthogonal(1, TURNED), 5, 6));
    float[] outside = floats(new Draw.Orthogonal(1, FIRST_OF_THREE), 3, 6, 5);
    assertArrayEquals(
        turned(outside, 3, 30), floats(new Draw.Orthogonal(1, LAST_OF_THREE), 6, 5, 3));
    assertArrayEquals(plain, Arrays.copyOf(outside, 30));
    var split = new Draw.Matrix(List.of(0, 2), List.of(1), List.of());
    float[] rows = floats(new Draw.Orthogonal(1, PLAIN), 6, 4);
    float[] apart = floats(new Draw.Orthogonal(1, split), 2, 4, 3);
    for (int r = 0; r < 6; r++) {
      for (int c = 0; c < 4; c++) {
        assertEquals(rows[r * 4 + c], apart[(r / 3 * 4 + c) * 3 + r % 3]);
      }
    }
  }

  /// Q comes from the other tensor's address, turned or not, in any layout; the noise is this
  /// one's.
  @Test
  void alignedFollowsTheOtherTensor() {
    var other = StreamKey.of(42, "other");
    var q = new float[30];
    try (var values =
        MatrixFills.values(
            other, new Draw.Orthogonal(-.5, PLAIN), Shape.of(6, 5), 3, false, ENGINE)) {
      values.read(0, q, 0, 30);
    }
    assertArrayEquals(q, floats(new Draw.Aligned(-.5, "other", 3, false, 0, PLAIN), 6, 5));
    assertArrayEquals(
        turned(q, 6, 5), floats(new Draw.Aligned(-.5, "other", 3, true, 0, PLAIN), 5, 6));
    var noise = new float[30];
    Normals.fill(KEY, StreamKey.MATRIX_NORMALS, 0, 0, noise, 0, 30);
    float[] both = floats(new Draw.Aligned(-.5, "other", 3, false, .25, PLAIN), 6, 5);
    for (int i = 0; i < 30; i++) {
      assertEquals(q[i] + .25f * noise[i], both[i], 1e-7f);
    }
    assertArrayEquals(
        turned(both, 6, 5), floats(new Draw.Aligned(-.5, "other", 3, false, .25, TURNED), 5, 6));
  }

  @Test
  void aBatchFollowsABatch() {
    var draw = new Draw.Aligned(1, "other", 2, false, .1, FIRST_OF_THREE);
    float[] all = floats(draw, 3, 6, 5);
    for (int i = 0; i < 3; i++) {
      var one = new Draw.Aligned(1, "other", 2 + i, false, .1, PLAIN);
      assertArrayEquals(
          Arrays.copyOfRange(all, 30 * i, 30 * i + 30), floats(one, Shape.of(6, 5), i));
    }
    double[] wide = doubles(new Draw.Aligned(1, "other", 2, false, .1, PLAIN), 6, 5);
    for (int i = 0; i < 30; i++) {
      assertNotEquals((float) wide[i], all[i]);
    }
  }

  @Test
  void alignedIsTheSameForAllThreadsAndKernels() {
    var draw = new Draw.Aligned(.6, "other", 0, true, .05, PLAIN);
    var shape = Shape.of(300, 520);
    float[] wanted = floats(draw, shape, 0);
    for (String kernel : List.of("scalar", "256", "512")) {
      for (int threads : new int[] {1, 3, 7}) {
        var engine = new MatrixFills.Engine(MatrixKernels.named(kernel), threads);
        try (var values = MatrixFills.values(KEY, draw, shape, 0, false, engine)) {
          var out = new float[wanted.length];
          values.read(0, out, 0, out.length);
          assertArrayEquals(wanted, out, kernel + " " + threads);
        }
      }
    }
  }

  @Test
  void everyMatrixOfABatchIsItsOwn() {
    var draw = new Draw.Orthogonal(1, FIRST_OF_THREE);
    float[] all = floats(draw, 4, 7, 7);
    for (int e = 0; e < 4; e++) {
      float[] one = Arrays.copyOfRange(all, 49 * e, 49 * (e + 1));
      assertEquals(0, defect(one, 7, 7, 1), 1e-6);
      assertArrayEquals(one, floats(new Draw.Orthogonal(1, PLAIN), Shape.of(7, 7), e));
      for (int f = 0; f < e; f++) {
        assertFalse(Arrays.equals(one, Arrays.copyOfRange(all, 49 * f, 49 * (f + 1))));
      }
    }
    assertEquals(4, MatrixFills.numbers(draw, Shape.of(4, 7, 7)));
    assertEquals(1, MatrixFills.numbers(new Draw.Sparse(1, 1, PLAIN), Shape.of(7, 7)));
    assertEquals(0, MatrixFills.numbers(new Draw.Constant(1), Shape.of(4, 7, 7)));
  }

  @Test
  void doublesAreOrthonormalToTheirOwnPrecision() {
    double[] w = doubles(new Draw.Orthogonal(1, PLAIN), 40, 70);
    for (int i = 0; i < 40; i++) {
      for (int j = 0; j <= i; j++) {
        double s = i == j ? -1 : 0;
        for (int k = 0; k < 70; k++) {
          s += w[i * 70 + k] * w[j * 70 + k];
        }
        assertEquals(0, s, 1e-14);
      }
    }
  }

  /// Any span, in any order, from several threads, of a batch that is larger than what is kept.
  @ParameterizedTest
  @CsvSource({"0", "1", "2"})
  void spansAreParts(int which) {
    var conv = new Draw.Matrix(List.of(1), List.of(2), List.of(0));
    Draw draw =
        switch (which) {
          case 0 -> new Draw.Orthogonal(1, FIRST_OF_THREE);
          case 1 -> new Draw.Sparse(3, 1, LAST_OF_THREE);
          default -> new Draw.DeltaOrthogonal(1, conv, List.of(3));
        };
    Shape shape = which == 2 ? Shape.of(9, 10, 11, 3) : Shape.of(9, 10, 11);
    float[] all = floats(draw, shape, 0);
    try (var values = MatrixFills.values(KEY, draw, shape, 0, false, ENGINE)) {
      IntStream.range(0, 200)
          .parallel()
          .forEach(
              seed -> {
                var random = new SplittableRandom(seed);
                int first = random.nextInt(all.length);
                int count = random.nextInt(1, Math.min(500, all.length - first) + 1);
                var out = new float[count + 3];
                values.read(first, out, 2, count);
                assertArrayEquals(
                    Arrays.copyOfRange(all, first, first + count),
                    Arrays.copyOfRange(out, 2, 2 + count),
                    "seed " + seed);
              });
    }
  }

  @Test
  void spansBeyondTheTensorAreRefused() {
    try (var values =
        MatrixFills.values(KEY, new Draw.Orthogonal(1, PLAIN), Shape.of(3, 3), 0, false, ENGINE)) {
      assertThrows(IllegalArgumentException.class, () -> values.read(8, new float[2], 0, 2));
      assertThrows(IllegalArgumentException.class, () -> values.read(-1, new float[2], 0, 2));
    }
  }

  @Test
  void deltaOrthogonalIsZeroBesideTheCentre() {
    var draw = new Draw.DeltaOrthogonal(3, PLAIN, List.of(2, 3));
    float[] w = floats(draw, 6, 5, 3, 4);
    var centre = new float[30];
    for (int i = 0; i < w.length; i++) {
      if (i % 12 == 1 * 4 + 1) {
        centre[i / 12] = w[i];
      } else {
        assertEquals(0, w[i]);
      }
    }
    assertEquals(0, defect(turned(centre, 6, 5), 5, 6, 9), 9e-6);
    float[] plain = floats(new Draw.Orthogonal(3, PLAIN), 6, 5);
    assertArrayEquals(plain, centre);
  }

  /// Circular convolution keeps the norm of every signal: the promise of Xiao et al. 2018.
  @Test
  void deltaOrthogonalKeepsNorms() {
    int length = 7;
    float[] w = floats(new Draw.DeltaOrthogonal(1, PLAIN, List.of(2)), 6, 4, 3);
    double[] x = new SplittableRandom(1).doubles(4 * length, -1, 1).toArray();
    double before = 0;
    double after = 0;
    for (double v : x) {
      before += v * v;
    }
    for (int o = 0; o < 6; o++) {
      for (int p = 0; p < length; p++) {
        double y = 0;
        for (int i = 0; i < 4; i++) {
          for (int t = 0; t < 3; t++) {
            y += w[(o * 4 + i) * 3 + t] * x[i * length + (p + t + length - 1) % length];
          }
        }
        after += y * y;
      }
    }
    assertEquals(before, after, 1e-5 * before);
  }

  /// `torch.nn.init.dirac_(torch.empty(4, 2, 3), 2)` and `(torch.empty(4, 2, 4), 1)` of torch 1.13:
  /// ones at [0,0,1], [1,1,1], [2,0,1], [3,1,1]; and at [0,0,2], [1,1,2].
  @Test
  void identityIsTorchsDirac() {
    assertOnes(
        floats(new Draw.Identity(1, PLAIN, List.of(2), 2), 4, 2, 3),
        1,
        at(0, 0, 1, 2, 3),
        at(1, 1, 1, 2, 3),
        at(2, 0, 1, 2, 3),
        at(3, 1, 1, 2, 3));
    assertOnes(
        floats(new Draw.Identity(.5, PLAIN, List.of(2), 1), 4, 2, 4),
        .5f,
        at(0, 0, 2, 2, 4),
        at(1, 1, 2, 2, 4));
    assertOnes(floats(new Draw.Identity(2, PLAIN, List.of(), 1), 2, 3), 2, 0, 4);
    assertOnes(floats(new Draw.Identity(2, TURNED, List.of(), 1), 3, 2), 2, 0, 3);
  }

  private static int at(int row, int column, int tap, int columns, int taps) {
    return (row * columns + column) * taps + tap;
  }

  private static void assertOnes(float[] w, float value, int... places) {
    var wanted = new float[w.length];
    for (int p : places) {
      wanted[p] = value;
    }
    assertArrayEquals(wanted, w);
  }

  @Test
  void zerOIsAPartialIdentityUnlessItGrows() {
    assertOnes(floats(new Draw.Hadamard(PLAIN, List.of()), 3, 3), 1, 0, 4, 8);
    assertOnes(floats(new Draw.Hadamard(PLAIN, List.of()), 2, 3), 1, 0, 4);
    assertOnes(floats(new Draw.Hadamard(PLAIN, List.of(2)), 2, 2, 3), 1, 1, 10);
  }

  /// From 3 to 5: k = 3, c = 2⁻¹, signs of H₈'s corner, written out.
  @Test
  void zerOGrowsByHadamard() {
    float h = .5f;
    float[] wanted = {
      h, h, h,
      h, -h, h,
      h, h, -h,
      h, -h, -h,
      h, h, h
    };
    assertArrayEquals(wanted, floats(new Draw.Hadamard(PLAIN, List.of()), 5, 3));
    float[] conv = floats(new Draw.Hadamard(PLAIN, List.of(2)), 5, 3, 3);
    for (int i = 0; i < conv.length; i++) {
      assertEquals(i % 3 == 1 ? wanted[i / 3] : 0, conv[i]);
    }
  }

  /// Growing to a power of two, columns are orthogonal of square length 2: c² · 2^k.
  @Test
  void zerOColumnsAreOrthogonal() {
    float[] w = floats(new Draw.Hadamard(PLAIN, List.of()), 64, 20);
    assertEquals(0, defect(turned(w, 64, 20), 20, 64, 2), 1e-6);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "15", "49", "50"})
  void sparseRowsHaveExactlyAsManyElements(int nonZero) {
    var draw = new Draw.Sparse(nonZero, 2, PLAIN);
    float[] w = floats(draw, 300, 50);
    for (int r = 0; r < 300; r++) {
      int from = r * 50;
      assertEquals(nonZero, IntStream.range(from, from + 50).filter(i -> w[i] != 0).count());
    }
    assertArrayEquals(turned(w, 300, 50), floats(new Draw.Sparse(nonZero, 2, TURNED), 50, 300));
  }

  /// 60,000 normals: the mean and the second moment within 5 standard errors (chance 1 in 900,000,
  /// fixed seed).
  @Test
  void sparseElementsAreNormal() {
    for (boolean wide : new boolean[] {false, true}) {
      var draw = new Draw.Sparse(15, 2, PLAIN);
      float[] single = floats(draw, 4000, 50);
      double[] w =
          wide
              ? doubles(draw, 4000, 50)
              : IntStream.range(0, single.length).mapToDouble(i -> single[i]).toArray();
      double n = 4000 * 15;
      assertEquals(0, Arrays.stream(w).sum() / n, 5 * 2 / Math.sqrt(n));
      double second = Arrays.stream(w).map(x -> x * x).sum() / n;
      assertEquals(4, second, 5 * 4 * Math.sqrt(2 / n));
    }
  }

  /// How often each column is chosen: Pearson's X², which for k of n without replacement is (n −
  /// k)/(n − 1) times χ² with n − 1 degrees of freedom; within 5 standard deviations.
  @Test
  void sparsePlacesAreUniform() {
    int n = 50;
    int k = 5;
    int rows = 4000;
    float[] w = floats(new Draw.Sparse(k, 1, PLAIN), rows, n);
    var counts = new int[n];
    for (int i = 0; i < w.length; i++) {
      counts[i % n] += w[i] != 0 ? 1 : 0;
    }
    double expected = (double) rows * k / n;
    double x = 0;
    for (int c : counts) {
      x += (c - expected) * (c - expected) / expected;
    }
    double score = (x * (n - 1) / (n - k) - (n - 1)) / Math.sqrt(2.0 * (n - 1));
    assertEquals(0, score, 5);
  }

  @Test
  void emptyTensorsAreEmpty() {
    for (Draw draw :
        List.of(
            new Draw.Orthogonal(1, PLAIN),
            new Draw.Sparse(3, 1, PLAIN),
            new Draw.Identity(1, PLAIN, List.of(), 1),
            new Draw.Hadamard(PLAIN, List.of()))) {
      assertEquals(0, floats(draw, 0, 5).length);
      assertEquals(0, floats(draw, 5, 0).length);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedWithAdvice() {
    assertRefused(new Draw.Orthogonal(1, PLAIN), "neither row", 3, 3, 3);
    assertRefused(
        new Draw.Orthogonal(1, new Draw.Matrix(List.of(0, 1), List.of(1), List.of())),
        "each in one list",
        3,
        3);
    assertRefused(
        new Draw.Orthogonal(1, new Draw.Matrix(List.of(0), List.of(2), List.of())),
        "each in one list",
        3,
        3);
    assertRefused(new Draw.Orthogonal(1, PLAIN), "nearly orthogonal", 1 << 21, 2);
    assertRefused(new Draw.Orthogonal(1, PLAIN), "split it into blocks", 40_000, 40_000);
    assertRefused(new Draw.Orthogonal(1, LAST_OF_THREE), "interleaved", 4096, 4096, 100);
    assertRefused(new Draw.Identity(1, PLAIN, List.of(), 3), "groups", 4, 4);
    assertRefused(new Draw.Sparse(5, 1, PLAIN), "in rows of 4", 3, 4);
    assertRefused(new Draw.Aligned(1, "q", 0, true, 1, PLAIN), "nearly orthogonal", 1 << 21, 2);
    assertRefused(new Draw.Aligned(1, "q", 1L << 40, true, 1, PLAIN), "has no", 3, 3);
    assertRefused(new Draw.Constant(1), "not a matrix draw", 3, 4);
  }

  private static void assertRefused(Draw draw, String why, long... dims) {
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> MatrixFills.values(KEY, draw, Shape.of(dims), 0, false, ENGINE));
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  /// A great batch is not made before it is read.
  @Test
  void batchesAreMadeOneByOne() {
    var shape = Shape.of(1 << 20, 4096, 4096);
    try (var values =
        MatrixFills.values(KEY, new Draw.Sparse(1, 1, FIRST_OF_THREE), shape, 0, false, ENGINE)) {
      var out = new float[4096];
      values.read(shape.count() - 4096, out, 0, 4096);
      assertEquals(1, IntStream.range(0, 4096).filter(i -> out[i] != 0).count());
    }
  }
}
