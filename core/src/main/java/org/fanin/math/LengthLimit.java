package org.fanin.math;

/// Where the length map q ↦ σ_w²E φ(√q z)² + σ_b² leads from q = 1.
public sealed interface LengthLimit {
  /// A stable fixed point.
  record Fixed(double q) implements LengthLimit {}

  /// Kept only when met exactly: smaller signals die out, larger ones grow (GELU, SiLU at their
  /// forward gain).
  record Unstable(double q, String because) implements LengthLimit {}

  /// The signal dies out.
  record Vanishes(String because) implements LengthLimit {}

  record Diverges(String because) implements LengthLimit {}

  /// Every q is a fixed point: a scale-free activation at its critical gain.
  record Any(String because) implements LengthLimit {}
}
