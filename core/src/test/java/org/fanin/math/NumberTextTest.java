package org.fanin.math;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, 0",
    "1, 1.00",
    "0.5, 0.500",
    "99.96, 100",
    "999.6, 1000",
    "12345, 1.23e4",
    "0.00312, 3.12e-3",
    "-2, -2.00",
    "NaN, ?",
    "Infinity, inf",
    "-Infinity, -inf",
    "4.9e-324, 4.94e-324",
    "1e-15, 1.00e-15",
    "9.999e-16, 1.00e-15",
    "1e300, 1.00e300"
  })
  void threeDigits(double x, String text) {
    assertEquals(text, NumberText.of(x));
  }

  @ParameterizedTest
  @CsvSource({"-34500, 6.92e-14984", "34500, 1.44e14983", "-Infinity, 0", "NaN, ?"})
  void beyondDoublesByTheirLogarithm(double ln, String text) {
    assertEquals(text, NumberText.ofLn(ln));
  }

  @ParameterizedTest
  @CsvSource({
    "0.20000000298023224, 0.2",
    "0.2, 0.2",
    "0.01, 0.01",
    "3, 3",
    "-1.5, -1.5",
    "1e20, 1.0E20",
    "0.10000000149011612, 0.1",
    "0.1234567890123, 0.1234567890123"
  })
  void theShortestThatStandsForTheNumber(double x, String text) {
    assertEquals(text, NumberText.shortest(x));
  }

  @ParameterizedTest
  @CsvSource({
    "0.2, 7, 0.2",
    "1.59253742, 7, 1.592537",
    "64, 7, 64",
    "100, 2, 100",
    "1.5e-8, 3, 1.5e-8",
    "123456789, 3, 1.23e8",
    "-0.00012344, 4, -0.0001234",
    "0, 3, 0",
    "0.99999999, 3, 1"
  })
  void noIdleZeros(double x, int digits, String text) {
    assertEquals(text, NumberText.significant(x, digits));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0%",
    "1, 100%",
    "0.5, 50%",
    "0.035, 3.5%",
    "0.00025, 0.025%",
    "0.99999, 99.99%",
    "0.9996, 99.96%",
    "0.995, 99.5%",
    "1e-9, 1e-7%",
    "NaN, ?"
  })
  void aShareNeverLooksLikeNothingOrAllWhenItIsNot(double share, String text) {
    assertEquals(text, NumberText.percent(share));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B/s",
    "950, 950 B/s",
    "1230, 1.23 kB/s",
    "2.5e6, 2.50 MB/s",
    "4.56e9, 4.56 GB/s",
    "999.6e6, 1.00 GB/s",
    "Infinity, inf B/s"
  })
  void aRateHasThreeDigitsInSomeUnit(double rate, String text) {
    assertEquals(text, NumberText.rate(rate));
  }

  @ParameterizedTest
  @CsvSource({"-0.01, 1, +0.0", "0, 1, +0.0", "1.25, 1, +1.3", "-2.04, 1, -2.0"})
  void signsWithoutMinusZero(double x, int decimals, String text) {
    assertEquals(text, NumberText.signed(x, decimals));
  }
}
