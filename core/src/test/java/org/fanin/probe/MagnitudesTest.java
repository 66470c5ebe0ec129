package org.fanin.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.fanin.math.Addressed;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Counting by comparisons against counting one by one.
class MagnitudesTest {
  record Law(String name, DoubleUnaryOperator of) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Law> laws() {
    return List.of(
        new Law("normal", i -> normal(i)),
        new Law("relu", i -> Math.max(0, normal(i))),
        new Law("vanished", i -> 1e-30 * normal(i)),
        new Law("exploded", i -> 1e30 * normal(i)),
        new Law("single subnormals", i -> 1e-41 * normal(i)),
        new Law("double subnormals", i -> Double.MIN_VALUE * Math.rint(5 * normal(i))),
        // The elements that the guess sees say nothing of the others.
        new Law("drifting", i -> normal(i) * StrictMath.exp(i / 400)),
        new Law("one outlier", i -> i == 2100 ? 1e9 : normal(i)),
        new Law("few nonzero", i -> i % 97 == 0 ? normal(i) : 0),
        new Law("zero", _ -> 0.0),
        new Law(
            "not finite", i -> i % 1000 == 7 ? Double.NaN : i % 900 == 5 ? -1 / 0.0 : normal(i)));
  }

  private static double normal(double i) {
    return Addressed.normal(5, 0, (long) i);
  }

  @ParameterizedTest
  @MethodSource("laws")
  void equalToCountingOneByOne(Law law) {
    for (int n : new int[] {1, 50, 2048, 2049, Magnitudes.SAMPLE, 10_000}) {
      double[] x = new double[n];
      Arrays.setAll(x, i -> law.of.applyAsDouble(i));
      same(law + " " + n, Tensor.ofDoubles(Shape.of(n), x), x);
      byte[] bytes = new byte[4 * n];
      MemorySegment to = MemorySegment.ofArray(bytes);
      for (int i = 0; i < n; i++) {
        to.set(
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
            4L * i,
            (float) x[i]);
        x[i] = (float) x[i];
      }
      same(law + " single " + n, Tensor.of(DType.F32, Shape.of(n), to), x);
    }
  }

  private static void same(String what, Tensor t, double[] x) {
    Magnitudes m = new Magnitudes();
    m.count(t);
    assertEquals(count(x, v -> v == 0), m.zeros(), what);
    assertEquals(count(x, v -> !Double.isFinite(v)), m.nonFinite(), what);
    if (x.length <= Magnitudes.SAMPLE || count(x, v -> v != 0) < x.length / 10) {
      assertEquals(range(x), m.range(1), what);
    } else {
      near(what, x, range(x), m.range(1));
    }
    int from = x.length / 3;
    assertEquals(
        count(Arrays.copyOfRange(x, from, x.length), v -> v == 0),
        m.zeros(from, x.length, null),
        what);
  }

  /// Shares below a limit are told from a sample, so that they may be off by 5 standard errors of a
  /// binomial law (6·10⁻⁷ each) and two elements; everything else is exact.
  private static void near(String what, double[] x, Reading.Range wanted, Reading.Range found) {
    assertEquals(wanted.largest(), found.largest(), what);
    assertEquals(wanted.fp16Over(), found.fp16Over(), what);
    assertEquals(wanted.bf16Over(), found.bf16Over(), what);
    assertEquals(wanted.e4m3Over(), found.e4m3Over(), what);
    assertEquals(wanted.e5m2Over(), found.e5m2Over(), what);
    assertEquals(wanted.fp16Under(), found.fp16Under(), error(x, wanted.fp16Under()), what);
    assertEquals(wanted.bf16Under(), found.bf16Under(), error(x, wanted.bf16Under()), what);
    assertEquals(wanted.e4m3Under(), found.e4m3Under(), error(x, wanted.e4m3Under()), what);
    assertEquals(wanted.e5m2Under(), found.e5m2Under(), error(x, wanted.e5m2Under()), what);
    double n = count(x, v -> v != 0 && Double.isFinite(v));
    long none = count(x, v -> v == 0);
    double below = (under(x, found.onePercent()) - none) / n;
    double above = (under(x, found.onePercent() + 1) - none) / n;
    // No power of two divides doubles' subnormals.
    boolean lowest = found.onePercent() < Double.MIN_EXPONENT;
    assertTrue(lowest || below < 0.01 + error(x, 0.01), what);
    assertTrue(above > 0.01 - error(x, 0.01), what);
  }

  private static double error(double[] x, double share) {
    double n = Magnitudes.SAMPLE * (double) count(x, v -> v != 0) / x.length;
    return (5 * Math.sqrt(share * (1 - share) * n) + 2) / n;
  }

  private static long count(double[] x, java.util.function.DoublePredicate p) {
    return Arrays.stream(x).filter(p).count();
  }

  private static Reading.Range range(double[] x) {
    double[] a =
        Arrays.stream(x).filter(Double::isFinite).map(Math::abs).filter(v -> v > 0).toArray();
    if (a.length == 0) {
      return Reading.Range.EMPTY;
    }
    Arrays.sort(a);
    int largest = Math.getExponent(a[a.length - 1]) + 1;
    int percent = largest - 1;
    // Below 2^k at most 1%: the largest such k, but not below the smallest element.
    while (percent > Math.getExponent(a[0]) && under(a, percent) > 0.01 * a.length) {
      percent--;
    }
    double n = a.length;
    return new Reading.Range(
        count(a, v -> v <= 0x1p-25) / n,
        1 - count(a, v -> v < 65520) / n,
        count(a, v -> v <= 0x1p-134) / n,
        1 - count(a, v -> v < 0x1.ffp127) / n,
        count(a, v -> v <= 0x1p-10) / n,
        1 - count(a, v -> v <= 464) / n,
        count(a, v -> v <= 0x1p-17) / n,
        1 - count(a, v -> v < 61440) / n,
        largest,
        percent,
        a.length);
  }

  private static long under(double[] a, int k) {
    return count(a, v -> Math.abs(v) < Math.scalb(1.0, k));
  }
}
