package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Fns;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The algebra of pair moments against brute force on small tensors and against the numbers of
/// theory.md.
class FieldTest {
  private static final double EXACT = 1e-12;

  /// x[i][j] = 1 + row_i + column_j + noise, with fixed values: every pair class differs.
  private static Tensor structured(int rows, int columns) {
    double[] v = new double[rows * columns];
    for (int i = 0; i < v.length; i++) {
      v[i] =
          1
              + Math.sin(7.0 * (i / columns))
              + 0.5 * Math.cos(3.0 * (i % columns))
              + 0.1 * Math.sin(i * i);
    }
    return Tensor.ofDoubles(Shape.of(rows, columns), v);
  }

  private static Field field(Tensor t) {
    Elements.Sums s = Elements.of(t);
    return Sample.field(t, s, s.stats().m2());
  }

  /// Mean of x_i·x_j over pairs that differ exactly in the axes of `mask`, divided by m2.
  private static double bruteForce(Tensor t, int mask) {
    int rows = (int) t.shape().dim(0);
    int columns = (int) t.shape().dim(1);
    double sum = 0;
    double m2 = 0;
    long pairs = 0;
    for (int a = 0; a < t.count(); a++) {
      m2 += t.at(a) * t.at(a) / t.count();
      for (int b = 0; b < t.count(); b++) {
        int differs = (a / columns != b / columns ? 1 : 0) | (a % columns != b % columns ? 2 : 0);
        if (differs == mask) {
          sum += t.at(a) * t.at(b);
          pairs++;
        }
      }
    }
    assertEquals(rows, t.count() / columns);
    return sum / pairs / m2;
  }

  @Test
  void samplePairMomentsAreThoseOfAllPairs() {
    Tensor t = structured(5, 7);
    Field f = field(t);
    for (int mask = 0; mask < 4; mask++) {
      assertEquals(bruteForce(t, mask), f.k[mask], EXACT, "mask " + mask);
    }
  }

  @Test
  void mergingAndSplittingAnAxisAveragesAndCopies() {
    Tensor t = structured(4, 6);
    Field merged = field(t).reshape(Shape.of(24)).mergedAxis(0);
    Field direct = field(t.reshape(Shape.of(24)));
    assertEquals(direct.k[1], merged.k[1], EXACT);
    Field back = merged.reshape(Shape.of(4, 6));
    assertEquals(merged.k[1], back.k[1], EXACT);
    assertEquals(merged.k[1], back.k[3], EXACT);
  }

  @Test
  void aReshapeThatOnlyGroupsAxesLosesNothing() {
    Field f = field(structured(4, 6));
    Field there = f.reshape(Shape.of(24)).reshape(Shape.of(4, 6));
    assertArrayEquals(f.k, there.k, EXACT);
  }

  @Test
  void sumsOverAnAxisAreThoseOfTheNumbers() {
    Tensor t = structured(5, 7);
    double[] rows = new double[5];
    for (int i = 0; i < t.count(); i++) {
      rows[i / 7] += t.at(i);
    }
    double m2 = 0;
    double pairs = 0;
    for (int i = 0; i < 5; i++) {
      m2 += rows[i] * rows[i] / 5;
      for (int j = 0; j < 5; j++) {
        pairs += i == j ? 0 : rows[i] * rows[j] / 20;
      }
    }
    Field summed = field(t).sumOver(1).dropAxis(1);
    assertEquals(Math.log(m2), summed.ln, 1e-9);
    assertEquals(pairs / m2, summed.k[1], 1e-9);
  }

  @Test
  void centringRemovesExactlyTheMean() {
    Field f = field(structured(5, 7));
    Field centred = f.centredOver(f.maskOf(1));
    assertTrue(centred.meanOver(1).isZero());
  }

  @Test
  void slicingAndPlacingBackKeepsTheSumOfSquares() {
    Field f = field(structured(5, 7));
    Field part = ShapeRule.taken(f, 1, new long[] {2, 1}, 3);
    Field placed = ShapeRule.placed(part, 1, new long[] {2, 1}, 7);
    assertEquals(part.ln + Math.log(3 / 7.0), placed.ln, EXACT);
    assertEquals(0, placed.profiles[1][0]);
    assertEquals(7 / 3.0, placed.profiles[1][3], EXACT);
  }

  /// n·σ²·q (theory.md §1): fan-in 4 with Var(w) = 1/4 keeps the second moment.
  @Test
  void aNeuronWithFourFeaturesKeepsItsVarianceAtOneOverN() {
    Field x = Field.iid(Shape.of(16, 4), 0);
    Field w = Field.iid(Shape.of(4, 1), Math.log(0.25));
    Field z = Contraction.of(x, List.of(0, 2), w, List.of(2, 1), List.of(0, 1));
    assertEquals(0, z.ln, EXACT);
  }

  @Test
  void aMatrixProductOfCorrelatedTokensHasTheAttentionForm() {
    // Uniform attention over T tokens of cosine r: r + (1 − r)/T (theory.md §7).
    double r = 0.3;
    int t = 8;
    Field v = Field.iid(Shape.of(t, 5), 0);
    double[] k = v.k.clone();
    k[1] = r;
    v = v.with(k, 0, 0);
    Field a = Field.constant(Shape.of(t, t), 1, -2 * Math.log(t));
    Field out = Contraction.of(a, List.of(0, 1), v, List.of(1, 2), List.of(0, 2));
    assertEquals(Math.log(r + (1 - r) / t), out.ln, EXACT);
  }

  /// ((1 + 2cos(π/(H+1)))/3)² per layer of 3×3 "same" convolution in the limit (theory.md §2).
  @ParameterizedTest
  @CsvSource({"4, .76157", "7, .90108", "14, .97108", "32, .99397"})
  void zeroPaddingCostsWhatTheEigenvalueSays(int h, double factor) {
    double[] p = null;
    double same = 0;
    for (int layer = 0; layer < 2000; layer++) {
      AxisMap.Moments m = AxisMap.window(h, h, 3, 1, 1, 1).forward(p);
      p = m.profile();
      same = m.same() / 3;
    }
    assertEquals(factor, same * same, 1e-5);
  }

  @Test
  void aStridedPointwiseConvolutionLeavesThreeQuartersWithoutGradient() {
    AxisMap.Moments m = AxisMap.window(8, 4, 1, 2, 0, 1).backward(null);
    assertEquals(0.5, m.same(), EXACT);
    assertArrayEquals(new double[] {2, 0, 2, 0, 2, 0, 2, 0}, m.profile(), EXACT);
  }

  @Test
  void windowWithoutPaddingHasNoProfile() {
    assertNull(AxisMap.window(8, 6, 3, 1, 0, 1).forward(null).profile());
  }

  /// Hanin & Nica 2018: ln m2 of a ReLU network has variance 5/n per layer once inputs are aligned.
  @Test
  void reluScattersByFiveOverWidth() {
    int n = 64;
    Field z = Field.iid(Shape.of(n), Math.log(2)).withSpread(0, Overlap.NONE, 1);
    Field y = PointwiseMoments.apply(Fns.relu(), z);
    assertEquals(0, y.ln, EXACT);
    assertEquals(5.0 / n, y.spread(), 1e-9);
  }

  /// Cho & Saul 2009: cosine 1/π from orthogonal inputs.
  @Test
  void reluTurnsOrthogonalInputsToOneOverPi() {
    Field z = Field.iid(Shape.of(16, 64), 0);
    Field y = PointwiseMoments.apply(Fns.relu(), z);
    assertEquals(1 / Math.PI, y.k[1], EXACT);
  }

  @Test
  void nothingUnderflows() {
    Field z = Field.iid(Shape.of(16, 64), -1e5);
    assertEquals(-1e5 - Math.log(2), PointwiseMoments.apply(Fns.relu(), z).ln, 1e-6);
    assertEquals(-1e5, PointwiseMoments.apply(Fns.tanh(), z).ln, 1e-3);
    assertEquals(Math.log(0.25), PointwiseMoments.apply(Fns.sigmoid(), z).ln, 1e-9);
    Field large = Field.iid(Shape.of(16, 64), 1e5);
    assertEquals(0, PointwiseMoments.apply(Fns.tanh(), large).ln, 1e-9);
    assertEquals(1e5 - Math.log(2), PointwiseMoments.apply(Fns.silu(), large).ln, 1e-3);
  }

  /// x_i = √p_i·(√c·s + √(1−c)·e_i): with a border of p = .4 that hears less of the common part,
  /// the border stands out once the mean is gone. Terms of 1/64 are left out by the rule.
  @Test
  void centringTurnsAProfileAround() {
    int n = 64;
    double c = 0.9;
    double[] p = new double[n];
    java.util.Arrays.fill(p, 1.04);
    p[0] = p[n - 1] = 0.4;
    double sum = java.util.Arrays.stream(p).sum();
    double roots = 0;
    for (int i = 0; i < n; i++) {
      p[i] *= n / sum;
      roots += Math.sqrt(p[i]);
    }
    double[] want = new double[n];
    double average = (1 - c) / n + c * roots * roots / n / n;
    double level = 0;
    for (int i = 0; i < n; i++) {
      double cross = (p[i] * (1 - c) + c * Math.sqrt(p[i]) * roots) / n;
      want[i] = p[i] - 2 * cross + average;
      level += want[i] / n;
    }
    Field f = Field.iid(Shape.of(n), 0).withProfile(0, p);
    double[] k = {1, (average * n - 1) / (n - 1)};
    double[] got = f.with(k, 0, 0).centredOver(1).profiles[0];
    for (int i = 0; i < n; i++) {
      assertEquals(want[i] / level, got[i], 0.03, "position " + i);
    }
    assertTrue(got[0] > 1.5 * got[n / 2], "border " + got[0]);
  }
}
