package org.fanin.audit;

import java.util.List;
import org.fanin.graph.Role;

/// Norms that multiply by 1 + w, as Gemma's do: their stored scale starts at 0.
final class OffsetNorms {
  private static final int FEWEST = 2;

  private OffsetNorms() {}

  /// Whether every scale of a norm without a shift is 0 in this file. One alone may be a branch
  /// that starts closed.
  static boolean in(List<Examined> seen) {
    List<Examined> scales = seen.stream().filter(OffsetNorms::isScale).toList();
    boolean shifted = seen.stream().anyMatch(e -> e.site().spec().role() == Role.NORM_SHIFT);
    return !shifted && scales.size() >= FEWEST && scales.stream().allMatch(e -> e.m2() == 0);
  }

  static boolean isScale(Examined e) {
    return e.site().spec().role() == Role.NORM_SCALE;
  }
}
