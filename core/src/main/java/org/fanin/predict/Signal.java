package org.fanin.predict;

import java.util.Optional;
import org.fanin.math.Fn;

/// What is known of one tensor on the way forward.
sealed interface Signal {

  /// @param field its pair moments
  /// @param curve how it follows from a tensor with Gaussian elements, when it does, element by
  ///   element
  /// @param mask where attention logits were overwritten by a large negative constant, when they
  ///   were
  record Known(Field field, Optional<Curve> curve, Optional<LogitMask> mask) implements Signal {
    static Known of(Field f) {
      return new Known(f, Optional.empty(), Optional.empty());
    }
  }

  record Unknown(String because) implements Signal {}

  /// Integers and booleans: no moments are asked.
  record Discrete() implements Signal {}

  /// This tensor is fn(u), element by element, where u is the value `root` with (nearly) Gaussian
  /// elements. Chains and joins of such tensors (x·sigmoid(x), GELU by erf) stay exact because they
  /// are composed before any expectation is taken.
  ///
  /// @param root number of the value; negative where the root is no tensor of the graph
  /// @param depth nodes between root and here: bounds the work of composed functions
  record Curve(int root, Field rootField, Fn fn, int depth) {
    static Curve root(int value, Field field) {
      return new Curve(value, field, null, 0);
    }
  }

  /// @param kept per row of logits, how many keys stay (rows repeat over batch and heads)
  /// @param keys keys per row
  /// @param value what masked logits were set to (−1e9, −∞ …)
  record LogitMask(java.util.List<Integer> kept, int keys, double value) {
    LogitMask withValue(double v) {
      return new LogitMask(kept, keys, v);
    }

    double keptShare() {
      double sum = 0;
      for (int k : kept) {
        sum += k;
      }
      return kept.isEmpty() ? 1 : sum / kept.size() / keys;
    }
  }
}
