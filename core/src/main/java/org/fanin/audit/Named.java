package org.fanin.audit;

import java.util.Optional;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;

/// Schemes by the names that recognitions and plans give them.
final class Named {
  private Named() {}

  /// @return empty for a name that no scheme has, such as that of a mistake
  static Optional<Scheme> scheme(String name) {
    try {
      return Optional.of(Schemes.named(name));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
