package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.fanin.tensor.Shape;

/// Walks from an operand back to a stored tensor, on all ways: a recurrent layer's weights are
/// sliced and joined in another order before they are used.
final class Arrivals {
  /// Steps back from one operand, over all ways.
  private static final int REACH = 512;

  private final Links links;
  private final Parametric parametric;

  Arrivals(Links links, Parametric parametric) {
    this.links = links;
    this.parametric = parametric;
  }

  /// @param marked null where the way mixes axes
  private record Step(int value, Marked marked) {}

  /// @param origin value id of the stored tensor
  /// @return what its axes are; empty when a way to it mixes them, or it is not reached
  Optional<Marked> of(ParameterFinder.Use use, int origin) {
    Marked start = AxisTrace.start(use.node(), use.slot(), links);
    ArrayDeque<Step> open = new ArrayDeque<>(List.of(new Step(use.value(), start)));
    List<Marked> found = new ArrayList<>(1);
    for (int step = 0; !open.isEmpty(); step++) {
      Step s = open.pop();
      if (step == REACH || s.value == origin && s.marked == null) {
        return Optional.empty();
      }
      if (s.value == origin) {
        found.add(s.marked);
        continue;
      }
      Node n = links.maker(s.value);
      for (int slot = 0; n != null && slot < Math.min(REACH, n.inputs().size()); slot++) {
        int in = n.input(slot);
        if (in >= 0 && links.value(in).dtype().floating() && parametric.is(in)) {
          Marked m = s.marked == null ? null : AxisTrace.before(n, slot, s.value, s.marked, links);
          open.push(new Step(in, m));
        }
      }
    }
    return merged(found, links.value(origin).shape().orElseThrow());
  }

  private static Optional<Marked> merged(List<Marked> ways, Shape stored) {
    if (ways.isEmpty()) {
      return Optional.empty();
    }
    Marked m = ways.getFirst();
    if (ways.size() == 1) {
      return Optional.of(m);
    }
    double rows = 0;
    double square = 0;
    int[] labels = m.labels().clone();
    for (Marked w : ways) {
      if (!Arrays.equals(w.kinds(), m.kinds()) || w.labelAxis() != m.labelAxis()) {
        return Optional.empty();
      }
      rows += w.rows();
      square += w.factor() * w.factor();
      for (int i = 0; i < labels.length; i++) {
        labels[i] = w.labels()[i] < 0 ? labels[i] : w.labels()[i];
      }
    }
    Marked all =
        new Marked(
            m.kinds(),
            -1,
            1,
            m.labelAxis(),
            labels,
            Math.sqrt(square / ways.size()),
            Math.min(1, rows),
            m.blocks());
    return stored.rank() == m.kinds().length ? Optional.of(all) : Optional.empty();
  }
}
