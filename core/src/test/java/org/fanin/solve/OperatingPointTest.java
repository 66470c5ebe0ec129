package org.fanin.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.math.Gaussian;
import org.fanin.math.Moments;
import org.junit.jupiter.api.Test;

class OperatingPointTest {
  /// ln χ(q) = ln(q·Eφ′²/Eφ²).
  private static double lnChi(Fn f, double lnQ) {
    Moments m = Gaussian.moments(f, 0, Math.exp(lnQ / 2));
    return lnQ + Math.log(m.slopeM2() / m.ef2());
  }

  @Test
  void rectifiersWorkAnywhere() {
    assertEquals(0, OperatingPoint.ln(Fns.relu(), 100, .1));
    assertEquals(0, OperatingPoint.ln(Fns.leakyRelu(.2), 3, .1));
  }

  @Test
  void depthNarrowsTheRange() {
    double shallow = OperatingPoint.ln(Fns.tanh(), 3, .01);
    double deep = OperatingPoint.ln(Fns.tanh(), 100, .01);
    assertTrue(shallow > deep, shallow + " " + deep);
    assertTrue(100 * Math.abs(lnChi(Fns.tanh(), deep)) < 1, "drift of 100 layers");
  }

  @Test
  void sigmoidIsRunWhereItKeepsTheGradient() {
    double ln = OperatingPoint.ln(Fns.sigmoid(), 50, .01);
    assertEquals(50, Math.exp(ln), 8);
    assertTrue(50 * Math.abs(lnChi(Fns.sigmoid(), ln)) < 4);
  }

  @Test
  void scaleInsideTheFunctionIsFound() {
    // sin(30x) is to sin as N(0, 1/900) is to N(0, 1).
    double plain = OperatingPoint.ln(Fns.sin(), 3, .01);
    double scaled = OperatingPoint.ln(Fns.sine(1, 30, 0), 3, .01);
    assertEquals(plain - 2 * Math.log(30), scaled, .5);
  }

  @Test
  void inverseOfASecondMoment() {
    assertEquals(Math.log(2 * .3), Inverse.lnQ(Fns.relu(), Math.log(.3)), 1e-12);
    double ln = Inverse.lnQ(Fns.tanh(), Math.log(.2));
    assertEquals(.2, Gaussian.moments(Fns.tanh(), 0, Math.exp(ln / 2)).ef2(), 1e-6);
    assertTrue(Double.isNaN(Inverse.lnQ(Fns.sigmoid(), Math.log(.05))), "never below 1/4");
    assertTrue(Double.isNaN(Inverse.lnQ(Fns.tanh(), Math.log(2))), "never above 1");
  }

  @Test
  void targetsByName() {
    assertEquals(Target.BOTH, Target.named("both"));
    assertThrows(IllegalArgumentException.class, () -> Target.named("sideways"));
  }
}
