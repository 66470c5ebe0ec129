package org.fanin.predict;

import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.fanin.math.Fn;

/// A gradient that enters a family of pointwise tensors at the member `entry`, seen from another
/// member t: g_t = g_entry · D(u), u the family's root.
///
/// @param entry value id where it came in from outside the family
/// @param gradient pair moments of the gradient at the entry
/// @param factor D as a function of the root; empty for 1 (t is the entry itself)
/// @param radial how much of the gradient lies along the entry's own value
/// @param lean how its size follows the length of the place, at the entry
/// @param landing where along u the gradient lands when not everywhere alike (after max pooling: at
///   the maximum)
record Source(
    int entry,
    Field gradient,
    Optional<Fn> factor,
    Optional<Landing> landing,
    Radial radial,
    Lengths.Lean lean) {

  Source(int entry, Field gradient, Optional<Fn> factor, Optional<Landing> landing) {
    this(entry, gradient, factor, landing, Radial.ISOTROPIC, Lengths.Lean.NONE);
  }

  Source withLean(Lengths.Lean l) {
    return l == lean ? this : new Source(entry, gradient, factor, landing, radial, l);
  }

  /// A gradient that enters at `entry` itself.
  static Source of(int entry, Field gradient) {
    return new Source(entry, gradient, Optional.empty(), Optional.empty());
  }

  /// D as a function; `like` has its kinks.
  static Fn factor(DoubleUnaryOperator d, Fn like) {
    return new Fn("factor", d, _ -> 0, like.kinks(), like.scales(), GENERAL);
  }

  private static final Fn.Form GENERAL = new Fn.Form.General();

  /// Gaussian law of the root at the elements that receive gradient, in units of the root's own
  /// √m2.
  record Landing(double mean, double sd) {}
}
