package org.fanin.plan;

/// A recipe for drawing weights: E w² = gain²/fan, times what a cut leaves.
///
/// @param name canonical spelling, e.g. `he-normal`; [Schemes#named] reads it back
/// @param distribution law of one weight
/// @param fan what gain² is divided by
/// @param gain2 gain² (for `NONE` the nominal variance itself)
/// @param depth how the variance shrinks with the network's depth
/// @param source paper and equation, or the library that does it
public record Scheme(
    String name, Distribution distribution, FanMode fan, double gain2, Depth depth, String source) {
  /// The same at any depth.
  public Scheme(String name, Distribution distribution, FanMode fan, double gain2, String source) {
    this(name, distribution, fan, gain2, Depth.NONE, source);
  }

  public Scheme {
    if (!(gain2 >= 0 && gain2 < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + ": gain² must be ≥ 0 and finite, found " + gain2);
    }
  }

  /// Second moment of one weight; its variance, as every scheme but a constant has mean 0.
  ///
  /// @param fanIn terms in the sum of one output
  /// @param fanOut terms in the sum of one input's gradient
  /// @throws IllegalArgumentException when a fan that is needed is not positive
  public double variance(double fanIn, double fanOut) {
    if (distribution instanceof Distribution.Constant(double value)) {
      return value * value;
    }
    if (depth != Depth.NONE) {
      throw new IllegalArgumentException(name + " depends on the depth: ask with a tensor");
    }
    if (distribution instanceof Distribution.Structured
        && !(distribution instanceof Distribution.Around)) {
      throw new IllegalArgumentException(name + " depends on the shape: ask with a tensor");
    }
    double n = fan.of(fanIn, fanOut);
    if (!(n > 0)) {
      throw new IllegalArgumentException(
          name + " needs a positive " + fan.formula() + ", found fans " + fanIn + " and " + fanOut);
    }
    return gain2 / n * distribution.kept();
  }

  /// Standard deviation of one weight.
  public double deviation(double fanIn, double fanOut) {
    return Math.sqrt(variance(fanIn, fanOut));
  }

  /// Largest |w| that can be drawn: √3·σ for a uniform, cut·σ for a truncated normal, 1·gain for an
  /// orthogonal matrix, ∞ for a normal.
  public double bound(double fanIn, double fanOut) {
    return switch (distribution) {
      case Distribution.Normal _ -> Double.POSITIVE_INFINITY;
      case Distribution.Uniform _ -> Math.sqrt(3 * variance(fanIn, fanOut));
      case Distribution.Truncated t ->
          t.cut() * Math.sqrt(gain2 / fan.of(fanIn, fanOut) / (t.corrected() ? ownVariance(t) : 1));
      case Distribution.Constant c -> Math.abs(c.value());
      case Distribution.Orthogonal _ -> Math.sqrt(gain2);
      case Distribution.Structured _ -> Double.POSITIVE_INFINITY;
    };
  }

  private static double ownVariance(Distribution.Truncated t) {
    return new Distribution.Truncated(t.cut(), false).kept();
  }

  /// E.g. `Var(w) = 2/n_in`.
  public String formula() {
    return switch (distribution) {
      case Distribution.Constant(double value) -> "w = " + Spelling.number(value);
      case Distribution.Truncated(double cut, boolean corrected) when !corrected ->
          "Var(w) = "
              + Spelling.number(gain2)
              + over()
              + " × "
              + Spelling.rounded(distribution.kept())
              + " (cut at ±"
              + Spelling.number(cut)
              + "σ, not corrected)";
      case Distribution.Truncated _,
          Distribution.Normal _,
          Distribution.Uniform _,
          Distribution.Orthogonal _ ->
          "Var(w) = " + Spelling.number(gain2) + over() + deep();
      case Distribution.Around(double mean) ->
          "E w = " + Spelling.number(mean) + ", Var(w) = " + Spelling.number(gain2);
      case Distribution.DeltaOrthogonal _ -> "WᵀW = gain²·1 at the centre tap, 0 elsewhere";
      case Distribution.Identity _ -> "gain·1 at the centre tap, 0 elsewhere";
      case Distribution.Hadamard _ -> "identity, or c·Hadamard where the width grows";
      case Distribution.Sparse(long n) -> n + " weights N(0, σ²) per unit, the rest 0";
      case Distribution.ForgetBias(double v) -> "forget gate " + Spelling.number(v) + ", others 0";
      case Distribution.StepBias(double low, double high) ->
          "softplus⁻¹(exp U(ln " + Spelling.number(low) + ", ln " + Spelling.number(high) + "))";
      case Distribution.LogRange _ -> "ln 1, ln 2, …";
    };
  }

  private String deep() {
    return depth == Depth.NONE ? "" : " · " + depth.formula();
  }

  private String over() {
    return fan == FanMode.NONE ? "" : "/" + fan.formula();
  }

  /// The same recipe with its weights multiplied by `gain`.
  ///
  /// @throws IllegalArgumentException when gain is not finite
  public Scheme times(double gain) {
    if (!Double.isFinite(gain)) {
      throw new IllegalArgumentException(name + ": gain is " + gain);
    }
    return gain == 1
        ? this
        : new Scheme(
            SchemeNames.withGain(name, gain),
            distribution,
            fan,
            gain2 * gain * gain,
            depth,
            source);
  }

  /// What a tensor gets: the same law with every number resolved. Independent blocks (experts,
  /// fused projections, gates) get a draw each where the elements of one are not independent.
  ///
  /// @throws IllegalArgumentException when the scheme needs what is not known of the tensor (fans,
  ///   axes, depth); the message names it
  public Draw draw(TensorSpec spec) {
    return SchemeDraws.draw(this, spec);
  }
}
