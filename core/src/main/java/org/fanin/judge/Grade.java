package org.fanin.judge;

import org.fanin.judge.Verdict.Level;

/// A value held against a rule's two limits.
record Grade(Level level, double limit) {
  /// Worse is larger.
  static Grade above(Thresholds t, String rule, double value) {
    double fail = t.get(rule + ".fail");
    double warn = t.get(rule + ".warn");
    if (value >= fail) {
      return new Grade(Level.FAIL, fail);
    }
    return value >= warn ? new Grade(Level.WARN, warn) : new Grade(Level.OK, warn);
  }
}
