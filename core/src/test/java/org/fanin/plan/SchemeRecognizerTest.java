package org.fanin.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongToDoubleFunction;
import org.fanin.math.Addressed;
import org.fanin.math.Normal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemeRecognizerTest {
  private static SchemeRecognizer.Stats stats(int n, LongToDoubleFunction draw) {
    double m = 0;
    double m2 = 0;
    double m4 = 0;
    double top = 0;
    for (int i = 0; i < n; i++) {
      double w = (float) draw.applyAsDouble(i);
      m += w / n;
      m2 += w * w / n;
      m4 += w * w * w * w / n;
      top = Math.max(top, Math.abs(w));
    }
    return new SchemeRecognizer.Stats(n, m, m2, m4, top);
  }

  private static double draw(Scheme s, double sigma, long stream, long i) {
    double u = Addressed.uniform(99, stream, i);
    return switch (s.distribution()) {
      case Distribution.Uniform _ -> sigma * Math.sqrt(12) * (u - 0.5);
      case Distribution.Truncated(double cut, boolean _) -> {
        double low = Normal.cdf(-cut);
        yield sigma
            * Normal.quantile(low + u * (1 - 2 * low))
            / org.fanin.math.TruncatedNormal.std(cut);
      }
      case Distribution.Normal _, Distribution.Orthogonal _ -> sigma * Normal.quantile(u);
      case Distribution.Constant(double v) -> v;
      case Distribution.Structured _ -> throw new IllegalArgumentException(s.name());
    };
  }

  private static String seen(Scheme s, int in, int out, int n, long stream) {
    double sigma = s.deviation(in, out);
    return SchemeRecognizer.recognise(stats(n, i -> draw(s, sigma, stream, i)), in, out)
        .map(SchemeRecognizer.Recognition::name)
        .orElse("none");
  }

  /// 20 seeds each; a right scheme is rejected at a rate of 1e-4, so any miss fails.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "he-normal|400|300|20000",
        "he-uniform|400|300|20000",
        "he-truncated|400|300|20000",
        "lecun-normal|400|300|20000",
        "lecun-uniform|400|300|20000",
        "glorot-uniform|400|300|20000",
        "glorot-normal|400|300|20000",
        "glorot-truncated|400|300|20000",
        "pytorch-default|400|300|20000",
        "he-normal-fan-out|400|300|20000",
        "normal(0.02)|300|700|50000",
        "normal(0.02/√24)|768|768|200000",
        "truncated-normal(0.02, ±2)|300|700|50000",
        "pytorch-default|300|10|10",
        "zeros|5|5|25",
        "ones|0|0|64",
        "constant(0.1)|3|3|64",
        "normal(1)|0|0|20000"
      })
  void drawnSchemesAreRecognised(String name, int in, int out, int n) {
    Scheme s = Schemes.named(name);
    for (long seed = 0; seed < 20; seed++) {
      assertEquals(name, seen(s, in, out, n, seed), "seed " + seed);
    }
  }

  @Test
  void exactVarianceIsReturned() {
    Scheme s = Schemes.pytorchDefault();
    var r =
        SchemeRecognizer.recognise(
                stats(30_000, i -> draw(s, s.deviation(150, 200), 1, i)), 150, 200)
            .orElseThrow();
    assertEquals(1.0 / 450, r.variance(), 1e-15);
    assertTrue(Math.abs(r.z()) < 4 && r.confidence() > 0.99, r.toString());
  }

  /// A uniform of unknown bound: the largest element gives the bound to 1/n.
  @Test
  void unknownUniformKeepsItsBound() {
    var r =
        SchemeRecognizer.recognise(
                stats(20_000, i -> 0.0777 * (2 * Addressed.uniform(5, 1, i) - 1)), 100, 100)
            .orElseThrow();
    assertTrue(r.name().startsWith("uniform(±0.077"), r.name());
    assertEquals(1, r.variance() / (0.0777 * 0.0777 / 3), 1e-3);
  }

  @Test
  void orthogonalIsToldByItsExactNorm() {
    int rows = 64;
    int columns = 128;
    double scale = Math.sqrt(1.0 / columns);
    SchemeRecognizer.Stats drawn = stats(rows * columns, i -> scale * Addressed.normal(7, 7, i));
    double fix = 1.0 / columns / drawn.m2();
    var exact =
        new SchemeRecognizer.Stats(
            drawn.count(), drawn.mean(), 1.0 / columns, drawn.m4() * fix * fix, drawn.largest());
    assertEquals(
        "orthogonal", SchemeRecognizer.recognise(exact, columns, rows).orElseThrow().name());
    assertEquals(
        "lecun-normal", SchemeRecognizer.recognise(drawn, columns, rows).orElseThrow().name());
  }

  /// Heavy tails, shifted means and mixtures are nobody's scheme.
  @Test
  void trainedWeightsAreNotRecognised() {
    assertTrue(
        SchemeRecognizer.recognise(
                stats(20_000, i -> 0.05 * Math.pow(Addressed.normal(1, 1, i), 3)), 800, 1)
            .isEmpty());
    assertTrue(
        SchemeRecognizer.recognise(
                stats(20_000, i -> 0.02 + 0.05 * Addressed.normal(1, 1, i)), 800, 1)
            .isEmpty());
    assertTrue(
        SchemeRecognizer.recognise(
                stats(20_000, i -> (i % 4 == 0 ? 0.1 : 0.03) * Addressed.normal(1, 1, i)), 800, 100)
            .isEmpty());
    assertTrue(
        SchemeRecognizer.recognise(new SchemeRecognizer.Stats(0, 0, 0, 0, 0), 1, 1).isEmpty());
    assertTrue(
        SchemeRecognizer.recognise(new SchemeRecognizer.Stats(9, 0, Double.NaN, 0, 0), 1, 1)
            .isEmpty());
  }

  /// How often a law of arbitrary scale is taken for a named one: 2,000 seeded draws of σ over a
  /// decade, statistics drawn from their sampling law.
  @Test
  void falseAlarmsAreRare() {
    int n = 100_000;
    int trials = 2_000;
    int normals = 0;
    for (int t = 0; t < trials; t++) {
      double sigma = 0.01 * StrictMath.pow(10, Addressed.uniform(21, 1, t));
      double m2 = sigma * sigma * (1 + Math.sqrt(2.0 / n) * Addressed.normal(21, 2, t));
      double kurtosis = 3 + Math.sqrt(24.0 / n) * Addressed.normal(21, 3, t);
      var s = new SchemeRecognizer.Stats(n, 0, m2, kurtosis * m2 * m2, sigma * 4.4);
      normals += SchemeRecognizer.recognise(s, 300, 500).isPresent() ? 1 : 0;
    }
    double rate = (double) normals / trials;
    assertTrue(rate < 0.15, "rate " + rate);
  }
}
