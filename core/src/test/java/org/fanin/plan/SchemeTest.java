package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.math.Fns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemeTest {
  @ParameterizedTest
  @CsvSource({
    "lecun-normal, .01",
    "glorot-uniform, .004",
    "he-normal, .02",
    "he-normal-fan-out, .005",
    "pytorch-default, .00333333333333",
    "he-truncated, .02",
    "orthogonal, .0025",
    "siren-first, .0000333333333333",
    "siren, .0000222222222222",
    "zeros, 0",
    "ones, 1",
    "normal(0.02), .0004",
    "normal(0.02/√24), .0000166666666667"
  })
  void variances(String name, double variance) {
    assertEquals(variance, Schemes.named(name).variance(100, 400), 1e-12 + 1e-11 * variance);
  }

  /// The published bounds: Glorot's ±√(6/(n_in + n_out)), PyTorch's ±1/√n_in, SIREN's ±√(6/n)/30
  /// and ±1/n.
  @Test
  void bounds() {
    assertEquals(Math.sqrt(6.0 / 500), Schemes.glorotUniform().bound(100, 400), 1e-15);
    assertEquals(0.1, Schemes.pytorchDefault().bound(100, 400), 1e-15);
    assertEquals(Math.sqrt(0.06) / 30, Schemes.siren(30).bound(100, 400), 1e-15);
    assertEquals(0.01, Schemes.sirenFirst().bound(100, 400), 1e-16);
    assertEquals(2 * Math.sqrt(0.02) / 0.879626, Schemes.heTruncated().bound(100, 400), 1e-6);
  }

  @Test
  void truncationLosesVarianceUnlessCorrected() {
    assertEquals(0.879626 * 0.879626, Schemes.truncatedNormal(1, 2).variance(1, 1), 1e-6);
    assertEquals(1, new Distribution.Truncated(2, true).kept());
    assertTrue(Schemes.truncatedNormal(0.02, 2).formula().contains("not corrected"));
  }

  @Test
  void gainsOfAnyActivation() {
    assertEquals(
        Schemes.heNormal().variance(50, 60), Schemes.forward(Fns.relu()).variance(50, 60), 1e-15);
    assertEquals(1.59254 * 1.59254 / 50, Schemes.named("gain(tanh)").variance(50, 60), 1e-6);
    assertEquals(1.46741 * 1.46741 / 60, Schemes.backward(Fns.tanh()).variance(50, 60), 1e-6);
    assertThrows(IllegalArgumentException.class, () -> Schemes.backward(Fns.step()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "he-normal",
        "he-normal(gain=1.2)",
        "he-uniform(a=0.2)",
        "normal(0.02)",
        "uniform(±0.05)",
        "truncated-normal(0.02, ±2)",
        "constant(0.5)",
        "gain-forward(gelu)",
        "gain-backward(leaky-relu(0.2))",
        "orthogonal(gain=1.5)",
        "siren(10)",
        "normal(0.02/√24)"
      })
  void spellingsReadBack(String name) {
    assertEquals(name, Schemes.named(name).name());
  }

  @Test
  void aliasesAndErrors() {
    assertEquals(Schemes.heNormal(), Schemes.named("Kaiming_Normal"));
    for (String bad :
        new String[] {
          "he",
          "he-normal(1.2)",
          "normal(x)",
          "truncated-normal(1)",
          "glorot-normal(a=1)",
          "uniform(∞)"
        }) {
      String m =
          assertThrows(IllegalArgumentException.class, () -> Schemes.named(bad)).getMessage();
      assertTrue(m.contains(bad), m);
    }
    assertThrows(IllegalArgumentException.class, () -> Schemes.heNormal().variance(0, 10));
    assertTrue(SchemeNames.known().contains("he-normal"));
  }
}
