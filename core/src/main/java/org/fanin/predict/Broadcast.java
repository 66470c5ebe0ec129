package org.fanin.predict;

import java.util.List;
import org.fanin.tensor.Shape;

/// Gradients of broadcast operands: what was repeated is summed.
final class Broadcast {
  private Broadcast() {}

  /// Sums a gradient of the broadcast shape down to the operand's shape.
  static Field reduce(Field g, Shape to) {
    Field f = g;
    while (f.rank() > to.rank()) {
      f = f.sumOver(0).dropAxis(0);
    }
    for (int i = 0; i < to.rank(); i++) {
      if (to.dim(i) == 1 && f.dim(i) != 1) {
        f = f.sumOver(i);
      }
    }
    return f;
  }

  /// A contraction's gradient has the labels `kept`; the operand's full label list may have more
  /// (summed alone: repeated) and extents of 1 (summed).
  static Field toLabels(Field g, List<Integer> kept, List<Integer> wanted, Shape shape) {
    Field f = g;
    for (int i = 0; i < wanted.size(); i++) {
      if (i >= f.rank() || !kept.contains(wanted.get(i))) {
        int[] runs = new int[f.rank() + 1];
        System.arraycopy(f.runs, 0, runs, 0, i);
        System.arraycopy(f.runs, i, runs, i + 1, f.rank() - i);
        f = new Field(f.atoms, runs, f.ln, f.mean, f.k, f.profiles, f.base, f.overlap, f.channels);
      }
      if (shape.dim(i) == 1 && f.dim(i) != 1) {
        f = f.sumOver(i);
      }
    }
    return f.expand(shape);
  }
}
