package org.fanin.predict;

/// How two unrelated samples stay alike at finite width, when their mean correlation is 0. Both
/// parts grow by about 1/width per layer.
///
/// @param squares half the covariance of the squares of one unit on both samples, relative to the
///   mean square's own square: lasts as the weights' kurtosis lets it
/// @param cosine mean squared cosine of the samples' vectors over all units: 1 over the number of
///   directions that they span. 3 logits leave every gradient before them 1/3
record Overlap(double squares, double cosine) {
  static final Overlap NONE = new Overlap(0, 0);

  static Overlap most(Overlap a, Overlap b) {
    return new Overlap(Math.max(a.squares, b.squares), Math.max(a.cosine, b.cosine));
  }

  /// Of a sum in which `a` has this share.
  static Overlap mixed(double share, Overlap a, Overlap b) {
    return new Overlap(
        share * a.squares + (1 - share) * b.squares, share * a.cosine + (1 - share) * b.cosine);
  }

  /// After fresh weights: two random directions of a unit's inputs have a squared cosine of 1/terms
  /// on top of what was there.
  ///
  /// @param kurtosis of one weight: 3 normal, 1.8 uniform; it is the scatter of Σ w² that lasts
  Overlap grown(double terms, double kurtosis) {
    double more = 1 / Math.max(1, terms);
    return new Overlap(
        squares + (1 - squares) * Math.max(0, kurtosis - 1) / 2 * more,
        cosine + (1 - cosine) * more);
  }

  /// Spread over positions that do not share their terms.
  Overlap over(double positions) {
    return new Overlap(squares / positions, cosine / positions);
  }

  Overlap withCosine(double c) {
    return new Overlap(squares, c);
  }
}
