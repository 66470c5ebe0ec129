package org.fanin.graph;

import java.util.OptionalInt;

/// When gradient descent first moves a parameter: the first step at which its gradient is not
/// exactly 0. Steps count from 1. Indices of parameters are those in [Graph#parameters], of nodes
/// those in [Graph#nodes].
public sealed interface Opening {
  /// @param step 1 or more
  /// @param after the parameter whose first move lets the gradient through; empty at step 1
  record At(int step, OptionalInt after) implements Opening {
    public At {
      if (step < 1 || step == 1 == after.isPresent()) {
        throw new IllegalArgumentException("step " + step + " after " + after);
      }
    }

    static final At ONCE = new At(1, OptionalInt.empty());
  }

  /// Its gradient stays 0 whatever the others do.
  ///
  /// @param cause why
  /// @param at a parameter for [Cause#ZERO_FACTOR], a node for [Cause#OFF]; empty where it was not
  ///   found
  record Never(Cause cause, OptionalInt at) implements Opening {}

  enum Cause {
    /// It meets a parameter (or is itself one) that is 0 and never moves.
    ZERO_FACTOR,
    /// A node gives 0, or passes no gradient, though nothing that it reads is 0.
    OFF,
    /// No output is computed from it.
    UNREAD
  }

  /// No gradient exists: every way to an output goes through an operator without a derivative
  /// (ArgMax, comparisons, Sign …).
  ///
  /// @param node the first such operator; empty where it was not found
  record NoPath(OptionalInt node) implements Opening {}

  /// A gradient may come, but the operator that decides it has no rule.
  ///
  /// @param node that operator; empty where it was not found
  record NotKnown(OptionalInt node) implements Opening {}

  /// A [Buffer], which gradient descent does not touch.
  record NotTrained() implements Opening {}

  /// The step from which on the parameter gets a gradient, when there is one.
  default OptionalInt first() {
    return this instanceof At(int step, OptionalInt _) ? OptionalInt.of(step) : OptionalInt.empty();
  }

  /// One of two factors of a product whose result is read by drawn layers, as LoRA's B·A.
  ///
  /// @param own whether this factor is 0
  /// @param other whether the other one is
  static Opening ofFactor(boolean own, boolean other) {
    if (!other) {
      return At.ONCE;
    }
    return own ? new Never(Cause.ZERO_FACTOR, OptionalInt.empty()) : new At(2, OptionalInt.of(0));
  }
}
