package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// Numbers of theory.md §9, to the digits given there.
class FixedPointsTest {
  @Test
  void orderedTanh() {
    FixedPoints.Phase p = FixedPoints.phase(Fns.tanh(), 1.3, 0.3);
    assertEquals(0.60705, p.qStar().orElseThrow(), 5.1e-6);
    assertEquals(0.93981, p.chi1().orElseThrow(), 5.1e-6);
    assertEquals(16.11, p.xiC().orElseThrow(), 5.1e-3);
    assertEquals(1, p.cStar().orElseThrow());
    assertEquals(FixedPoints.Regime.ORDERED, p.regime());
  }

  @Test
  void chaoticTanh() {
    FixedPoints.Phase p = FixedPoints.phase(Fns.tanh(), 2.5, 0.3);
    assertEquals(4.07912, p.qStar().orElseThrow(), 5.1e-6);
    assertEquals(1.58522, p.chi1().orElseThrow(), 5.1e-6);
    assertEquals(0.1221, p.cStar().orElseThrow(), 5.1e-5);
    assertEquals(FixedPoints.Regime.CHAOTIC, p.regime());
    assertTrue(p.xiGrad().orElseThrow() < 0, "the gradient grows");
    assertTrue(p.xiC().orElseThrow() > 0);
  }

  @Test
  void edgeOfTanh() {
    var at = assertInstanceOf(EdgeOfChaos.At.class, EdgeOfChaos.of(Fns.tanh(), Math.sqrt(0.05)));
    assertEquals(1.7610, at.sigmaW() * at.sigmaW(), 5.1e-5);
    assertEquals(0.570, at.qStar(), 5.1e-4);
    FixedPoints.Phase p = FixedPoints.phase(Fns.tanh(), at.sigmaW(), Math.sqrt(0.05));
    assertEquals(1, p.chi1().orElseThrow(), 1e-9);
  }

  @Test
  void edgeElsewhere() {
    var relu = assertInstanceOf(EdgeOfChaos.AtAnyLength.class, EdgeOfChaos.of(Fns.relu(), 0));
    assertEquals(Math.sqrt(2), relu.sigmaW(), 1e-15);
    assertInstanceOf(EdgeOfChaos.None.class, EdgeOfChaos.of(Fns.relu(), 0.1));
    for (Fn f : java.util.List.of(Fns.tanh(), Fns.hardTanh(), Fns.erf())) {
      var at = assertInstanceOf(EdgeOfChaos.At.class, EdgeOfChaos.of(f, 0), f.name());
      assertEquals(1 / f.slopeAt(0), at.sigmaW(), 1e-12, f.name());
      assertEquals(0, at.qStar());
    }
    assertInstanceOf(EdgeOfChaos.None.class, EdgeOfChaos.of(Fns.softplus(), 0));
  }

  @Test
  void reluCosine() {
    double[] c = FixedPoints.cosines(Fns.relu(), 0, 20_000);
    assertEquals(0.318310, c[1], 5.1e-7);
    assertEquals(0.493731, c[2], 5.1e-7);
    assertEquals(0.735946, c[5], 5.1e-7);
    assertEquals(0.871536, c[10], 5.1e-7);
    assertEquals(0.948428, c[20], 5.1e-7);
    double limit = 9 * Math.PI * Math.PI / 2;
    assertEquals(1, (1 - c[20_000]) * 4e8 / limit, 3e-3);
  }

  @Test
  void seluKeepsItsFixedPoint() {
    FixedPoints.Phase p = FixedPoints.phase(Fns.selu(), 1, 0);
    assertEquals(1, p.qStar().orElseThrow(), 1e-10);
    assertEquals(1.07157, p.chi1().orElseThrow(), 5.1e-6);
    assertEquals(0, Gaussian.moments(Fns.selu(), 0, 1).mean(), 1e-12);
    assertEquals(1.07157, Gaussian.moments(Fns.selu(), 0, 1).slopeM2(), 5.1e-6);
  }

  @Test
  void lengthsWithoutAFixedPointSayWhy() {
    assertInstanceOf(LengthLimit.Any.class, FixedPoints.length(Fns.relu(), Math.sqrt(2), 0));
    assertInstanceOf(LengthLimit.Diverges.class, FixedPoints.length(Fns.relu(), Math.sqrt(2), 0.1));
    assertInstanceOf(LengthLimit.Diverges.class, FixedPoints.length(Fns.relu(), 2, 0));
    assertInstanceOf(LengthLimit.Vanishes.class, FixedPoints.length(Fns.relu(), 1, 0));
    assertInstanceOf(LengthLimit.Vanishes.class, FixedPoints.length(Fns.tanh(), 0.9, 0));
    assertInstanceOf(LengthLimit.Vanishes.class, FixedPoints.length(Fns.tanh(), 1, 0));
    assertInstanceOf(LengthLimit.Diverges.class, FixedPoints.length(Fns.exp(), 2, 0));
    assertInstanceOf(
        LengthLimit.Unstable.class, FixedPoints.length(Fns.gelu(), Gains.forward(Fns.gelu()), 0));
    var q = assertInstanceOf(LengthLimit.Fixed.class, FixedPoints.length(Fns.relu(), 1, 0.5));
    assertEquals(0.5, q.q(), 1e-14);
    assertTrue(FixedPoints.phase(Fns.exp(), 2, 0).chi1().isEmpty());
    assertFalse(FixedPoints.phase(Fns.exp(), 2, 0).because().isEmpty());
    assertThrows(IllegalArgumentException.class, () -> FixedPoints.phase(Fns.relu(), -1, 0));
    assertThrows(
        IllegalArgumentException.class, () -> FixedPoints.phase(Fns.relu(), 1, Double.NaN));
  }

  @Test
  void iterationEndsInTheFixedPoint() {
    var layers = FixedPoints.iterate(Fns.tanh(), 2.5, 0.3, 1, 0.9, 200);
    assertEquals(4.07912, layers.getLast().q(), 5.1e-6);
    assertEquals(0.1221, layers.getLast().cos(), 5.1e-5);
    assertEquals(1.58522, layers.getLast().chi(), 5.1e-6);
  }

  @Test
  void theoryTableHasNoSilentNaN() {
    for (TheoryTable.Row r : TheoryTable.all(1.5, 0.1, 30)) {
      assertFalse(Double.isNaN(r.gainForward() + r.gainBackward()), r.fn().name());
      r.phase().chi1().ifPresent(x -> assertFalse(Double.isNaN(x), r.fn().name()));
      r.phase().cStar().ifPresent(x -> assertTrue(x >= 0 && x <= 1, r.fn().name() + x));
      r.phase().xiC().ifPresent(x -> assertFalse(Double.isNaN(x), r.fn().name()));
      assertTrue(r.phase().chi1().isPresent() || !r.phase().because().isEmpty());
      assertFalse(r.layers().isEmpty());
    }
    assertEquals(Fns.all().size(), TheoryTable.atForwardGain(5).size());
  }
}
