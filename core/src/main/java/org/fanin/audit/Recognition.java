package org.fanin.audit;

import java.util.List;
import java.util.Optional;

/// What a tensor was drawn by.
///
/// @param scheme empty when no scheme known fits
/// @param confidence posterior probability of its law among those considered; for no scheme, 0
/// @param alternatives schemes that cannot be told from it here: the same law, or nearly as likely
/// @param variance E w² by that scheme; NaN without one
/// @param z standard errors between E w² of the sample and of the scheme
/// @param fans whose fans the scheme was reckoned with, when not the layer's own
/// @param law the form of the distribution
public record Recognition(
    Optional<String> scheme,
    double confidence,
    List<String> alternatives,
    double variance,
    double z,
    String fans,
    ShapeLaw law) {
  public Recognition {
    alternatives = List.copyOf(alternatives);
  }

  static Recognition sure(String scheme, double variance, ShapeLaw law) {
    return new Recognition(Optional.of(scheme), 1, List.of(), variance, 0, "", law);
  }

  static Recognition none(ShapeLaw law) {
    return new Recognition(Optional.empty(), 0, List.of(), Double.NaN, Double.NaN, "", law);
  }

  /// "he-normal", or the law in words.
  public String text() {
    return scheme.orElseGet(() -> "? " + law.text());
  }
}
