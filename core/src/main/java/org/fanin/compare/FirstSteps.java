package org.fanin.compare;

import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.fanin.graph.Opening;

/// When parameters really got their first gradient, over steps of gradient descent that were taken
/// ([Descent]). Indices are those in [org.fanin.graph.Graph#parameters].
///
/// @param steps that were taken
/// @param asked parameters whose gradients were looked at
/// @param first step, from 1, at which each had a gradient; those that had none are missing
public record FirstSteps(int steps, Set<Integer> asked, Map<Integer, Integer> first) {
  public FirstSteps {
    asked = Set.copyOf(asked);
    first = Map.copyOf(first);
  }

  public OptionalInt of(int parameter) {
    Integer step = first.get(parameter);
    return step == null ? OptionalInt.empty() : OptionalInt.of(step);
  }

  /// Whether what was seen is not what was predicted. What is not known cannot be wrong, and a step
  /// beyond those taken was not seen.
  public boolean contradicts(int parameter, Opening predicted) {
    OptionalInt seen = of(parameter);
    return asked.contains(parameter)
        && switch (predicted) {
          case Opening.At(int step, OptionalInt _) ->
              seen.isPresent() ? seen.getAsInt() != step : step <= steps;
          case Opening.Never _, Opening.NoPath _ -> seen.isPresent();
          case Opening.NotKnown _, Opening.NotTrained _ -> false;
        };
  }
}
