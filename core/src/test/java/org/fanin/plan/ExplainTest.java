package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplainTest {
  private static Derivation explain(int in, int out, Fn f, int depth, int width) {
    return Explain.of(new Derivation.Input(in, out, f, depth, width, 1, Explain.usualSchemes(f)));
  }

  /// Fixed seed; formula and simulation of every step within 4.5 standard errors (false-alarm rate
  /// 7e-6 each).
  @ParameterizedTest
  @CsvSource({"4, 4, relu", "4, 8, tanh", "300, 100, gelu", "1, 1, leaky-relu(0.2)"})
  void formulaAndSimulationAgree(int in, int out, String activation) {
    Derivation d = explain(in, out, Fns.named(activation), 6, 32);
    for (Derivation.Step s : d.steps()) {
      s.z().ifPresent(z -> assertTrue(Math.abs(z) < 4.5, s.title() + ": z = " + z));
    }
    assertEquals(in, d.steps().getFirst().predicted());
    assertFalse(d.steps().getFirst().simulated().isEmpty());
  }

  /// Finite-width prediction of typical values against 30 drawn layers; 4.5 standard errors and 0.1
  /// for what second order leaves.
  @Test
  void thirtyLayersDoWhatTheFormulaSays() {
    for (Derivation.Network n : explain(4, 4, Fns.relu(), 30, 64).networks()) {
      near(n.signal(), n.simulatedSignal(), n.scheme() + " signal");
      near(n.gradient(), n.simulatedGradient(), n.scheme() + " gradient");
    }
  }

  private static void near(double predicted, Derivation.Simulated s, String what) {
    double off = Math.abs(s.value() - predicted);
    assertTrue(off < 4.5 * s.standardError() + 0.1, what + ": " + predicted + " against " + s);
  }

  @Test
  void halvingGivesABillionth() {
    Derivation d = explain(4, 4, Fns.relu(), 31, 16);
    Derivation.Step depth =
        d.steps().stream().filter(s -> s.title().contains("depth")).findFirst().orElseThrow();
    assertEquals(Math.pow(0.5, 30), depth.predicted(), 1e-22);
    assertTrue(d.slips().stream().anyMatch(s -> s.fact().contains("√(2/n)")));
  }

  @Test
  void sameSeedSameNumbers() {
    Derivation a = explain(4, 4, Fns.tanh(), 5, 16);
    Derivation b = explain(4, 4, Fns.tanh(), 5, 16);
    assertEquals(a.networks(), b.networks());
    assertEquals(a.steps(), b.steps());
  }

  @Test
  void textFitsItsWidth() {
    List<String> lines = ExplainText.lines(explain(4, 4, Fns.relu(), 4, 8), 72);
    assertTrue(lines.getFirst().startsWith("1. "));
    assertTrue(lines.stream().anyMatch(l -> l.contains("drawn:")));
    assertTrue(lines.stream().noneMatch(l -> l.contains("NaN")));
  }

  @Test
  void nonsenseIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> explain(0, 4, Fns.relu(), 4, 8));
    assertThrows(IllegalArgumentException.class, () -> explain(4, 4, Fns.relu(), 1, 8));
  }
}
