package org.fanin.audit;

import java.util.List;
import java.util.Optional;
import org.fanin.plan.SchemeRanking.Suspect;

/// A tensor after the pass over it.
///
/// @param certain what it was drawn by when that needs no weighing (constants, orthogonal matrices)
/// @param suspects else: schemes that fit, the likeliest first
record Examined(
    Site site,
    TensorFacts facts,
    ShapeLaw law,
    Optional<Recognition> certain,
    List<Suspect> suspects) {
  /// Of a uniform law; few elements may show less by chance.
  private static final double LEAST = 0.8;

  Examined {
    suspects = List.copyOf(suspects);
  }

  String name() {
    return site.spec().name();
  }

  double m2() {
    return facts.all().m2();
  }

  /// E w² of what the layer computes with: constants on the way multiply what is stored.
  double arrivingM2() {
    double factor = site.spec().arrival().factor();
    return m2() * factor * factor;
  }

  /// Standard error of m2 relative to m2, from the tensor's own kurtosis.
  double relativeError() {
    Moments m = facts.all();
    return Math.sqrt(Math.max(LEAST, m.kurtosis() - 1) / Math.max(1, m.finite()));
  }

  /// Standard errors that E w² lies off `variance`.
  double z(double variance) {
    return (m2() / variance - 1) / relativeError();
  }
}
