package org.fanin.audit;

import java.util.Optional;
import org.fanin.plan.Depth;
import org.fanin.plan.Distribution;
import org.fanin.plan.FanMode;
import org.fanin.plan.Scheme;
import org.fanin.plan.Schemes;

/// Schemes by the names that recognitions and plans give them.
final class Named {
  private Named() {}

  /// Whether its variance follows from the fans alone; that of a structured scheme does not.
  static boolean isByFans(Scheme s) {
    return switch (s.distribution()) {
      case Distribution.Normal _,
          Distribution.Uniform _,
          Distribution.Truncated _,
          Distribution.Orthogonal _ ->
          s.fan() != FanMode.NONE && s.depth() == Depth.NONE;
      case Distribution.Structured _, Distribution.Constant _ -> false;
    };
  }

  /// @return empty for a name that no scheme has, such as that of a mistake
  static Optional<Scheme> scheme(String name) {
    try {
      return Optional.of(Schemes.named(name));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
