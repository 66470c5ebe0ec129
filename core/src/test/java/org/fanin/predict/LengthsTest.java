package org.fanin.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fanin.math.Fns;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;

/// Samples of unequal length, against Monte Carlo (NumPy, seed 7); tolerances are five standard
/// errors.
class LengthsTest {
  /// 200,000 batches of log-normals: .0906 ± .0009 and .3956 ± .0018.
  @Test
  void meanOfABatchIsBelowItsExpectation() {
    assertEquals(0.09062, BatchMean.below(1, 8), 5 * 0.00093);
    assertEquals(0.39558, BatchMean.below(4, 16), 5 * 0.0018);
    // One sample: half of its own variance, which the linear term tells.
    assertEquals(0.5, BatchMean.below(1, 1), 0.01);
    assertEquals(0, BatchMean.beyondVariance(4, 1), 0);
  }

  /// GELU over N(0, q), ln q ~ N(−1/2, 1), four million draws, beside N(0, 1): E φ² 1.0360 ± .0026,
  /// E φ .8600 ± .0011.
  @Test
  void activationOverUnequalLengths() {
    Field root = Field.iid(Shape.of(8, 64), 0);
    LengthMixture m = LengthMixture.of(Fns.gelu(), root, new Lengths(1, Double.NaN));
    assertEquals(1.0360, m.square, 5 * 0.0026);
    assertEquals(0.8600, m.mean, 5 * 0.0011);
  }

  /// 64 SELU units: what lengths, alignment and their covariance add to ln χ per layer is .0116 in
  /// all; .0807 − .0693 over 6000 networks of 50 layers (deviation of ln E |Jv|² at the end .05, so
  /// .0013 per layer).
  @Test
  void slopesLeanOnTheLength() {
    Lengths.Lean lean = new Lengths.Lean(0, 0, 0, 0);
    double ln = 0;
    for (int layer = 0; layer < 40; layer++) {
      LengthMixture.Slope s = LengthMixture.slope(Fns.selu(), 0, 1, 0.0606, 0, lean, 64, 0, 0);
      lean = s.lean();
      ln = s.ln();
    }
    assertEquals(0.0114, ln, 5 * 0.0013);
  }
}
