package org.fanin.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What every tensor of a network gets. Together with the fill format it determines every bit that
/// is written.
///
/// @param recipe spelling of the recipe it came from
/// @param seed of the addressed randomness
/// @param tensors in the order of the file, names unique
public record InitPlan(String recipe, long seed, List<TensorPlan> tensors) {
  public InitPlan {
    tensors = List.copyOf(tensors);
    Set<String> seen = new HashSet<>();
    for (TensorPlan t : tensors) {
      if (!seen.add(t.name())) {
        throw new IllegalArgumentException("two tensors are named " + t.name());
      }
    }
  }
}
