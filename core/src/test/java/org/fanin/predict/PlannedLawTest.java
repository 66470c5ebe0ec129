package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

class PlannedLawTest {
  private static final Shape SHAPE = Shape.of(8, 32);
  private static final Draw.Matrix MATRIX = new Draw.Matrix(List.of(0), List.of(1), List.of());

  private static PlannedLaw of(Draw d) {
    return PlannedLaw.of(d, SHAPE, "x");
  }

  @Test
  void momentsOfSimpleDraws() {
    assertEquals(4.0 / 12, of(new Draw.Uniform(0, 2)).variance(), 1e-15);
    assertEquals(1, of(new Draw.Uniform(0, 2)).mean(), 0);
    assertEquals(.25, of(new Draw.Normal(1, .5)).variance(), 1e-15);
    // theory.md 1: the deviation of N(0,1) cut at ±2 is .879626.
    assertEquals(.879626, Math.sqrt(of(new Draw.Truncated(0, 1, 2)).variance()), 1e-6);
    assertEquals(9, of(new Draw.Constant(3)).m2(), 0);
  }

  @Test
  void momentsOfMatrices() {
    assertEquals(4.0 / 32, of(new Draw.Orthogonal(2, MATRIX)).variance(), 1e-15);
    assertEquals(.25 * 4 / 32, of(new Draw.Sparse(4, .5, MATRIX)).variance(), 1e-15);
  }

  @Test
  void momentsOfMixtures() {
    Draw parts = new Draw.Parts(0, List.of(new Draw.Constant(0), new Draw.Constant(1)));
    assertEquals(.5, of(parts).mean(), 0);
    assertEquals(.5, of(parts).m2(), 1e-15);
    Draw padded = new Draw.Slice(new Draw.Normal(0, 1), 0, 0, 0);
    assertEquals(7.0 / 8, of(padded).m2(), 1e-15);
    // Mean of ln(1 … 8).
    assertEquals(Math.log(40320) / 8, of(new Draw.LogRange(0)).mean(), .01);
  }

  @Test
  void fieldCarriesTheMean() {
    Field f = of(new Draw.Normal(2, 1)).field(SHAPE);
    assertEquals(Math.log(5), f.ln, 1e-15);
    assertEquals(2 / Math.sqrt(5), f.mean, 1e-15);
    assertEquals(.8, f.k[f.k.length - 1], 1e-15);
  }

  @Test
  void refusesWhatIsNotFinite() {
    assertThrows(IllegalArgumentException.class, () -> PlannedLaw.normal(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> PlannedLaw.normal(-1));
  }
}
