package org.fanin.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Buffer;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// What every tensor of a network gets. Together with the fill format it determines every bit that
/// is written.
///
/// @param recipe spelling of the recipe it came from
/// @param seed of the addressed randomness
/// @param tensors in the order of the file, names unique
/// @param kept tensors that are not drawn: the file's own values stay
public record InitPlan(String recipe, long seed, List<TensorPlan> tensors, List<Kept> kept) {
  /// A tensor whose values stay as they are in the file that was given; where there is no such file
  /// it cannot be written.
  ///
  /// @param kind what it is where it is no parameter; empty for a parameter that is not drawn
  /// @param because why nothing is drawn
  public record Kept(
      String name, Shape shape, DType dtype, Optional<Buffer.Kind> kind, String because) {
    /// A tensor of the file as it is there.
    public static Kept of(TensorSpec s, DType dtype, String because) {
      return new Kept(s.name(), s.shape(), dtype, s.buffer().map(Buffer::kind), because);
    }
  }

  public InitPlan {
    tensors = List.copyOf(tensors);
    kept = List.copyOf(kept);
    Set<String> seen = new HashSet<>();
    for (TensorPlan t : tensors) {
      unique(t.name(), seen);
    }
    for (Kept k : kept) {
      unique(k.name(), seen);
    }
    Partners.check(tensors);
  }

  /// Nothing is kept.
  ///
  /// @throws IllegalArgumentException for two tensors of one name, one that is no Unicode text, or
  ///   one that follows a matrix that is not drawn here
  public InitPlan(String recipe, long seed, List<TensorPlan> tensors) {
    this(recipe, seed, tensors, List.of());
  }

  private static void unique(String name, Set<String> seen) {
    PlanChecks.text(name);
    if (!seen.add(name)) {
      throw new IllegalArgumentException("two tensors are named " + name);
    }
  }
}
