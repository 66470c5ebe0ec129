package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Fns;
import org.fanin.math.Gains;
import org.fanin.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each scheme keeps its promise: what it draws has the variance that its paper asks for. Tensor: a
/// dense layer of 100 inputs and 400 outputs in block 2 (from 0) of 12.
class SchemeDrawTest {
  private static final TensorSpec DENSE = SpecsForTests.dense(400, 100);

  private static double variance(String scheme, TensorSpec spec) {
    return Draws.variance(Schemes.named(scheme).draw(spec), spec.shape());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lecun-normal | .01",
        "lecun-uniform | .01",
        "lecun-truncated | .01",
        "lecun-normal-fan-out | .0025",
        "lecun-uniform-fan-avg | .004",
        "lecun-normal-fan-geom | .005",
        "lecun-truncated-fan-max | .0025",
        "glorot-normal | .004",
        "glorot-uniform | .004",
        "glorot-truncated | .004",
        "glorot-uniform-fan-in | .01",
        "he-normal | .02",
        "he-uniform | .02",
        "he-truncated | .02",
        "he-normal-fan-out | .005",
        "he-truncated-fan-geom | .01",
        "he-uniform-fan-avg | .008",
        "he-uniform(a=1) | .01",
        "he-normal-fan-out(a=0.5) | .004",
        "he-normal(gain=2) | .08",
        "he-truncated(a=1, gain=2) | .04",
        "pytorch-default | .00333333333333333",
        "normal(0.02) | .0004",
        "normal(1, 0.02) | .0004",
        "normal(0.02/√24) | .0000166666666666667",
        "uniform(±0.3) | .03",
        "torch-trunc-normal(0.02) | .0004",
        "gpt2-residual(0.02) | .0000166666666666667",
        "small-init | .004",
        "small-init(768) | .000520833333333333",
        "wang | .000277777777777778",
        "wang(768) | .0000361689814814815",
        "fixup(2) | .00166666666666667",
        "fixup(3) | .00577350269189626",
        "t-fixup-encoder | .000518345071678446",
        "t-fixup-decoder | .000384900179459751",
        "deepnorm | .000408248290463863",
        "mup-input | 1",
        "mup-hidden | .01",
        "mup-output | .0001",
        "mean-shift | .0293388441384852",
        "siren | .0000222222222222222",
        "siren-first | .0000333333333333333",
        "lora-gaussian | .00000625",
        "orthogonal | .0025",
        "orthogonal(gain=2) | .01",
        "orthogonal-fan-in | .01",
        "orthogonal-fan-out | .0025",
        "zeros | 0",
        "ones | 0",
        "sparse(15, 1) | .15",
        "sparse(200, 0.1) | .01"
      })
  void variances(String scheme, double promised) {
    assertEquals(promised, variance(scheme, DENSE), 1e-10 * promised);
  }

  /// Mitchell's is cut at ±3σ without correction: .97334 of the variance remains.
  @Test
  void mitchell() {
    double kept = 0.986578 * 0.986578;
    assertEquals(kept / 100, variance("mitchell", DENSE), 2e-8);
    assertEquals(kept / 100 / 6, variance("mitchell-residual", DENSE), 1e-8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"relu", "tanh", "gelu", "silu", "selu", "softplus", "leaky-relu(0.2)"})
  void gainOfAnyActivation(String phi) {
    double f = Gains.forward(Fns.named(phi));
    double b = Gains.backward(Fns.named(phi));
    assertEquals(f * f / 100, variance("gain(" + phi + ")", DENSE), 1e-12);
    assertEquals(b * b / 400, variance("gain-backward(" + phi + ")", DENSE), 1e-12);
    String wide = "gain-forward(" + phi + ", truncated, fan-geom)";
    assertEquals(f * f / 200, variance(wide, DENSE), 1e-12);
    assertEquals(wide, Schemes.named(wide).name());
  }

  @ParameterizedTest
  @CsvSource({"tanh, 1.66666666666667", "selu, .75", "relu, 1.4142135623731", "linear, 1"})
  void pytorchGains(String name, double gain) {
    assertEquals(gain * gain / 100, variance("pytorch-gain(" + name + ")", DENSE), 1e-12);
  }

  /// The deviation of the uncut parent is divided by what the cut leaves, .879626 at ±2.
  @Test
  void correctedCut() {
    Draw.Truncated t = assertInstanceOf(Draw.Truncated.class, Schemes.heTruncated().draw(DENSE));
    assertEquals(Math.sqrt(0.02) / 0.8796256610342398, t.std(), 1e-12);
    assertEquals(2, t.cut());
    Draw.Truncated plain =
        assertInstanceOf(
            Draw.Truncated.class, Schemes.named("truncated-normal(0.02, ±2)").draw(DENSE));
    assertEquals(0.02, plain.std());
    Draw.Truncated torch =
        assertInstanceOf(
            Draw.Truncated.class, Schemes.named("torch-trunc-normal(0.5)").draw(DENSE));
    assertEquals(4, torch.cut());
  }

  // ---- matrices ----

  @Test
  void orthogonalOfEachBlock() {
    Draw.Parts qkv = assertInstanceOf(Draw.Parts.class, draw("orthogonal", SpecsForTests.fused(8)));
    assertEquals(3, qkv.parts().size());
    assertEquals(0, qkv.axis());
    assertEquals(1.0 / 8, variance("orthogonal", SpecsForTests.fused(8)), 1e-15);
    Draw.Orthogonal e =
        assertInstanceOf(Draw.Orthogonal.class, draw("orthogonal", SpecsForTests.experts(4, 8, 3)));
    assertEquals(new Draw.Matrix(List.of(2), List.of(1), List.of(0)), e.matrix());
    assertEquals(1.0 / 8, variance("orthogonal", SpecsForTests.experts(4, 8, 3)), 1e-15);
  }

  @Test
  void orthogonalOfConvolutions() {
    Draw.Orthogonal c =
        assertInstanceOf(
            Draw.Orthogonal.class, draw("orthogonal", SpecsForTests.conv(16, 8, 3, 1)));
    assertEquals(List.of(1, 2, 3), c.matrix().columns());
    assertEquals(1.0 / 72, variance("orthogonal", SpecsForTests.conv(16, 8, 3, 1)), 1e-15);
    // Four groups of 4 × 18.
    assertEquals(1.0 / 18, variance("orthogonal", SpecsForTests.conv(16, 8, 3, 4)), 1e-15);
    Draw.DeltaOrthogonal d =
        assertInstanceOf(
            Draw.DeltaOrthogonal.class, draw("delta-orthogonal", SpecsForTests.conv(16, 8, 3, 1)));
    assertEquals(List.of(2, 3), d.taps());
    assertEquals(
        1.0 / 16 / 9, variance("delta-orthogonal", SpecsForTests.conv(16, 8, 3, 1)), 1e-15);
    assertEquals(variance("orthogonal", DENSE), variance("delta-orthogonal", DENSE));
  }

  @Test
  void identityAndHadamard() {
    TensorSpec c = SpecsForTests.conv(16, 8, 3, 1);
    Draw.Identity i = assertInstanceOf(Draw.Identity.class, draw("dirac", c));
    assertEquals(List.of(2, 3), i.taps());
    // 8 ones among 16·8·9 elements.
    assertEquals(8.0 / (16 * 8 * 9), Draws.mean(i, c.shape()), 1e-15);
    assertEquals(8.0 / (16 * 8 * 9), Draws.secondMoment(i, c.shape()), 1e-15);
    // Grouped: each group of 8 outputs has its own diagonal over 4 inputs.
    TensorSpec g = SpecsForTests.conv(16, 8, 3, 2);
    assertEquals(8.0 / (16 * 4 * 9), Draws.mean(draw("identity", g), g.shape()), 1e-15);
    TensorSpec same = SpecsForTests.dense(6, 6);
    assertEquals(1.0 / 6, Draws.secondMoment(draw("hadamard", same), same.shape()), 1e-15);
    // m = 4 for 16 rows: every element is ±2^(−3/2), and all columns but the first cancel.
    TensorSpec grow = SpecsForTests.dense(16, 5);
    assertEquals(0.125, Draws.secondMoment(draw("hadamard", grow), grow.shape()), 1e-15);
    assertEquals(Math.sqrt(0.125) / 5, Draws.mean(draw("hadamard", grow), grow.shape()), 1e-15);
  }

  private static Draw draw(String scheme, TensorSpec spec) {
    return Schemes.named(scheme).draw(spec);
  }

  // ---- vectors ----

  @Test
  void biases() {
    assertEquals(
        new Draw.Parts(
            0,
            List.of(
                new Draw.Constant(0),
                new Draw.Constant(1),
                new Draw.Constant(0),
                new Draw.Constant(0))),
        draw("forget-bias(1)", SpecsForTests.bias(16, "ifgo")));
    assertEquals(
        new Draw.Constant(-Math.log(99)), draw("focal-prior(0.01)", SpecsForTests.bias(4, "")));
    assertEquals(
        new Draw.SoftplusInverse(0.001, 0.1), draw("mamba-dt-bias", SpecsForTests.bias(4, "")));
    Shape a = Shape.of(5, 3);
    assertEquals(Math.log(6) / 3, Draws.mean(new Draw.LogRange(1), a), 1e-15);
    // softplus⁻¹(t) = ln(eᵗ − 1) ≈ ln t for small steps.
    assertEquals(-6.9, Draws.mean(new Draw.SoftplusInverse(0.001, 0.001), a), 0.01);
    assertEquals(
        0.25 * 3, Draws.mean(new Draw.Slice(new Draw.Constant(1), 0, 1, 0), Shape.of(4)), 1e-15);
  }

  @Test
  void whatIsMissingIsNamed() {
    String fans = message("he-normal", SpecsForTests.bias(4, ""));
    assertTrue(fans.contains("needs fans") && fans.contains("b"), fans);
    TensorSpec shallow = SpecsForTests.dense(4, 4).withDepth(-1, 0);
    assertTrue(message("gpt2-residual(0.02)", shallow).contains("1/(2L)"));
    assertTrue(message("mitchell-residual", shallow).contains("w"));
    assertTrue(message("forget-bias(1)", SpecsForTests.bias(6, "rzn")).contains("LSTM"));
    assertThrows(IllegalArgumentException.class, () -> Schemes.named("fixup(2)").variance(10, 10));
    assertThrows(
        IllegalArgumentException.class,
        () -> Draws.variance(new Draw.Parts(0, List.of(new Draw.Constant(0))), Shape.of()));
  }

  private static String message(String scheme, TensorSpec spec) {
    return assertThrows(
            IllegalArgumentException.class, () -> Schemes.named(scheme).draw(spec), scheme)
        .getMessage();
  }

  // ---- names ----

  /// Every name without brackets, and every kind of bracket, reads back as itself.
  @Test
  void namesReadBack() {
    assertTrue(SchemeNames.known().size() > 60, SchemeNames.known().toString());
    for (String name : SchemeNames.known()) {
      Scheme s = Schemes.named(name);
      assertEquals(s, Schemes.named(s.name()));
    }
    for (String name :
        List.of(
            "he-truncated-fan-geom(gain=0.5)",
            "he-uniform(a=0.2, gain=3)",
            "gain-forward(clip(-2, 2), uniform, fan-avg)",
            "pytorch-gain(leaky-relu, 0.2)",
            "torch-trunc-normal(0.02, ±2)",
            "normal(1, 0.02)",
            "gpt2-residual(0.02)",
            "small-init(768)",
            "wang(768)",
            "fixup(3)",
            "tat(50)",
            "tat(50, 0.8)",
            "sparse(15, 1)",
            "forget-bias(1)",
            "focal-prior(0.01)",
            "mamba-dt-bias(0.01, 0.2)",
            "orthogonal-fan-in(gain=1.5)",
            "normal(0.02, gain=2)")) {
      assertEquals(name, Schemes.named(name).name());
    }
    assertEquals("he-normal(gain=6)", Schemes.heNormal().times(2).times(3).name());
    for (String bad :
        List.of("zeros(gain=2)", "fixup(4)", "hadamard(gain=2)", "tat(0)", "gain(tanh, flat)")) {
      assertThrows(IllegalArgumentException.class, () -> Schemes.named(bad), bad);
    }
  }

  /// With TAT's slope a leaky-ReLU network of 50 layers takes orthogonal inputs to cosine .9.
  @Test
  void tailoredSlope() {
    double slope = Tat.slope(50, 0.9);
    assertEquals(0.9, Tat.cosine(50, slope), 1e-9);
    assertEquals(2 / (1 + slope * slope) / 100, variance("tat(50)", DENSE), 1e-15);
    // Plain ReLU after 10 layers: .871536 (theory.md §9), already below .9.
    assertEquals(0.871536, Tat.cosine(10, 0), 1e-6);
    assertEquals(0, Tat.slope(10, 0.9));
  }
}
