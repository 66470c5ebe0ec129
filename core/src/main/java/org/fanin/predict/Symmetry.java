package org.fanin.predict;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Parameter;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Finds weights that start identical: all elements, rows, or whole layers. Identical units stay
/// identical while training.
final class Symmetry {
  private final Map<Whole, String> seen = new HashMap<>();

  private record Whole(Shape shape, long hash) {}

  /// Of weights that are yet to be drawn.
  static Optional<Likeness> ofLaw(Parameter p, Sample.Stats s) {
    boolean constant = s.m2() > 0 && s.m2() <= s.mean() * s.mean();
    return constant && p.fan().isPresent() && p.data().shape().rank() >= 2
        ? Optional.of(Likeness.allEqual())
        : Optional.empty();
  }

  Optional<Likeness> of(Parameter p, Elements.Sums sums) {
    Tensor t = p.data();
    Sample.Stats s = sums.stats();
    if (p.fan().isEmpty()
        || t.shape().rank() < 2
        || s.m2() == 0
        || sums.momentsOnly()
        || t.count() < 4) {
      return Optional.empty();
    }
    if (Math.abs(s.mean()) > 0 && Math.abs(s.m2() / (s.mean() * s.mean()) - 1) < 1e-12) {
      return Optional.of(Likeness.allEqual());
    }
    long rows = t.shape().dim(0);
    if (rows > 1 && sums.dims().length > 1 && sums.distinctRows() <= rows / 2) {
      return Optional.of(new Likeness(Likeness.Kind.ROWS, "", rows - sums.distinctRows(), rows));
    }
    String first = seen.putIfAbsent(new Whole(t.shape(), sums.hash()), p.name());
    return Optional.ofNullable(first).map(f -> new Likeness(Likeness.Kind.COPY, f, 0, 0));
  }
}
