package org.fanin.judge;

import java.util.List;

/// A row of the verdict table that speaks only of what was measured.
sealed interface MeasuredRule permits MeasuredNonFiniteRule, DeadRule, SaturationRule {
  List<Verdict> apply(Evidence e);

  static List<MeasuredRule> all() {
    return List.of(new MeasuredNonFiniteRule(), new DeadRule(), new SaturationRule());
  }
}
