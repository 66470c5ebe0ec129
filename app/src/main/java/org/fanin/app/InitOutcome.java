package org.fanin.app;

import java.util.Optional;
import org.fanin.formats.WriteReport;

/// What was written, and in which time.
///
/// @param report empty when only a plan was wanted
record InitOutcome(Optional<WriteReport> report, double seconds) {
  static final InitOutcome NOTHING = new InitOutcome(Optional.empty(), 0);
}
