package org.fanin.audit;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.fanin.math.TruncatedNormal;
import org.fanin.plan.Distribution;
import org.fanin.plan.SchemeRanking;
import org.fanin.plan.SchemeRanking.Suspect;
import org.fanin.plan.SchemeRecognizer;

/// The schemes that fit a tensor's moments, bounds and histogram.
final class Suspects {
  /// P(D·√n > 2.3) = 5e-5 for the right law (Kolmogorov 1933).
  private static final double LIMIT = 2.3;

  private static final int FEWEST = 30;

  private Suspects() {}

  static List<Suspect> of(Site site, Moments m, Sketch sketch, double roundoff) {
    var stats = new SchemeRecognizer.Stats(m.finite(), m.mean(), m.m2(), m.m4(), m.largest());
    var hints = new SchemeRanking.Hints(site.fans(), site.spec().layers(), roundoff);
    return SchemeRanking.of(stats, hints).stream()
        .filter(s -> fits(s, m, sketch, roundoff))
        .toList();
  }

  private static boolean fits(Suspect s, Moments m, Sketch sketch, double roundoff) {
    double n = m.finite();
    if (sketch == null || n < FEWEST) {
      return true;
    }
    double far = Math.sqrt(n) * sketch.distance(cdf(s.distribution(), s.variance()));
    return far < LIMIT + roundoff * Math.sqrt(n);
  }

  private static DoubleUnaryOperator cdf(Distribution d, double variance) {
    double sigma = Math.sqrt(variance);
    return switch (d) {
      case Distribution.Normal _, Distribution.Orthogonal _ -> ShapeLaw.normal(sigma);
      case Distribution.Uniform _ -> ShapeLaw.uniform(sigma * Math.sqrt(3));
      case Distribution.Truncated(double cut, boolean _) ->
          ShapeLaw.truncated(sigma / TruncatedNormal.std(cut), cut);
      case Distribution.Structured _ -> ShapeLaw.normal(sigma);
      case Distribution.Constant(double value) -> x -> x < Math.abs(value) ? 0 : 1;
    };
  }
}
