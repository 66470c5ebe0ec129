package org.fanin.math;

import java.util.List;

/// What `fanin theory` shows.
public final class TheoryTable {
  private TheoryTable() {}

  /// Everything about one activation and one choice of scales.
  ///
  /// @param gainForward 1/√E φ² at m2 = 1
  /// @param gainBackward 1/√E φ′² at m2 = 1; ∞ where φ′ = 0
  /// @param edge the critical weight scale for this σ_b
  /// @param layers q, cosine and χ layer by layer from q = 1 and orthogonal inputs
  public record Row(
      Fn fn,
      double sigmaW,
      double sigmaB,
      double gainForward,
      double gainBackward,
      FixedPoints.Phase phase,
      EdgeOfChaos edge,
      List<FixedPoints.Layer> layers) {}

  /// @param sigmaW standard deviation of √n·w
  /// @param sigmaB standard deviation of the biases
  /// @param layers how deep to follow q and the cosine
  public static Row of(Fn fn, double sigmaW, double sigmaB, int layers) {
    return new Row(
        fn,
        sigmaW,
        sigmaB,
        Gains.forward(fn),
        Gains.backward(fn),
        FixedPoints.phase(fn, sigmaW, sigmaB),
        EdgeOfChaos.of(fn, sigmaB),
        FixedPoints.iterate(fn, sigmaW, sigmaB, 1, 0, layers));
  }

  /// One row per activation of the catalogue.
  public static List<Row> all(double sigmaW, double sigmaB, int layers) {
    return Fns.all().stream().map(f -> of(f, sigmaW, sigmaB, layers)).toList();
  }

  /// One row per activation, each at its own forward gain and without bias.
  public static List<Row> atForwardGain(int layers) {
    return Fns.all().stream().map(f -> of(f, Gains.forward(f), 0, layers)).toList();
  }
}
