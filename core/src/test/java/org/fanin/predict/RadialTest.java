package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/// Sums Σ g·x that meet themselves again, by hand.
class RadialTest {
  private static final double EXACT = 1e-12;

  /// Both factors of y = a·b have S_y; the input of both gets S_y twice, where two gradients of no
  /// relation would add their squares: 4 over 2.
  @Test
  void whatMakesBothFactorsOfAProductHasTwiceItsSum() {
    Radial factor = Radial.ISOTROPIC.anchored(7);
    assertEquals(2, Radial.sum(factor, 3, factor, 3).total(), EXACT);
    assertEquals(1, Radial.sum(Radial.ISOTROPIC, 3, Radial.ISOTROPIC, 3).total(), EXACT);
  }

  /// y = x + f(x) with f homogeneous, behind it a normalisation: the length of x does not count,
  /// though neither path alone is free of it. Shares .2 and .8 of y.
  @Test
  void twoPathsIntoANormalisationCancel() {
    Radial behind = Radial.ISOTROPIC.scaled(0, 0);
    Radial direct = behind.addend(5, 0.2, 1);
    Radial branch = behind.addend(5, 0.8, -1);
    assertEquals(0.8, direct.total(), EXACT);
    assertEquals(0.2, branch.total(), EXACT);
    // E g²·Σ x² relative to E δ²·Σ y²: the direct path has the share of x, the branch that of f.
    assertEquals(0, Radial.sum(direct, 0.2, branch, 0.8).total(), EXACT);
  }

  /// A homogeneous function of degree 1 has u·φ′ = φ; with E φ² = .5 and E φ′²·E u² = .5 (ReLU) the
  /// sum stays, whatever it was.
  @Test
  void aRectifierHandsItOn() {
    assertEquals(1e-9, Radial.NORMALISED.through(0.5, 0.5, 0.5, 0.5).total(), EXACT);
  }
}
