package org.fanin.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalLong;
import org.fanin.judge.Nets;
import org.fanin.probe.Arithmetic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EffortTest {
  /// ResNet-50 at batch 8: 4.1e9 multiply-adds for each image, 2.7e8 activations, 25.6e6
  /// parameters.
  private static final Workload RESNET = new Workload(3.3e10, 0, 2.7e8, 2.56e7, 6.4e6);

  @ParameterizedTest
  @CsvSource({
    "0.2, less than a second",
    "1.4, about 1 s",
    "9.4, about 9 s",
    "13, about 15 s",
    "38, about 40 s",
    "62, about 60 s",
    "100, about 2 minutes",
    "170, about 3 minutes",
    "1300, about 20 minutes",
    "9000, about 3 hours",
    "400000, about 5 days"
  })
  void isSaidWithFewDigits(double seconds, String words) {
    assertEquals(words, Effort.about(seconds));
  }

  @Test
  void goesByPassesAndArithmetic() {
    double one = Effort.of(RESNET, Arithmetic.FLOAT32, 1).seconds();
    assertTrue(one > 10 && one < 16, one + " s");
    assertEquals(7 * one, Effort.of(RESNET, Arithmetic.FLOAT32, 7).seconds(), 1e-9);
    assertEquals(2 * one, Effort.of(RESNET, Arithmetic.FLOAT64, 1).seconds(), 1e-9);
    Workload grouped = new Workload(3.3e10, 3.3e10, 2.7e8, 2.56e7, 6.4e6);
    assertTrue(Effort.of(grouped, Arithmetic.FLOAT32, 1).seconds() > 5 * one);
  }

  @Test
  void whatTakesUnderAMinuteIsMeasuredUnasked() {
    Measuring how = Measuring.defaults();
    assertTrue(how.obstacle(RESNET, Arithmetic.FLOAT32, 1).isEmpty());
    Obstacle o = how.obstacle(RESNET, Arithmetic.FLOAT32, 65).orElseThrow();
    assertEquals(
        "not measured: about 15 minutes for 65 passes through the network; --measure asks for it",
        o.because(true));
    Measuring asked = new Measuring(64, 1, OptionalLong.empty(), true);
    assertTrue(asked.obstacle(RESNET, Arithmetic.FLOAT32, 65).isEmpty());
  }

  /// However long may be asked for; more than there is may not.
  @Test
  void whatDoesNotFitIsNotTried() {
    Workload huge = new Workload(1, 0, 1, 1e15, 1e12);
    Measuring asked = new Measuring(0, 1, OptionalLong.empty(), true);
    String because = asked.obstacle(huge, Arithmetic.FLOAT32, 1).orElseThrow().because(false);
    assertTrue(
        because.startsWith(
            "not measured: weights and the largest activations take 4016000.0 GB, and there are "),
        because);
    assertTrue(because.endsWith("; a smaller --batch takes less"), because);
    Measuring given = new Measuring(0, 1, OptionalLong.of(1 << 20), true);
    assertTrue(given.obstacle(huge, Arithmetic.FLOAT32, 1).isEmpty(), "the user's own wish");
  }

  @Test
  void singlePrecisionIsForLargeNetworksThatItHolds() {
    Workload small = new Workload(1e6, 0, 1e5, 1e5, 1e4);
    assertEquals(Arithmetic.FLOAT64, chosen(small, Optional.empty(), 0).arithmetic());
    assertTrue(chosen(small, Optional.empty(), 0).note().isEmpty());
    ArithmeticChoice large = chosen(RESNET, Optional.empty(), 0);
    assertEquals(Arithmetic.FLOAT32, large.arithmetic());
    assertEquals(
        "single precision, as double would take about 25 s; --precision float64 asks for it",
        large.note().orElseThrow());
    for (double ln : new double[] {-80, 80}) {
      ArithmeticChoice far = chosen(RESNET, Optional.empty(), ln);
      assertEquals(Arithmetic.FLOAT64, far.arithmetic(), "ln m2 " + ln);
      assertTrue(far.note().orElseThrow().startsWith("double precision, as single does not hold"));
    }
    assertEquals(
        Arithmetic.FLOAT32, chosen(RESNET, Optional.of(Arithmetic.FLOAT32), 80).arithmetic());
    assertEquals(
        Arithmetic.FLOAT64, chosen(RESNET, Optional.of(Arithmetic.FLOAT64), 0).arithmetic());
    assertEquals(
        Arithmetic.FLOAT32,
        chosen(RESNET, Optional.empty(), Double.NEGATIVE_INFINITY).arithmetic(),
        "0 is 0 in both");
  }

  private static ArithmeticChoice chosen(Workload w, Optional<Arithmetic> asked, double lnGm2) {
    Nets n = new Nets(8);
    int x = n.relu("relu", n.input(), 0, lnGm2, 0);
    return ArithmeticChoice.of(w, asked, Optional.of(n.done(x)));
  }

  @Test
  void roundingIsOfTheArithmetic() {
    double floor = Pair.lnRounding(Arithmetic.FLOAT32);
    Pair zero = Pair.of(Double.NEGATIVE_INFINITY, 0, Math.log(1e-13), 0.1, floor);
    assertEquals(Pair.Finding.AS_PREDICTED, zero.finding());
    double fine = Pair.lnRounding(Arithmetic.FLOAT64);
    Pair real = Pair.of(Double.NEGATIVE_INFINITY, 0, Math.log(1e-13), 0.1, fine);
    assertFalse(real.finding() == Pair.Finding.AS_PREDICTED);
  }
}
