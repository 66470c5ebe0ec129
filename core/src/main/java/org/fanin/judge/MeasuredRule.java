package org.fanin.judge;

import java.util.List;

/// A row of the verdict table that speaks only of what was measured.
sealed interface MeasuredRule permits DeadRule, SaturationRule {
  List<Verdict> apply(Evidence e);

  static List<MeasuredRule> all() {
    return List.of(new DeadRule(), new SaturationRule());
  }
}
