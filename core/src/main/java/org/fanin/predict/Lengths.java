package org.fanin.predict;

/// How unequal the samples of one draw are in length, through dense layers.
///
/// @param sample variance between samples of ln of a sample's second moment
/// @param tail relative variance of one element's square that samples do not share; NaN: as
///   Gaussian elements have it
record Lengths(double sample, double tail) {
  static final Lengths NONE = new Lengths(0, Double.NaN);

  /// Of a sample that was normalised: no scatter, and none by its finite number of elements.
  static final Lengths NORMALISED = new Lengths(0, 0);

  /// Of a sum in which `a` has this share: a residual branch is a function of its trunk, and what
  /// is long in one is long in the other.
  static Lengths sum(double share, Lengths a, Lengths b) {
    double s = share * Math.sqrt(a.sample) + (1 - share) * Math.sqrt(b.sample);
    return new Lengths(s * s, Double.NaN);
  }

  /// How a gradient's size differs between samples.
  ///
  /// @param slope of ln of the gradient's second moment over ln of the sample's own
  /// @param aligned the same slope for a change along the sample's own vector, see [LengthMixture]
  /// @param level the slope between initialisations, over ln of the second moment that all samples
  ///   of one have in common
  /// @param spread variance of ln of the gradient's second moment between samples of one draw
  record Lean(double slope, double aligned, double level, double spread) {
    static final Lean NONE = new Lean(0, 0, 0, 0);

    /// Of one that has nothing to do with the length.
    static Lean of(double spread) {
      return spread == 0 ? NONE : new Lean(0, 0, 0, spread);
    }

    Lean times(double factor) {
      return new Lean(slope * factor, aligned * factor, level * factor, spread);
    }
  }
}
