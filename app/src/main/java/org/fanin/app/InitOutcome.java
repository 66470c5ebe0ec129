package org.fanin.app;

import java.util.Optional;
import org.fanin.compare.Verification;
import org.fanin.formats.WriteReport;

/// What was written, and in which time.
///
/// @param report empty when only a plan was wanted
/// @param verification what was written, measured; empty when nobody asked
record InitOutcome(
    Optional<WriteReport> report, double seconds, Optional<Verification> verification) {
  static final InitOutcome NOTHING = new InitOutcome(Optional.empty(), 0, Optional.empty());

  InitOutcome with(Verification v) {
    return new InitOutcome(report, seconds, Optional.of(v));
  }
}
