package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FnsTest {
  static Stream<Fn> everything() {
    return Stream.concat(
        Fns.all().stream(),
        Stream.of(
            Fns.swish(2),
            Fns.celu(0.3),
            Fns.thresholdedRelu(1),
            Fns.shrink(0.5, 0.2),
            Fns.pow(3),
            Fns.square(),
            Fns.exp(),
            Fns.powBase(0.5),
            Fns.cos(),
            Fns.sine(2, 3, 0.4),
            Fns.sinh(),
            Fns.cosh(),
            Fns.atan(),
            Fns.asinh(),
            Fns.sign(),
            Fns.step(),
            Fns.round(),
            Fns.floor(),
            Fns.ceil(),
            Fns.addConst(2),
            Fns.subFrom(1),
            Fns.minConst(0.3),
            Fns.maxConst(-0.2),
            Fns.hardTanh(-2, 1),
            Fns.compose(Fns.tanh(), Fns.mulConst(40)),
            Fns.compose(Fns.relu(), Fns.tanh()),
            Fns.product(Fns.sigmoid(), Fns.tanh()),
            Fns.sum(Fns.relu(), Fns.gelu())));
  }

  @ParameterizedTest
  @MethodSource("everything")
  void derivativeIsTheSlopeAwayFromKinks(Fn f) {
    for (double x = -4.03; x < 4; x += 0.0917) {
      double at = x;
      double h = 1e-6;
      if (f.kinks().stream().noneMatch(k -> Math.abs(k - at) < 2 * h)) {
        double slope = (f.at(x + h) - f.at(x - h)) / (2 * h);
        assertEquals(slope, f.slopeAt(x), 1e-7 * (1 + Math.abs(slope)) * 20, f + " at " + x);
      }
    }
  }

  @Test
  void namesReadBack() {
    for (Fn f : Fns.all()) {
      assertEquals(f, Fns.named(f.name()));
    }
    assertEquals(Fns.leakyRelu(0.2), Fns.named("Leaky_ReLU(0.2)"));
    assertEquals(Fns.clip(-2, 3), Fns.named("clip(-2, 3)"));
    assertEquals(Fns.swish(1.5), Fns.named("swish(1.5)"));
    String message =
        assertThrows(IllegalArgumentException.class, () -> Fns.named("geluu")).getMessage();
    assertTrue(message.contains("geluu") && message.contains("gelu-tanh"), message);
    assertThrows(IllegalArgumentException.class, () -> Fns.named("relu(1)"));
    assertThrows(IllegalArgumentException.class, () -> Fns.named("elu(x)"));
  }

  @Test
  void badParametersAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Fns.leakyRelu(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Fns.clip(1, -1));
    assertThrows(IllegalArgumentException.class, () -> Fns.divConst(0));
    assertThrows(IllegalArgumentException.class, () -> Fns.powBase(-1));
  }

  @Test
  void combinationsKeepClosedForms() {
    assertEquals(new Fn.Form.AbRelu(0, 3), Fns.compose(Fns.mulConst(3), Fns.relu()).form());
    assertEquals(new Fn.Form.AbRelu(-2, 0), Fns.compose(Fns.relu(), Fns.mulConst(-2)).form());
    assertEquals(new Fn.Form.AbRelu(0, 1), Fns.compose(Fns.relu(), Fns.relu()).form());
    assertEquals("sine(1, 30, 0)", Fns.compose(Fns.sin(), Fns.mulConst(30)).name());
    assertEquals(
        new Fn.Form.Affine(6, 3),
        Fns.compose(Fns.mulConst(3), Fns.sum(Fns.identity(), Fns.addConst(1))).form());
    assertEquals(
        Fns.identity(),
        Fns.sum(Fns.relu(), Fns.compose(Fns.neg(), Fns.compose(Fns.relu(), Fns.neg()))));
    assertInstanceOf(Fn.Form.Exponential.class, Fns.compose(Fns.exp(), Fns.addConst(1)).form());
  }

  @Test
  void kinksArePulledBack() {
    assertEquals(List.of(-0.5), Fns.compose(Fns.relu(), Fns.affine(2, 1)).kinks());
    List<Double> k = Fns.compose(Fns.clip(-0.5, 0.5), Fns.tanh()).kinks();
    assertEquals(-StrictMath.log(3) / 2, k.getFirst(), 1e-12);
    assertEquals(StrictMath.log(3) / 2, k.getLast(), 1e-12);
  }

  /// SiLU, GELU and Mish taken apart as exporters do give the moments of the whole.
  @Test
  void decomposedActivationsAgreeWithTheWhole() {
    Fn silu = Fns.product(Fns.identity(), Fns.sigmoid());
    Fn erf = Fns.compose(Fns.addConst(1), Fns.compose(Fns.erf(), Fns.divConst(Math.sqrt(2))));
    Fn gelu = Fns.product(Fns.compose(Fns.mulConst(0.5), Fns.identity()), erf);
    Fn mish = Fns.product(Fns.identity(), Fns.compose(Fns.tanh(), Fns.softplus()));
    for (double sd : new double[] {0.01, 1, 50}) {
      same(Fns.silu(), silu, sd);
      same(Fns.gelu(), gelu, sd);
      same(Fns.mish(), mish, sd);
    }
    assertEquals(0.3558, Gaussian.moments(silu, 0, 1).ef2(), 5e-5);
  }

  private static void same(Fn a, Fn b, double sd) {
    Moments x = Gaussian.moments(a, 0, sd);
    Moments y = Gaussian.moments(b, 0, sd);
    assertEquals(1, y.ef2() / x.ef2(), 1e-10, a + " at " + sd);
    assertEquals(1, y.slopeM2() / x.slopeM2(), 1e-10, a + " at " + sd);
  }

  /// A bend of width 1/c must be found wherever it lies.
  @Test
  void narrowBendsAreResolved() {
    for (double c : new double[] {10, 1e3, 1e6}) {
      Fn f = Fns.compose(Fns.tanh(), Fns.affine(c, 0.3 * c));
      Moments m = Gaussian.moments(f, 0, 1);
      Moments same = Gaussian.moments(Fns.tanh(), 0.3 * c, c);
      assertEquals(1, m.ef2() / same.ef2(), 1e-9);
      assertEquals(1, m.slopeM2() / (c * c * same.slopeM2()), 1e-7);
    }
    Fn root = Fns.compose(Fns.sqrt(), Fns.compose(Fns.addConst(1e-6), Fns.square()));
    double slope = 1 - Math.sqrt(Math.PI / 2) * 1e-3;
    assertEquals(slope, Gaussian.moments(root, 0, 1).slopeM2(), 2e-6);
  }

  /// A file holds the slope as a float: 0.2f is 0.20000000298023224.
  @Test
  void namesSayTheFloatThatTheFileHolds() {
    assertEquals("leaky-relu(0.2)", Fns.leakyRelu(.2f).name());
    assertEquals("leaky-relu(0.01)", Fns.leakyRelu(.01).name());
    assertEquals("elu(0.7)", Fns.elu(.7f).name());
  }
}
